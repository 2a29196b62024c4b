// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_fixtures.h"

namespace letterpress::vault {

namespace {

PackRef commit_pack(Storage& storage, const SealChance& chance,
                    const std::vector<std::pair<std::uint64_t, Bytes>>& blocks) {
  PackWriter writer(tiny_key(), chance);
  for (const auto& [number, bytes] : blocks) {
    EXPECT_EQ(message_of(writer.append(number, bytes)), "");
  }
  return take(writer.commit(storage));
}

}  // namespace

TinyVault make_tiny_vault(Storage& storage, const std::array<std::vector<ReaderSlot>, 2>& slots) {
  EXPECT_EQ(message_of(storage.make_folders(vault_folders())), "");
  EXPECT_EQ(message_of(storage.make_folders(writer_folders(kTinyIdentity.writer))), "");
  TinyVault tiny;
  const std::string_view text = "the first block";
  SealChance chances[2] = {chance_of(0xa0), chance_of(0xb0)};
  for (std::size_t i = 0; i < 2; ++i) chances[i].slots = slots[i];
  tiny.packs[0] = commit_pack(
      storage, chances[0],
      {{1, pattern(1, 5000)}, {0, Bytes(text.begin(), text.end())}, {2, pattern(2, 1)}});
  tiny.packs[1] = commit_pack(storage, chances[1], {{3, pattern(3, 300)}});

  tiny.run.packs = {tiny.packs[0], tiny.packs[1]};
  const Place places[] = {{0, 0}, {0, 1}, {1, 0}, {1, 2}, {1, 3}, {3, 65535}};
  for (std::uint8_t i = 0; i < 6; ++i) {
    IndexedChunk& chunk = tiny.run.chunks.emplace_back();
    chunk.id.fill(static_cast<std::uint8_t>(0xc0 + i));
    chunk.place = places[i];
  }
  const SealChance run_chance = chance_of(0xd0);
  tiny.run_ref = take(commit_index_run(storage, tiny_key(), 1, tiny.run, &run_chance));

  LogEntry& first = tiny.entries[0];
  first.identity = kTinyIdentity;
  first.sequence = 1;
  first.time_ns = 1'795'444'860'123'456'789;
  first.host = "mail.example.org";
  first.sources = {"mail", "lists\xff"};
  first.root = {1, 2, 3, 4, 5};
  first.packs = tiny.run.packs;
  first.index_runs = {tiny.run_ref};
  first.totals = {7, 5, 123456, 16896, 1};
  const SealChance first_chance = chance_of(0xe0);
  const LogHead head = take(append_log(storage, tiny_key(), first, &first_chance));

  LogEntry& second = tiny.entries[1];
  second.identity = kTinyIdentity;
  second.sequence = 2;
  second.previous = head.sha256;
  second.time_ns = -1;
  second.root = first.root;
  second.totals = {7, 5, 123456, 0, 0};
  second.alarms = kAlarmVanished;
  second.extensions = {{99, {0xfe, 0xff}}, {300, {}}};
  const SealChance second_chance = chance_of(0xf0);
  take(append_log(storage, tiny_key(), second, &second_chance));
  return tiny;
}

}  // namespace letterpress::vault
