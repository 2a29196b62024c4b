// SPDX-License-Identifier: Apache-2.0
// An index that is made again from a pack lists what lies in it, under the places by which recipes
// name it, and nothing else. The rest of index rebuild: tests/cli/salvage_test.py.
#include "vault/index_rebuild.h"

#include <gmock/gmock.h>

#include "hashing/blake3.h"
#include "vault/memory_storage.h"
#include "vault/packs/pack_writer.h"
#include "vault/vault_fixtures.h"
#include "vault/vault_head.h"

namespace letterpress::vault {
namespace {

class Listed : public IndexRunVisitor {
 public:
  bool wants(const WriterIdentity&) override { return true; }
  Status on_pack(const PackRef&) override { return Ok{}; }
  Status on_chunk(const IndexedChunk& chunk, const PackRef&) override {
    chunks.push_back(chunk);
    return Ok{};
  }
  std::vector<IndexedChunk> chunks;
};

// A pack whose second block says that it is another one: its chunks would be found where recipes
// mean others.
TEST(IndexRebuild, LeavesOutABlockOfAnotherNumber) {
  auto owned = std::make_unique<MemoryStorage>();
  MemoryStorage& storage = *owned;
  const std::string head =
      encode_vault_head({kTinyIdentity.vault, 1, tiny_key().root, readers_of(tiny_recovery(), {})},
                        tiny_recovery().signing());
  storage.files[std::string(kVaultHeadName)] = Bytes(head.begin(), head.end());
  ASSERT_TRUE(storage.make_folders(vault_folders()));
  ASSERT_TRUE(storage.make_folders(writer_folders(kTinyIdentity.writer)));
  const std::vector<Bytes> chunks = {seeded_bytes(100, 1), seeded_bytes(200, 2)};
  PackWriter writer(tiny_key());
  ASSERT_TRUE(writer.append(0, encoded_block(0, chunks)));
  ASSERT_TRUE(writer.append(1, encoded_block(7, {seeded_bytes(300, 3)})));
  LogEntry entry;
  entry.identity = kTinyIdentity;
  entry.sequence = 1;
  entry.root = {1};
  entry.packs = {take(writer.commit(storage))};
  take(append_log(storage, tiny_key(), entry));

  Vault vault = take(Vault::open(std::move(owned)));
  IndexRebuildOptions options{.keys = reading_keys(), .recovery = tiny_recovery()};
  std::vector<std::string> notes;
  options.on_note = [&](const std::string& text) { notes.push_back(text); };
  const IndexRebuildReport report = take(rebuild_index(vault, options));
  EXPECT_EQ(report.damaged_blocks, 1U);
  EXPECT_THAT(
      notes, ::testing::ElementsAre(::testing::HasSubstr("holds block 7 where block 1 should be")));
  ASSERT_EQ(report.runs, 1U);
  Listed listed;
  ASSERT_TRUE(read_index_run(vault.storage(), reading_keys(), kTinyIdentity.writer, 1, listed));
  ASSERT_EQ(listed.chunks.size(), chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(listed.chunks[i].place, (Place{0, static_cast<std::uint32_t>(i)}));
    const ChunkId id = hashing::hash(chunks[i], tiny_secrets().id_key);
    EXPECT_TRUE(std::ranges::equal(listed.chunks[i].id,
                                   std::span(id.bytes).first(listed.chunks[i].id.size())));
  }
}

}  // namespace
}  // namespace letterpress::vault
