// SPDX-License-Identifier: Apache-2.0
#include "files/walker.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/limits.h"
#include "files/temp_tree.h"
#include "files/walk_log.h"

namespace letterpress::files::test {
namespace {

using stream::EntryType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WalkerTest : public testing::Test {
 protected:
  WalkOptions options() const { return {.sources = {{"s", tree_.path("s")}}}; }
  std::vector<std::string> problems(const WalkLog& log) const {
    return log.problems(tree_.root().size() + 1);
  }
  TempTree tree_;
};

TEST_F(WalkerTest, GivesAFolderBeforeItsContentsAndNamesInByteOrder) {
  for (const char* name : {"s/b", "s/a/y", "s/a/x/1", "s/a-b", "s/a.c", "s/B", "s/\xff", "s/~"}) {
    tree_.file(name);
  }
  tree_.folder("s/empty");
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/B", "s/a", "s/a/x", "s/a/x/1", "s/a/y", "s/a-b",
                                       "s/a.c", "s/b", "s/empty", "s/~", "s/\xff"));
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(WalkerTest, GivesPathsInTheOrderOfComparePaths) {
  for (int i = 0; i < 300; ++i) {
    const std::string one(1, static_cast<char>(1 + i * 37 % 255));
    if (one != "/" && one != ".") tree_.file("s/" + one + (i % 3 == 0 ? "/" : "") + "x" + one);
  }
  const WalkLog log = std::move(WalkLog(options()).run());
  const std::vector<std::string> paths = log.paths();
  ASSERT_GT(paths.size(), 200U);
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end(), [](const auto& a, const auto& b) {
    return stream::compare_paths(a, b) < 0;
  }));
}

TEST_F(WalkerTest, TheOrderDoesNotDependOnHowNamesWereMade) {
  const int kCount = 500;
  for (int i = 0; i < kCount; ++i) {
    tree_.file("one/s/" + std::to_string(i * 7919 % kCount), std::to_string(i * 7919 % kCount));
    tree_.file("two/s/" + std::to_string(kCount - 1 - i), std::to_string(kCount - 1 - i));
  }
  const WalkLog one = std::move(WalkLog({.sources = {{"s", tree_.path("one/s")}}}).run());
  const WalkLog two = std::move(WalkLog({.sources = {{"s", tree_.path("two/s")}}}).run());
  ASSERT_EQ(one.entries.size(), kCount + 1U);
  EXPECT_EQ(one.paths(), two.paths());
}

TEST_F(WalkerTest, GivesContentAndMetadata) {
  tree_.file("s/a", "hello", 04751);
  tree_.set_mtime("s/a", 1'234'567'890, 123'456'789);
  tree_.folder("s/f", 02755);
  tree_.set_mtime("s/f", -5, 250'000'000);
  const WalkLog log = std::move(WalkLog(options()).run());
  const WalkedEntry& file = log.at("s/a");
  EXPECT_EQ(file.content, "hello");
  EXPECT_EQ(file.finish_error, "");
  EXPECT_EQ(file.size_hint_bytes, 5U);
  EXPECT_EQ(file.entry.metadata.type, EntryType::kFile);
  EXPECT_EQ(file.entry.metadata.mode, 04751U);
  EXPECT_EQ(file.entry.metadata.mtime_ns, 1'234'567'890'123'456'789);
  EXPECT_EQ(file.entry.metadata.user_id, ::geteuid());
  EXPECT_EQ(file.identity.inode, tree_.status("s/a").st_ino);
  EXPECT_EQ(file.identity.device, tree_.status("s/a").st_dev);
  EXPECT_EQ(log.at("s/f").entry.metadata.type, EntryType::kFolder);
  EXPECT_EQ(log.at("s/f").entry.metadata.mode, 02755U);
  EXPECT_EQ(log.at("s/f").entry.metadata.mtime_ns, -4'750'000'000);
  EXPECT_FALSE(log.at("s/f").has_content);
}

TEST_F(WalkerTest, NamesAreBytes) {
  const std::string longest(255, '\xfe');
  for (const std::string& name : {std::string("new\nline"), std::string("\xff\x01"), longest,
                                  std::string(" "), std::string("..."), std::string("-rf")}) {
    tree_.file("s/" + name, name);
    const WalkLog log = std::move(WalkLog(options()).run());
    EXPECT_EQ(log.at("s/" + name).content, name);
  }
}

TEST_F(WalkerTest, SymbolicLinksAreEntriesAndNotFollowed) {
  tree_.file("outside/secret", "x");
  tree_.symlink("s/dangling", "/no/such\nplace");
  tree_.symlink("s/folder", "../outside");
  tree_.symlink("s/long", std::string(3000, 'l'));
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/dangling", "s/folder", "s/long"));
  EXPECT_EQ(log.at("s/dangling").entry.metadata.type, EntryType::kSymlink);
  EXPECT_EQ(log.at("s/dangling").entry.metadata.target, "/no/such\nplace");
  EXPECT_EQ(log.at("s/folder").entry.metadata.target, "../outside");
  EXPECT_EQ(log.at("s/long").entry.metadata.target, std::string(3000, 'l'));
}

TEST_F(WalkerTest, ASourceThatIsASymbolicLinkIsFollowed) {
  tree_.file("real/a", "in folder");
  tree_.file("real_file", "in file");
  tree_.symlink("s", "real");
  tree_.symlink("t", "real_file");
  const WalkLog log =
      std::move(WalkLog({.sources = {{"t", tree_.path("t")}, {"s", tree_.path("s")}}}).run());
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/a", "t"));
  EXPECT_EQ(log.at("t").content, "in file");
  EXPECT_EQ(log.at("s").entry.metadata.type, EntryType::kFolder);
}

TEST_F(WalkerTest, FurtherNamesOfAnInodeAreHardLinks) {
  tree_.file("s/b/second", "x");
  tree_.hard_link("s/a", "s/b/second");
  tree_.hard_link("s/c", "s/b/second");
  tree_.file("s/d", "x");
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_EQ(log.at("s/a").entry.metadata.type, EntryType::kFile);
  EXPECT_EQ(log.at("s/a").content, "x");
  for (const char* link : {"s/b/second", "s/c"}) {
    EXPECT_EQ(log.at(link).entry.metadata.type, EntryType::kHardLink);
    EXPECT_EQ(log.at(link).entry.metadata.target, "s/a");
    EXPECT_FALSE(log.at(link).has_content);
  }
  EXPECT_EQ(log.at("s/d").entry.metadata.type, EntryType::kFile);
}

TEST_F(WalkerTest, SpecialFilesAreLeftOutWithANote) {
  tree_.folder("s");
  ASSERT_EQ(::mkfifo(tree_.path("s/fifo").c_str(), 0600), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  const std::string path = tree_.path("s/socket");
  std::copy(path.begin(), path.end(), address.sun_path);
  const void* const generic = &address;
  ASSERT_EQ(::bind(socket, static_cast<const struct sockaddr*>(generic), sizeof(address)), 0);
  ::close(socket);
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(log.paths(), ElementsAre("s"));
  EXPECT_THAT(problems(log), ElementsAre("note s/fifo", "note s/socket"));
}

TEST_F(WalkerTest, ASourceMayBeAFile) {
  tree_.file("x/mail.mbox", "From ");
  const WalkLog log =
      std::move(WalkLog({.sources = {{"kept.mbox", tree_.path("x/mail.mbox")}}}).run());
  EXPECT_THAT(log.paths(), ElementsAre("kept.mbox"));
  EXPECT_EQ(log.at("kept.mbox").content, "From ");
}

TEST_F(WalkerTest, RefusesSourcesThatCannotBeKept) {
  tree_.file("s/a");
  const std::string path = tree_.path("s");
  const auto code = [](WalkOptions wrong) {
    const auto walker = Walker::open(std::move(wrong));
    EXPECT_FALSE(walker);
    return walker ? ErrorCode::kCancelled : walker.error().code();
  };
  EXPECT_EQ(code({.sources = {{"x", tree_.path("absent")}}}), ErrorCode::kNotFound);
  EXPECT_EQ(code({.sources = {{"x", path}, {"x", path}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.sources = {{"x/y", path}, {"x", path}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.sources = {{"..", path}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.sources = {{"x", "/dev/null"}}}), ErrorCode::kInvalidArgument);
}

TEST_F(WalkerTest, ExcludedFoldersAreNotEntered) {
  for (const char* name : {"s/a.o", "s/keep/b.o", "s/keep/b.c", "s/skip/c.c", "s/x/skip"}) {
    tree_.file(name);
  }
  WalkOptions excluding = options();
  excluding.excludes = {"*.o", "skip/"};
  const WalkLog log = std::move(WalkLog(excluding).run());
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/keep", "s/keep/b.c", "s/x", "s/x/skip"));
}

TEST_F(WalkerTest, LeavesOutServerCachesAndDotlocksUnlessAllFilesAreWanted) {
  for (const char* name :
       {"s/inbox", "s/inbox.lock", "s/Cargo.lock", "s/big", "s/folder/x", "s/dovecot.index.cache",
        "s/dovecot.list.index", "s/dovecot.index", "s/dovecot.list.index.log", "s/folder.lock"}) {
    tree_.file(name);
  }
  tree_.file("s/big.lock", std::string(1025, 'x'));
  EXPECT_THAT(WalkLog(options()).run().paths(),
              ElementsAre("s", "s/Cargo.lock", "s/big", "s/big.lock", "s/dovecot.index", "s/folder",
                          "s/folder/x", "s/folder.lock", "s/inbox"));
  WalkOptions all = options();
  all.all_files = true;
  EXPECT_EQ(WalkLog(all).run().entries.size(), 13U);
}

TEST_F(WalkerTest, ReportsWhatCannotBeReadAndGoesOn) {
  tree_.file("s/a", "x");
  tree_.file("s/file", "x", 0);
  tree_.file("s/folder/x", "x");
  tree_.folder("s/folder", 0);
  tree_.file("s/z", "z");
  const WithoutRoot user(tree_);
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/a", "s/folder", "s/z"));
  EXPECT_THAT(problems(log), ElementsAre("failed s/file", "failed s/folder"));
  EXPECT_EQ(log.all_problems.front().message, "Permission denied");
}

TEST_F(WalkerTest, WhatIsGoneWhenItsTurnComesIsVanished) {
  tree_.file("s/a");
  tree_.file("s/b");
  tree_.file("s/c/d");
  WalkLog log(options());
  log.run_to("s/a");
  tree_.remove("s/b");
  tree_.remove("s/c");
  log.run();
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/a"));
  EXPECT_THAT(problems(log), ElementsAre("vanished s/b", "vanished s/c"));
}

TEST_F(WalkerTest, AFolderReplacedByASymbolicLinkIsNotEntered) {
  tree_.file("outside/secret", "x");
  tree_.file("s/a");
  tree_.file("s/b/c");
  WalkLog log(options());
  log.run_to("s/a");
  tree_.remove("s/b");
  tree_.symlink("s/b", "../outside");
  log.run();
  EXPECT_THAT(log.paths(), ElementsAre("s", "s/a"));
  EXPECT_THAT(problems(log), ElementsAre("failed s/b"));
}

TEST_F(WalkerTest, WalksTreesDeeperThanAPathMayBeLong) {
  const int kDepth = 8'000;  // components of one byte: 16,000 bytes
  tree_.folder("s");
  const int top = ::open(tree_.path("s").c_str(), O_RDONLY | O_DIRECTORY);
  int folder = top;
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(folder, "d", 0755), 0);
    const int below = ::openat(folder, "d", O_RDONLY | O_DIRECTORY);
    ASSERT_GE(below, 0);
    ::close(folder);
    folder = below;
  }
  ::close(::openat(folder, "bottom", O_WRONLY | O_CREAT, 0644));
  ::close(folder);
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_EQ(log.entries.size(), kDepth + 2U);
  EXPECT_TRUE(log.entries.back().entry.path.ends_with("/d/d/bottom"));
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(WalkerTest, APathAboveTheLimitIsReported) {
  const std::string name(250, 'n');
  tree_.folder("s");
  int folder = ::open(tree_.path("s").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(::mkdirat(folder, name.c_str(), 0755), 0);
    const int below = ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(folder);
    folder = below;
  }
  ::close(folder);
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_EQ(log.entries.size(), 1 + (kPathBytesMax - 1) / 251);
  ASSERT_EQ(log.all_problems.size(), 1U);
  EXPECT_THAT(log.all_problems[0].message, HasSubstr(std::to_string(kPathBytesMax)));
}

TEST_F(WalkerTest, FindsItsWayBackWhenAFolderIsMovedMeanwhile) {
  std::string path = "s";
  for (int i = 0; i < 60; ++i) {
    path += "/d" + std::to_string(i);
    tree_.file(path + "/z", std::to_string(i));  // after the folder in byte order
  }
  WalkLog log(options());
  log.run_to(path + "/z");
  tree_.rename("s/d0/d1/d2/d3/d4/d5", "elsewhere");
  log.run();
  int seen = 0;
  for (const WalkedEntry& entry : log.entries) {
    if (entry.entry.metadata.type != EntryType::kFile) continue;
    const std::string& found = entry.entry.path;
    const std::size_t last_d = found.rfind("/d") + 2;
    EXPECT_EQ(entry.content, found.substr(last_d, found.size() - last_d - 2));
    ++seen;
  }
  EXPECT_EQ(seen, 60);
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(WalkerTest, NeverGoesOnInAnotherFolderUnderAnOldName) {
  std::string path = "s";
  for (int i = 0; i < 60; ++i) {
    path += "/d";
    tree_.file(path + "/z", "true");
  }
  WalkLog log(options());
  log.run_to(path + "/z");
  tree_.rename("s/d/d/d/d", "kept");    // what is walked now lives on elsewhere,
  tree_.rename("s/d/d", "aside");       // its parents too,
  tree_.file("s/d/d/d/z", "impostor");  // and others have their names
  log.run();
  for (const WalkedEntry& entry : log.entries) EXPECT_NE(entry.content, "impostor");
  EXPECT_EQ(log.at("s/d/z").content, "true");
  EXPECT_THAT(problems(log), ElementsAre("failed s/d/d/d", "failed s/d/d"));
}

TEST_F(WalkerTest, StaysOnOneFileSystemIfAsked) {
  tree_.file("s/a");
  tree_.folder("s/mount");
  tree_.file("s/z");
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, "") != 0 ||
        ::mount("tmpfs", tree_.path("s/mount").c_str(), "tmpfs", 0, "") != 0) {
      ::_exit(77);
    }
    tree_.file("s/mount/inside");
    WalkOptions one = options();
    const std::size_t all = WalkLog(one).run().entries.size();
    one.one_file_system = true;
    const WalkLog log = std::move(WalkLog(one).run());
    const bool right = all == 5 && log.count("s/mount") == 1 && log.count("s/mount/inside") == 0 &&
                       log.count("s/z") == 1 &&
                       problems(log) == std::vector<std::string>{"note s/mount"};
    ::_exit(right ? 0 : 1);
  }
  int result = 0;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  if (WEXITSTATUS(result) == 77) GTEST_SKIP() << "this needs the right to mount";
  EXPECT_EQ(result, 0);
}

TEST_F(WalkerTest, AFolderOfManyFilesIsGivenWhole) {
  const int kCount = 20'000;
  tree_.folder("s");
  const int folder = ::open(tree_.path("s").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < kCount; ++i) {
    ::close(::openat(folder, std::to_string(i).c_str(), O_WRONLY | O_CREAT, 0644));
  }
  ::close(folder);
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_EQ(log.entries.size(), kCount + 1U);
}

}  // namespace
}  // namespace letterpress::files::test
