// SPDX-License-Identifier: Apache-2.0
// Files that are as an earlier walk left them are not opened; everything else is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "files/temp_tree.h"
#include "files/walk_log.h"

namespace letterpress::files::test {
namespace {

using testing::IsEmpty;

// What the owner of a sink does, in a map: remembers what a walk gave.
class Memory final : public Remembered {
 public:
  explicit Memory(const WalkLog& log) {
    for (const WalkedEntry& walked : log.entries) {
      if (walked.entry.metadata.type != stream::EntryType::kFile) continue;
      RememberedFile file;
      file.content.content = {1, 2, 3};
      file.content.size_bytes = walked.content.size();
      file.size_bytes = walked.size_hint_bytes;
      file.mtime_ns = walked.entry.metadata.mtime_ns;
      file.identity = walked.identity;
      files_[memory_key(walked.entry.path)] = file;
    }
  }
  Result<std::optional<RememberedFile>> find(std::string_view key) override {
    const auto at = files_.find(key);
    if (at == files_.end()) return std::optional<RememberedFile>();
    return std::optional<RememberedFile>(at->second);
  }

 private:
  std::map<std::string, RememberedFile, std::less<>> files_;
};

class UnchangedTest : public testing::Test {
 protected:
  UnchangedTest() {
    tree_.file("s/a", "aaaa");
    tree_.file("s/b", "bbbb");
    tree_.maildir("s/m");
    tree_.file("s/m/cur/1:2,", "mail");
    tree_.file("s/m/new/2", "mail");
    tree_.file("s/m/dovecot-uidlist", "list");
    wait_for_file_clock();
  }
  WalkOptions options(Remembered* remembered = nullptr) const {
    return {.sources = {{"s", tree_.path("s")}}, .remembered = remembered};
  }
  // Walks once, lets `change` work on the tree, walks again.
  template <class Change>
  WalkLog again(Change change, bool read_all = false) {
    Memory memory(WalkLog(options()).run());
    wait_for_file_clock();
    change();
    WalkOptions second = options(&memory);
    second.read_all = read_all;
    WalkLog log(second);
    log.run();
    EXPECT_THAT(log.all_problems, IsEmpty());
    return log;
  }
  static std::vector<std::string> read_paths(const WalkLog& log) {
    std::vector<std::string> paths;
    for (const WalkedEntry& entry : log.entries) {
      if (entry.has_content) paths.push_back(entry.entry.path);
    }
    return paths;
  }
  TempTree tree_;
};

using testing::ElementsAre;

TEST_F(UnchangedTest, NothingIsReadAgain) {
  const WalkLog log = again([] {});
  EXPECT_THAT(read_paths(log), IsEmpty());
  ASSERT_TRUE(log.at("s/a").known);
  EXPECT_EQ(log.at("s/a").known->content, (Bytes{1, 2, 3}));
  EXPECT_EQ(log.at("s/a").known->size_bytes, 4U);
  EXPECT_EQ(log.at("s/a").size_hint_bytes, 4U);
  EXPECT_FALSE(log.at("s/m").known);
}

TEST_F(UnchangedTest, AChangeThatKeepsTheSizeIsReadAndTheOldContentIsOffered) {
  const WalkLog log = again([&] { tree_.file("s/a", "AAAA"); });
  EXPECT_THAT(read_paths(log), ElementsAre("s/a"));
  EXPECT_EQ(log.at("s/a").content, "AAAA");
  EXPECT_TRUE(log.at("s/a").known);
}

TEST_F(UnchangedTest, AChangeThatKeepsSizeAndMtimeIsSeenByCtime) {
  const struct stat before = tree_.status("s/a");
  const WalkLog log = again([&] {
    tree_.file("s/a", "AAAA");
    tree_.set_mtime("s/a", before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
  });
  EXPECT_THAT(read_paths(log), ElementsAre("s/a"));
}

TEST_F(UnchangedTest, AReplacedFileIsSeenByItsInode) {
  const struct stat before = tree_.status("s/a");
  const WalkLog log = again([&] {
    tree_.file("s/new", "AAAA");
    tree_.set_mtime("s/new", before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
    tree_.rename("s/new", "s/a");
  });
  EXPECT_THAT(read_paths(log), ElementsAre("s/a"));
}

TEST_F(UnchangedTest, OldContentOfAnotherSizeIsOfferedToo) {
  const WalkLog log = again([&] { tree_.append("s/a", "more"); });
  EXPECT_EQ(log.at("s/a").content, "aaaamore");
  ASSERT_TRUE(log.at("s/a").known);
  EXPECT_EQ(log.at("s/a").known->size_bytes, 4U);
}

TEST_F(UnchangedTest, ReadAllReadsEverythingAndOffersTheOldContent) {
  const WalkLog log = again([] {}, true);
  EXPECT_EQ(read_paths(log).size(), 5U);
  EXPECT_TRUE(log.at("s/a").known);
  EXPECT_TRUE(log.at("s/m/new/2").known);
}

TEST_F(UnchangedTest, AMailWithOtherFlagsOrFolderIsUnchanged) {
  const WalkLog log = again([&] {
    tree_.rename("s/m/cur/1:2,", "s/m/cur/1:2,RS");
    tree_.rename("s/m/new/2", "s/m/cur/2:2,");
  });
  EXPECT_THAT(read_paths(log), IsEmpty());
  EXPECT_TRUE(log.at("s/m/cur/1:2,RS").known);
  EXPECT_TRUE(log.at("s/m/cur/2:2,").known);
}

TEST_F(UnchangedTest, AnotherMailOfTheSameNameIsRead) {
  const WalkLog log = again([&] {
    tree_.file("s/m/tmp/1", "MAIL");
    tree_.rename("s/m/tmp/1", "s/m/cur/1:2,");
  });
  EXPECT_THAT(read_paths(log), ElementsAre("s/m/cur/1:2,"));
}

TEST_F(UnchangedTest, ARenameOutsideAMaildirIsRead) {
  const WalkLog log = again([&] { tree_.rename("s/a", "s/c"); });
  EXPECT_THAT(read_paths(log), ElementsAre("s/c"));
}

// A second change in the tick of the first would leave every time as it is.
TEST_F(UnchangedTest, AFileThatChangedInTheTickOfItsReadingIsReadAgain) {
  int unsettled = 0;
  for (int i = 0; i < 100 && unsettled == 0; ++i) {
    wait_for_file_clock();
    tree_.file("s/a", "aaaa");
    WalkLog first(options());
    first.run_to("s/a");
    if (first.at("s/a").identity.ctime_ns != 0) continue;  // the tick ended in between
    ++unsettled;
    first.run();
    Memory memory(first);
    const WalkLog log = std::move(WalkLog(options(&memory)).run());
    EXPECT_THAT(read_paths(log), ElementsAre("s/a"));
  }
  if (unsettled == 0) GTEST_SKIP() << "the machine was too slow to do it within one tick";
}

TEST_F(UnchangedTest, AnUnchangedFileIsNotOpened) {
  ASSERT_EQ(::chmod(tree_.path("s/a").c_str(), 0), 0);
  const WithoutRoot user(tree_);
  wait_for_file_clock();
  const WalkLog first = std::move(WalkLog(options()).run());
  EXPECT_EQ(first.all_problems.size(), 1U);
  // As if root had read it.
  const struct stat status = tree_.status("s/a");
  WalkLog with_a(options());
  with_a.run();
  WalkedEntry a;
  a.entry.path = "s/a";
  a.entry.metadata.mtime_ns =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  a.identity = {status.st_dev, status.st_ino,
                std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
  a.size_hint_bytes = 4;
  a.content = "aaaa";
  with_a.entries.push_back(a);
  Memory memory(with_a);
  const WalkLog log = std::move(WalkLog(options(&memory)).run());
  EXPECT_THAT(log.all_problems, IsEmpty());
  EXPECT_TRUE(log.at("s/a").known);
}

}  // namespace
}  // namespace letterpress::files::test
