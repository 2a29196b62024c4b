// SPDX-License-Identifier: Apache-2.0
// The state may forget, but must never remember wrongly.
#include "vault/state.h"

#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "stream/content_ref.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

const VaultId kVault = counting<VaultId>(1);
const Secret kKey(counting<Sha256Digest>(3).bytes);
const LogHead kHead{17, counting<Sha256Digest>(50)};

EntryRecord stored_record(const std::string& path, std::uint64_t number) {
  EntryRecord record;
  record.entry.path = path;
  record.entry.metadata.mtime_ns = static_cast<std::int64_t>(number) * 1'000'000'007;
  stream::ContentRef ref;
  ref.size_bytes = number * 10;
  ref.recipe = seeded_bytes(number % 40, number);
  record.content = stream::encode_content_ref(ref);
  record.identity = {5, number, -static_cast<std::int64_t>(number)};
  return record;
}

class StateTest : public ::testing::Test {
 protected:
  void write(const std::vector<EntryRecord>& records) const {
    StateWriter writer = take(StateWriter::create(path_, kKey, records.size()));
    for (const EntryRecord& record : records) ASSERT_EQ(message_of(writer.add(record)), "");
    ASSERT_EQ(message_of(writer.commit(kVault, kHead)), "");
  }
  std::unique_ptr<State> open(const VaultId& vault = kVault, const LogHead& head = kHead) {
    return State::open(
        path_, kKey, vault, head, [](ByteView) { return true; }, why_);
  }
  Bytes bytes() const { return take(read_file(path_, 1 << 26)); }
  void set_bytes(ByteView bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << as_text(bytes);
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/state";
  std::string why_;
};

void expect_found(State& state, std::string_view key, const EntryRecord& wanted) {
  const auto found = take(state.find(key));
  ASSERT_TRUE(found) << key;
  EXPECT_EQ(found->content.content, wanted.content);
  EXPECT_EQ(found->content.size_bytes, wanted.identity.inode * 10);
  EXPECT_EQ(found->size_bytes, wanted.identity.inode * 10);
  EXPECT_EQ(found->mtime_ns, wanted.entry.metadata.mtime_ns);
  EXPECT_EQ(found->identity.inode, wanted.identity.inode);
  EXPECT_EQ(found->identity.ctime_ns, wanted.identity.ctime_ns);
}

TEST_F(StateTest, FindsWhatWasAddedAndNothingElse) {
  std::vector<EntryRecord> records;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    records.push_back(stored_record("m/" + std::to_string(i), i));
  }
  write(records);
  const auto state = open();
  ASSERT_NE(state, nullptr) << why_;
  for (const EntryRecord& record : records) expect_found(*state, record.entry.path, record);
  for (const char* key : {"", "m", "m/", "m/20000", "m/-1", "m/00"}) {
    EXPECT_FALSE(take(state->find(key))) << key;
  }
}

TEST_F(StateTest, AMailWhoseFlagsChangedIsFound) {
  write({stored_record("box/new/17.M1.host", 1), stored_record("box/cur/18.M1.host:2,S", 2)});
  const auto state = open();
  ASSERT_NE(state, nullptr);
  expect_found(*state, files::memory_key("box/cur/17.M1.host:2,RS"), stored_record("x", 1));
  expect_found(*state, files::memory_key("box/cur/18.M1.host:2,"), stored_record("x", 2));
  EXPECT_FALSE(take(state->find(files::memory_key("other/cur/18.M1.host:2,"))));
}

TEST_F(StateTest, OnlyFilesAreKept) {
  EntryRecord folder = stored_record("m", 1);
  folder.entry.metadata.type = stream::EntryType::kFolder;
  write({folder, stored_record("m/a", 2)});
  const auto state = open();
  ASSERT_NE(state, nullptr);
  EXPECT_FALSE(take(state->find("m")));
  EXPECT_TRUE(take(state->find("m/a")));
}

TEST_F(StateTest, AContentThatIsNotStoredIsForgotten) {
  write({stored_record("a", 1), stored_record("b", 2)});
  const Bytes missing = stored_record("a", 1).content;
  const auto state = State::open(
      path_, kKey, kVault, kHead,
      [&](ByteView content) { return !std::ranges::equal(content, missing); }, why_);
  ASSERT_NE(state, nullptr);
  EXPECT_FALSE(take(state->find("a")));
  EXPECT_TRUE(take(state->find("b")));
}

TEST_F(StateTest, AStateOfAnotherSnapshotOrVaultIsNotUsed) {
  write({stored_record("a", 1)});
  ASSERT_NE(open(), nullptr);
  LogHead head = kHead;
  ++head.sequence;
  EXPECT_EQ(open(kVault, head), nullptr);
  EXPECT_THAT(why_, HasSubstr("belongs to another snapshot"));
  head = kHead;
  head.sha256.bytes[31] ^= 1;
  EXPECT_EQ(open(kVault, head), nullptr);
  EXPECT_EQ(open(counting<VaultId>(2)), nullptr);
}

TEST_F(StateTest, ShowsNothingWithoutItsKey) {
  write({stored_record("box/cur/a-name-that-is-found", 1)});
  const Bytes file = bytes();
  EXPECT_EQ(as_text(file).find("a-name"), std::string_view::npos);
  EXPECT_EQ(State::open(
                path_, Secret(), kVault, kHead, [](ByteView) { return true; }, why_),
            nullptr);
  const Bytes before = file;
  write({stored_record("box/cur/a-name-that-is-found", 1)});
  EXPECT_FALSE(std::equal(before.end() - 40, before.end(), bytes().end() - 40));
}

TEST_F(StateTest, NoStateIsNoError) {
  EXPECT_EQ(open(), nullptr);
  EXPECT_THAT(why_, HasSubstr("none"));
}

TEST_F(StateTest, AWriterThatDoesNotCommitLeavesTheOldOne) {
  write({stored_record("a", 1)});
  {
    StateWriter writer = take(StateWriter::create(path_, kKey, 1));
    ASSERT_TRUE(writer.add(stored_record("b", 2)));
  }
  const auto state = open();
  ASSERT_NE(state, nullptr);
  EXPECT_TRUE(take(state->find("a")));
  EXPECT_FALSE(take(state->find("b")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(StateTest, ManyRecordsAreFlushedOnTheWay) {
  std::vector<EntryRecord> records;
  for (std::uint64_t i = 0; i < 300; ++i) {
    EntryRecord record = stored_record("m/" + std::to_string(i), i);
    stream::ContentRef ref{i * 10, 0, seeded_bytes(20'000, i), {}};
    record.content = stream::encode_content_ref(ref);
    records.push_back(record);
  }
  write(records);
  const auto state = open();
  ASSERT_NE(state, nullptr);
  for (const EntryRecord& record : records) expect_found(*state, record.entry.path, record);
}

TEST_F(StateTest, AFlippedByteForgetsButNeverLies) {
  std::vector<EntryRecord> records;
  for (std::uint64_t i = 1; i <= 12; ++i) {
    records.push_back(stored_record("box/cur/" + std::to_string(i) + ":2,S", i));
  }
  write(records);
  const Bytes good = bytes();
  std::mt19937 random(1);
  std::size_t forgotten = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const auto bit : {random() % 8, random() % 8}) {
      Bytes damaged = good;
      damaged[at] ^= static_cast<std::uint8_t>(1U << bit);
      set_bytes(damaged);
      const auto state = open();
      if (state == nullptr) continue;
      for (const EntryRecord& record : records) {
        const std::string key = files::memory_key(record.entry.path);
        if (take(state->find(key))) {
          expect_found(*state, key, record);
        } else {
          ++forgotten;
        }
      }
    }
  }
  EXPECT_GT(forgotten, good.size() / 2);
}

// As where the disk fails under it: of a file that is mapped that would end the program.
TEST_F(StateTest, WhatIsGoneWhileItIsOpenIsForgotten) {
  std::vector<EntryRecord> records;
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    records.push_back(stored_record("m/" + std::to_string(i), i));
  }
  write(records);
  const auto state = open();
  ASSERT_NE(state, nullptr);
  expect_found(*state, "m/4000", records[3999]);
  const std::uintmax_t size = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, size - 100'000);
  EXPECT_FALSE(take(state->find("m/5000")));
  expect_found(*state, "m/1", records[0]);
  std::filesystem::resize_file(path_, 200);
  EXPECT_FALSE(take(state->find("m/2000")));
}

TEST_F(StateTest, AStateThatWasCutShortOrGrewIsNotUsed) {
  write({stored_record("a", 1), stored_record("b", 2), stored_record("c", 3)});
  Bytes good = bytes();
  for (std::size_t length = 0; length < good.size(); ++length) {
    set_bytes(ByteView(good).first(length));
    EXPECT_EQ(open(), nullptr) << length;
  }
  good.push_back(0);
  set_bytes(good);
  EXPECT_EQ(open(), nullptr);
}

}  // namespace
}  // namespace letterpress::vault
