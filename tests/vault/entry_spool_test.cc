// SPDX-License-Identifier: Apache-2.0
#include "vault/tree/entry_spool.h"

#include <gmock/gmock.h>

#include <random>

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using SpoolRandom = std::mt19937;

class EntrySpoolTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

EntryRecord record_of(const std::string& path, std::uint64_t version = 0) {
  EntryRecord record;
  record.entry.path = path;
  record.content = seeded_bytes(version % 50, version);
  record.identity = {version, version * 3, -static_cast<std::int64_t>(version)};
  return record;
}

EntryRecord link_to(const std::string& path, const std::string& target) {
  EntryRecord record = record_of(path);
  record.entry.metadata.type = stream::EntryType::kHardLink;
  record.entry.metadata.target = target;
  return record;
}

std::vector<EntryRecord> drained(EntrySpool& spool) {
  std::vector<EntryRecord> records;
  EXPECT_EQ(message_of(spool.drain([&](EntryRecord&& record) -> Status {
              records.push_back(std::move(record));
              return Ok{};
            })),
            "");
  return records;
}

std::vector<std::string> paths_of(const std::vector<EntryRecord>& records) {
  std::vector<std::string> paths;
  for (const EntryRecord& record : records) paths.push_back(record.entry.path);
  return paths;
}

// Whatever the runs, what comes out is what a sorted map that keeps the last would give.
class EntrySpoolOfRuns : public EntrySpoolTest,
                         public ::testing::WithParamInterface<std::size_t> {};

TEST_P(EntrySpoolOfRuns, RecordsComeByPathAndTheLastOfAPathCounts) {
  SpoolRandom random(static_cast<unsigned>(GetParam()));
  EntrySpool spool(folder_.path(), GetParam());
  const auto before = [](const std::string& a, const std::string& b) {
    return stream::compare_paths(a, b) < 0;
  };
  std::map<std::string, EntryRecord, decltype(before)> wanted(before);
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    constexpr std::string_view kSeparators = "/-.0\x01";
    const std::string path =
        "m" + std::string(1, kSeparators[random() % 5]) + std::to_string(random() % 3000);
    const EntryRecord record = record_of(path, i);
    wanted[path] = record;
    ASSERT_TRUE(spool.add(record));
    EXPECT_EQ(spool.count(), i);
  }
  const auto records = drained(spool);
  ASSERT_EQ(records.size(), wanted.size());
  auto at = wanted.begin();
  for (const EntryRecord& record : records) {
    EXPECT_EQ(record.entry.path, at->first);
    EXPECT_EQ(record.content, at->second.content);
    EXPECT_EQ(record.identity.inode, at->second.identity.inode);
    EXPECT_EQ(record.identity.ctime_ns, at->second.identity.ctime_ns);
    ++at;
  }
  EXPECT_EQ(spool.count(), 0U);
  EXPECT_TRUE(drained(spool).empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

INSTANTIATE_TEST_SUITE_P(Bytes, EntrySpoolOfRuns, ::testing::Values(2000, 20'000, 32 << 20));

TEST_F(EntrySpoolTest, ManyCopiesOfOnePathInOneRunAndInMany) {
  for (const std::size_t run_bytes : {std::size_t{1000}, std::size_t{1} << 20}) {
    EntrySpool spool(folder_.path(), run_bytes);
    for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_TRUE(spool.add(record_of("a", i)));
    const auto records = drained(spool);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].identity.device, 1000U);
  }
}

TEST_F(EntrySpoolTest, LargeRecordsComeBack) {
  EntrySpool spool(folder_.path(), 100'000);
  std::vector<Bytes> contents;
  for (int i = 0; i < 20; ++i) {
    EntryRecord record = record_of(std::to_string(100 + i) + std::string(9000, 'x'));
    record.content = seeded_bytes(static_cast<std::size_t>(i) * 10'000, 7);
    record.segments = seeded_bytes(static_cast<std::size_t>(i) * 100'000, 8);
    ASSERT_TRUE(spool.add(record));
  }
  const auto records = drained(spool);
  ASSERT_EQ(records.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(records[i].content, seeded_bytes(i * 10'000, 7));
    EXPECT_EQ(records[i].segments, seeded_bytes(i * 100'000, 8));
  }
}

TEST_F(EntrySpoolTest, RenamesMoveRecordsToTheirPlace) {
  for (const std::size_t run_bytes : {std::size_t{150}, std::size_t{1} << 20}) {
    EntrySpool spool(folder_.path(), run_bytes);
    ASSERT_TRUE(spool.rename("m/later", "m/5"));
    for (const char* path : {"m/1", "m/2", "m/3", "m/later"}) {
      ASSERT_TRUE(spool.add(record_of(path)));
    }
    ASSERT_TRUE(spool.rename("m/2", "m/9"));
    ASSERT_TRUE(spool.rename("m/absent", "m/7"));
    EXPECT_EQ(paths_of(drained(spool)), (std::vector<std::string>{"m/1", "m/3", "m/5", "m/9"}));
  }
}

TEST_F(EntrySpoolTest, AChainOfRenamesLeadsToTheLastName) {
  EntrySpool spool(folder_.path());
  ASSERT_TRUE(spool.add(record_of("a", 1)));
  ASSERT_TRUE(spool.add(record_of("x", 2)));
  ASSERT_TRUE(spool.rename("a", "b"));
  ASSERT_TRUE(spool.rename("b", "c"));
  ASSERT_TRUE(spool.rename("c", "d"));
  ASSERT_TRUE(spool.rename("x", "y"));
  ASSERT_TRUE(spool.rename("y", "x"));  // and back
  const auto records = drained(spool);
  EXPECT_EQ(paths_of(records), (std::vector<std::string>{"d", "x"}));
  EXPECT_EQ(records[0].identity.device, 1U);
  EXPECT_EQ(records[1].identity.device, 2U);
}

TEST_F(EntrySpoolTest, NamesThatAreHandedOnFollowTheOrderOfTheMoves) {
  EntrySpool spool(folder_.path());
  ASSERT_TRUE(spool.add(record_of("a", 1)));
  ASSERT_TRUE(spool.add(record_of("b", 2)));
  ASSERT_TRUE(spool.rename("b", "c"));
  ASSERT_TRUE(spool.rename("a", "b"));
  const auto records = drained(spool);
  EXPECT_EQ(paths_of(records), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(records[0].identity.device, 1U);
  EXPECT_EQ(records[1].identity.device, 2U);
}

TEST_F(EntrySpoolTest, HardLinksFollowTheirTarget) {
  EntrySpool spool(folder_.path());
  ASSERT_TRUE(spool.add(record_of("a", 1)));
  ASSERT_TRUE(spool.add(link_to("k", "a")));
  ASSERT_TRUE(spool.add(link_to("l", "other")));
  ASSERT_TRUE(spool.rename("a", "b"));
  ASSERT_TRUE(spool.rename("k", "m"));
  ASSERT_TRUE(spool.rename("b", "c"));
  const auto records = drained(spool);
  EXPECT_EQ(paths_of(records), (std::vector<std::string>{"c", "l", "m"}));
  EXPECT_EQ(records[1].entry.metadata.target, "other");
  EXPECT_EQ(records[2].entry.metadata.target, "c");
}

// A busy server renames most of a mailbox while it is read.
TEST_F(EntrySpoolTest, ManyRenamesTakeTimeThatGrowsWithTheirNumber) {
  constexpr int kCount = 60'000;
  EntrySpool spool(folder_.path());
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(spool.add(record_of("new/" + std::to_string(i))));
    ASSERT_TRUE(spool.rename("new/" + std::to_string(i), "cur/" + std::to_string(i) + ":2,"));
    ASSERT_TRUE(
        spool.rename("cur/" + std::to_string(i) + ":2,", "cur/" + std::to_string(i) + ":2,S"));
  }
  const auto records = drained(spool);
  ASSERT_EQ(records.size(), static_cast<std::size_t>(kCount));
  for (const EntryRecord& record : records) EXPECT_TRUE(record.entry.path.ends_with(":2,S"));
}

TEST_F(EntrySpoolTest, AnErrorOfTheVisitorEndsTheDrain) {
  EntrySpool spool(folder_.path());
  ASSERT_TRUE(spool.add(record_of("a")));
  ASSERT_TRUE(spool.add(record_of("b")));
  int visits = 0;
  const Status status = spool.drain([&](EntryRecord&&) -> Status {
    ++visits;
    return Error(ErrorCode::kIo, "no more");
  });
  EXPECT_EQ(message_of(status), "no more");
  EXPECT_EQ(visits, 1);
}

TEST_F(EntrySpoolTest, AFolderThatIsNotThereIsAnError) {
  EntrySpool spool(folder_.path() + "/absent");
  ASSERT_TRUE(spool.add(record_of("a")));
  EXPECT_FALSE(spool.drain([](EntryRecord&&) -> Status { return Ok{}; }));
}

}  // namespace
}  // namespace letterpress::vault
