// SPDX-License-Identifier: Apache-2.0
#include "vault/log/log.h"

#include <gmock/gmock.h>

#include "letterpress/chunk.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/log/chain.h"
#include "vault/memory_storage.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WriterId kWriter = kTinyIdentity.writer;

class LogTest : public ::testing::Test {
 protected:
  LogTest() { EXPECT_EQ(message_of(storage_.make_folders(writer_folders(kWriter))), ""); }

  // Appends entries until there are `count`.
  void append_until(std::uint64_t count) {
    LogHead head = take(read_log_head(storage_, kWriter));
    while (head.sequence < count) {
      LogEntry entry;
      entry.identity = kTinyIdentity;
      entry.sequence = head.sequence + 1;
      entry.previous = head.sha256;
      entry.host = "host " + std::to_string(entry.sequence);
      head = take(append_log(storage_, tiny_key(), entry));
    }
  }
  static std::string path(std::uint64_t sequence) {
    return log_folder(kWriter) + '/' + sequence_name(sequence);
  }
  Bytes& file(std::uint64_t sequence) { return storage_.files.at(path(sequence)); }
  Chain chain() { return take(read_chain(storage_, public_keys(), kWriter)); }
  Result<ReadLogEntry> read(std::uint64_t sequence) {
    return read_log_entry(storage_, public_keys(), kWriter, sequence);
  }
  static std::vector<std::uint64_t> sequences(const Chain& chain) {
    std::vector<std::uint64_t> out;
    for (const ChainLink& link : chain.links) out.push_back(link.entry.sequence);
    return out;
  }

  MemoryStorage storage_;
};

TEST_F(LogTest, GivesBackEveryField) {
  MemoryStorage storage;
  const TinyVault tiny = make_tiny_vault(storage);
  for (const LogEntry& entry : tiny.entries) {
    const ReadLogEntry got = take(read_log_entry(storage, public_keys(), kWriter, entry.sequence));
    EXPECT_EQ(got.entry, entry);
    EXPECT_EQ(got.writer_name, "mail.example.org");
    EXPECT_EQ(got.sha256, sha256(storage.files.at(path(entry.sequence))));
  }
}

TEST_F(LogTest, AnEntryWithoutPacksIsSmall) {
  append_until(1);
  EXPECT_EQ(file(1).size(), 2048U);  // head, record, hash, head
}

TEST_F(LogTest, HeadFollowsTheLastEntry) {
  EXPECT_EQ(take(read_log_head(storage_, kWriter)), LogHead{});
  EXPECT_EQ(take(read_log_head(storage_, counting<WriterId>(0x77))), LogHead{});
  append_until(12);
  EXPECT_EQ(take(read_log_head(storage_, kWriter)), (LogHead{12, sha256(file(12))}));
}

TEST_F(LogTest, NeverOverwritesAnEntryAndSaysWho) {
  append_until(1);
  LogEntry entry;
  entry.identity = kTinyIdentity;
  entry.sequence = 1;
  entry.host = "the same writer, started twice";
  const auto result = append_log(storage_, tiny_key(), entry);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(result.error().message(), HasSubstr("another backup of this writer"));
  EXPECT_EQ(chain().links[0].entry.host, "host 1");
}

TEST_F(LogTest, LeavesNoGap) {
  LogEntry entry;
  entry.identity = kTinyIdentity;
  entry.sequence = 2;
  entry.previous = counting<Sha256Digest>(1);
  EXPECT_EQ(append_log(storage_, tiny_key(), entry).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(storage_.files.empty());
}

TEST_F(LogTest, RefusesFieldsOutOfTheirLimits) {
  LogEntry good;
  good.identity = kTinyIdentity;
  good.sequence = 1;
  ASSERT_TRUE(encode_log_entry(good));
  const auto is_refused = [&](auto&& change) {
    LogEntry entry = good;
    change(entry);
    return !encode_log_entry(entry);
  };
  const PackRef pack{{}, 8192, 10, 5};
  PackRef next = pack;
  next.first_block = 15;
  EXPECT_FALSE(is_refused([&](LogEntry& e) { e.packs = {pack, next}; }));
  EXPECT_TRUE(is_refused([&](LogEntry& e) { e.packs = {next, pack}; }));
  EXPECT_TRUE(is_refused([&](LogEntry& e) { e.packs = {pack, pack}; }));
  EXPECT_TRUE(is_refused([&](LogEntry& e) { e.packs = {PackRef{}}; }));
  EXPECT_FALSE(is_refused([&](LogEntry& e) { e.packs = {PackRef{{}, 8192, kBlockNumberMax, 1}}; }));
  EXPECT_TRUE(is_refused([&](LogEntry& e) { e.packs = {PackRef{{}, 8192, kBlockNumberMax, 2}}; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.sequence = 0; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.sequence = 2; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.previous.bytes[3] = 1; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.host.resize(kHostBytesMax + 1); }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.sources.resize(kSourceNamesMax + 1); }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.sources = {std::string(kPathBytesMax + 1, 'x')}; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.root.resize(kRootBytesMax + 1); }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.index_runs = {{0, {}, 9}}; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.index_runs = {{2, {}, 9}, {2, {}, 9}}; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.extensions = {{2, {}}, {1, {}}}; }));
  EXPECT_FALSE(is_refused([](LogEntry& e) { e.extensions = {{1, {}}, {3, {}}}; }));
  EXPECT_TRUE(is_refused([](LogEntry& e) { e.extensions = {{3, {}}, {3, {}}}; }));
}

TEST_F(LogTest, EveryFlippedByteAndTruncationIsFound) {
  append_until(1);
  const Bytes good = file(1);
  for (std::size_t at = 0; at < good.size(); ++at) {
    file(1) = good;
    file(1)[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    const auto flipped = read(1);
    ASSERT_FALSE(flipped) << at;
    ASSERT_THAT(flipped.error().message(), HasSubstr(path(1)));
    file(1) = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
    ASSERT_FALSE(read(1)) << at;
  }
  file(1) = good;
  file(1).push_back(0);
  EXPECT_THAT(message_of(read(1)), HasSubstr("2049 bytes, expected 2048"));
}

TEST_F(LogTest, EveryPayloadIsReadOrRejected) {
  MemoryStorage storage;
  const TinyVault tiny = make_tiny_vault(storage);
  const Bytes good = take(encode_log_entry(tiny.entries[0]));
  const SealLabel label{.type = FileType::kLogEntry, .identity = kTinyIdentity, .number = 1};
  for (std::size_t at = 0; at < good.size(); ++at) {
    const auto cut = decode_log_entry(label, ByteView(good).first(at), "file");
    ASSERT_FALSE(cut) << at;
    for (const unsigned value : {0x00U, 0x01U, 0x7fU, 0x80U, 0xffU}) {
      Bytes changed = good;
      changed[at] = static_cast<std::uint8_t>(value);
      const auto decoded = decode_log_entry(label, changed, "file");
      if (!decoded) {
        ASSERT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
      } else {
        ASSERT_TRUE(encode_log_entry(*decoded)) << at;  // what was accepted is an entry
      }
    }
  }
}

TEST_F(LogTest, ChainOfSoundEntriesHasNoProblem) {
  append_until(5);
  const Chain all = chain();
  EXPECT_THAT(sequences(all), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_TRUE(all.problems.empty());
  EXPECT_TRUE(all.strangers.empty());
  EXPECT_EQ(all.head, take(read_log_head(storage_, kWriter)));
  EXPECT_TRUE(take(read_chain(storage_, public_keys(), counting<WriterId>(9))).links.empty());
}

TEST_F(LogTest, ChainGoesOnBehindADamagedEntry) {
  append_until(5);
  file(3)[700] ^= 1;
  const Chain all = chain();
  EXPECT_THAT(sequences(all), ElementsAre(1, 2, 4, 5));
  ASSERT_EQ(all.problems.size(), 1U);
  EXPECT_EQ(all.problems[0].what, ChainProblem::What::kDamaged);
  EXPECT_EQ(all.problems[0].first_sequence, 3U);
  EXPECT_THAT(all.problems[0].message, HasSubstr(path(3)));
}

TEST_F(LogTest, AnEntryThatTheDiskDoesNotGiveIsDamageLikeAnyOther) {
  append_until(3);
  for (const std::uint64_t sequence : {std::uint64_t{2}, std::uint64_t{3}}) {
    storage_.unreadable = {path(sequence)};
    const Chain all = chain();
    EXPECT_EQ(all.links.size(), 2U);
    ASSERT_EQ(all.problems.size(), 1U);
    EXPECT_EQ(all.problems[0].what, ChainProblem::What::kDamaged);
    EXPECT_EQ(all.problems[0].first_sequence, sequence);
    EXPECT_EQ(all.head.sequence, 3U);
    EXPECT_EQ(all.head_error.empty(), sequence != 3);
  }
}

TEST_F(LogTest, ChainNamesGaps) {
  append_until(6);
  storage_.files.erase(path(1));
  storage_.files.erase(path(3));
  storage_.files.erase(path(4));
  const Chain all = chain();
  EXPECT_THAT(sequences(all), ElementsAre(2, 5, 6));
  ASSERT_EQ(all.problems.size(), 2U);
  EXPECT_EQ(all.problems[0].what, ChainProblem::What::kMissing);
  EXPECT_EQ(all.problems[0].first_sequence, 1U);
  EXPECT_EQ(all.problems[0].last_sequence, 1U);
  EXPECT_EQ(all.problems[1].first_sequence, 3U);
  EXPECT_EQ(all.problems[1].last_sequence, 4U);
  EXPECT_THAT(all.problems[1].message, HasSubstr("to 00000000000000000004"));
}

TEST_F(LogTest, ChainFindsExchangedEntries) {
  append_until(3);
  MemoryStorage other;
  std::swap(other, storage_);
  EXPECT_EQ(message_of(storage_.make_folders(writer_folders(kWriter))), "");
  LogEntry first;
  first.identity = kTinyIdentity;
  first.sequence = 1;
  first.host = "a log of another past";
  take(append_log(storage_, tiny_key(), first));
  other.files[path(1)] = file(1);
  std::swap(other, storage_);
  const Chain all = chain();
  EXPECT_EQ(all.links.size(), 3U);
  ASSERT_EQ(all.problems.size(), 1U);
  EXPECT_EQ(all.problems[0].what, ChainProblem::What::kUnlinked);
  EXPECT_EQ(all.problems[0].first_sequence, 2U);
}

TEST_F(LogTest, ChainFindsEntriesUnderOtherNames) {
  append_until(3);
  std::swap(file(2), file(3));
  const Chain all = chain();
  EXPECT_THAT(sequences(all), ElementsAre(1));
  ASSERT_EQ(all.problems.size(), 2U);
  EXPECT_THAT(all.problems[0].message, HasSubstr("its sequence is 3, expected 2"));
}

TEST_F(LogTest, DamagedLastEntryIsLinkedToAsItIs) {
  append_until(2);
  file(2).resize(600);  // cut short: a crash where files cannot appear whole
  append_until(3);
  const Chain all = chain();
  EXPECT_THAT(sequences(all), ElementsAre(1, 3));
  ASSERT_EQ(all.problems.size(), 1U);
  EXPECT_EQ(all.problems[0].first_sequence, 2U);
  EXPECT_EQ(all.links[1].entry.previous, sha256(file(2)));
}

// A repair was stopped before the good entry had its name.
TEST_F(LogTest, EntryThatWasSetAsideKeepsItsNumber) {
  append_until(3);
  EXPECT_EQ(message_of(storage_.set_aside(path(3))), "");
  storage_.files["damaged/" + std::string(64, 'a')] = {1};  // a mark, and what else may lie there
  storage_.files["damaged/log.x.9"] = {1};
  const Sha256Digest found = sha256(storage_.files.at(set_aside_path(path(3), 1)));
  EXPECT_EQ(take(read_log_head(storage_, kWriter)), (LogHead{3, found}));
  ASSERT_EQ(chain().problems.size(), 1U);
  EXPECT_EQ(chain().problems[0].what, ChainProblem::What::kMissing);
  EXPECT_EQ(chain().problems[0].first_sequence, 3U);
  append_until(4);
  EXPECT_THAT(sequences(chain()), ElementsAre(1, 2, 4));
}

// Only an entry that says that it found damage may link to something else than is there.
TEST_F(LogTest, EntryBehindDamageLinksToWhatTheWriterFound) {
  enum class Says { kNothing, kDamage, kHash, kOtherHash };
  for (const Says says : {Says::kNothing, Says::kDamage, Says::kHash, Says::kOtherHash}) {
    storage_.files.clear();
    append_until(2);
    const Bytes good = file(2);
    file(2)[600] ^= 1;
    LogEntry entry;
    entry.identity = kTinyIdentity;
    entry.sequence = 3;
    entry.previous = sha256(file(2));
    if (says == Says::kDamage) entry.extensions = {behind_damage(std::nullopt)};
    if (says == Says::kHash) entry.extensions = {behind_damage(sha256(good))};
    if (says == Says::kOtherHash) entry.extensions = {behind_damage(sha256(file(1)))};
    take(append_log(storage_, tiny_key(), entry));
    file(2) = good;
    EXPECT_THAT(sequences(chain()), ElementsAre(1, 2, 3));
    EXPECT_EQ(chain().problems.empty(), says == Says::kDamage || says == Says::kHash);
  }
}

TEST_F(LogTest, ChainListsStrangersAndHugeSequences) {
  append_until(1);
  storage_.files[log_folder(kWriter) + "/.lock"] = {1};
  storage_.files[log_folder(kWriter) + "/00000000000000000000"] = {1};
  storage_.files[log_folder(kWriter) + "/99999999999999999999"] = {1};
  storage_.files[path(kSequenceMax)] = {1};
  const Chain all = chain();
  EXPECT_EQ(all.strangers.size(), 3U);
  ASSERT_EQ(all.problems.size(), 2U);
  EXPECT_EQ(all.problems[0].first_sequence, 2U);
  EXPECT_EQ(all.problems[0].last_sequence, kSequenceMax - 1);
  EXPECT_EQ(all.links.size(), 1U);
}

}  // namespace
}  // namespace letterpress::vault
