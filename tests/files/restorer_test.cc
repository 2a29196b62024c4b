// SPDX-License-Identifier: Apache-2.0
#include "files/restorer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "files/temp_tree.h"

namespace letterpress::files::test {
namespace {

using stream::Entry;
using stream::EntryType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Entry entry_of(EntryType type, std::string path, std::uint32_t mode, std::string target = {}) {
  Entry entry;
  entry.path = std::move(path);
  entry.metadata.type = type;
  entry.metadata.mode = mode;
  entry.metadata.user_id = ::geteuid();
  entry.metadata.group_id = ::getegid();
  entry.metadata.mtime_ns = 1'500'000'000'123'456'789;
  entry.metadata.target = std::move(target);
  return entry;
}

class RestorerTest : public testing::Test {
 protected:
  void SetUp() override { tree_.folder("to"); }
  Restorer& open(bool into = false) {
    auto opened = Restorer::open(tree_.path("to"), {.into = into});
    EXPECT_TRUE(opened) << opened.error().message();
    restorer_ = *std::move(opened);
    return *restorer_;
  }
  static Status put(Restorer& restorer, const Entry& entry, std::string_view content) {
    LETTERPRESS_TRY_ASSIGN(RestoredFile file, restorer.create(entry));
    LETTERPRESS_TRY(file.write(as_bytes(content)));
    return file.finish();
  }
  static Status put(Restorer& restorer, const std::string& path, std::string_view content) {
    return put(restorer, entry_of(EntryType::kFile, path, 0644), content);
  }
  static std::string error_of(const Status& status) {
    return status ? std::string() : status.error().message();
  }
  std::vector<stream::Problem> finish() {
    auto problems = restorer_->finish();
    EXPECT_TRUE(problems);
    return *std::move(problems);
  }
  std::vector<std::string> names(std::string_view below) {
    std::vector<std::string> result;
    for (const auto& found : std::filesystem::directory_iterator(tree_.path(below))) {
      result.push_back(found.path().filename().native());
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  TempTree tree_;
  std::unique_ptr<Restorer> restorer_;
};

TEST_F(RestorerTest, MakesFilesWithModeAndTime) {
  Restorer& restorer = open();
  const std::string name = "a\n\xff" + std::string(200, 'x');
  EXPECT_EQ(error_of(put(restorer, entry_of(EntryType::kFile, name, 04751), "hello")), "");
  Entry old = entry_of(EntryType::kFile, "old", 0);
  old.metadata.mtime_ns = -1;
  EXPECT_EQ(error_of(put(restorer, old, "")), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.read("to/" + name), "hello");
  const struct stat status = tree_.status("to/" + name);
  EXPECT_EQ(status.st_mode, S_IFREG | 04751U);
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'500'000'000);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123'456'789);
  EXPECT_EQ(tree_.status("to/old").st_mtim.tv_sec, -1);
  EXPECT_EQ(tree_.status("to/old").st_mtim.tv_nsec, 999'999'999);
  EXPECT_EQ(tree_.status("to/old").st_mode, S_IFREG | 0U);
}

TEST_F(RestorerTest, MakesTheDestinationIfItIsAbsent) {
  auto restorer = Restorer::open(tree_.path("to/x/y"), {});
  ASSERT_TRUE(restorer);
  EXPECT_EQ(error_of(put(**restorer, "a", "1")), "");
  EXPECT_EQ(tree_.read("to/x/y/a"), "1");
}

TEST_F(RestorerTest, RefusesADestinationWithContents) {
  tree_.file("to/there");
  const auto restorer = Restorer::open(tree_.path("to"), {});
  ASSERT_FALSE(restorer);
  EXPECT_EQ(restorer.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(restorer.error().message(), HasSubstr("is not empty"));
  EXPECT_FALSE(Restorer::open(tree_.path("to/there"), {}));
}

TEST_F(RestorerTest, ReadOnlyFoldersTakeTheirContentsAndKeepTheirTimes) {
  const WithoutRoot user(tree_);
  Restorer& restorer = open();
  Entry top = entry_of(EntryType::kFolder, "f", 0555);
  Entry below = entry_of(EntryType::kFolder, "f/g", 0500);
  below.metadata.mtime_ns = 7'000'000'008;
  EXPECT_EQ(error_of(restorer.make(top)), "");
  EXPECT_EQ(error_of(restorer.make(below)), "");
  EXPECT_EQ(error_of(put(restorer, "f/g/a", "1")), "");
  EXPECT_EQ(error_of(put(restorer, "f/b", "2")), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.status("to/f").st_mode, S_IFDIR | 0555U);
  EXPECT_EQ(tree_.status("to/f/g").st_mode, S_IFDIR | 0500U);
  EXPECT_EQ(tree_.status("to/f/g").st_mtim.tv_sec, 7);
  EXPECT_EQ(tree_.status("to/f/g").st_mtim.tv_nsec, 8);
  EXPECT_EQ(tree_.read("to/f/g/a"), "1");
}

TEST_F(RestorerTest, NothingIsReadableForOthersMeanwhile) {
  Restorer& restorer = open();
  ASSERT_TRUE(restorer.make(entry_of(EntryType::kFolder, "f", 0755)));
  auto file = restorer.create(entry_of(EntryType::kFile, "f/a", 0644));
  ASSERT_TRUE(file);
  EXPECT_EQ(tree_.status("to/f").st_mode & 077U, 0U);
  EXPECT_EQ(tree_.status("to/f/a").st_mode & 077U, 0U);
}

TEST_F(RestorerTest, EntriesMayComeInAnyOrder) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "z/link", 0, "a/b/file"))), "");
  EXPECT_EQ(error_of(put(restorer, "a/b/file", "x")), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, "a/b", 0711))), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, "a", 0722))), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.status("to/a").st_mode, S_IFDIR | 0722U);
  EXPECT_EQ(tree_.status("to/a/b").st_mode, S_IFDIR | 0711U);
  EXPECT_EQ(tree_.status("to/z/link").st_ino, tree_.status("to/a/b/file").st_ino);
}

TEST_F(RestorerTest, RefusesPathsThatLeaveTheDestination) {
  Restorer& restorer = open();
  for (const std::string path :
       {"../x", "/etc/x", "a/../../x", "a//x", "", ".", "a/", "a/./x", "..", "a/.."}) {
    EXPECT_THAT(error_of(put(restorer, path, "x")), HasSubstr("not restored")) << path;
    EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, path, 0755))) << path;
    EXPECT_FALSE(restorer.make(entry_of(EntryType::kSymlink, path, 0777, "t"))) << path;
    EXPECT_FALSE(restorer.make(entry_of(EntryType::kHardLink, path, 0, "t"))) << path;
    EXPECT_FALSE(restorer.make(entry_of(EntryType::kHardLink, "l", 0, path))) << path;
    EXPECT_FALSE(restorer.rename("a", path)) << path;
    EXPECT_FALSE(restorer.rename(path, "a")) << path;
  }
  EXPECT_FALSE(put(restorer, std::string("a\0b", 3), "x"));
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_THAT(names("to"), IsEmpty());
  EXPECT_THAT(names("."), ElementsAre("to"));
}

TEST_F(RestorerTest, NeverWritesThroughASymbolicLinkOfTheInput) {
  tree_.folder("outside");
  Restorer& restorer = open();
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kSymlink, "a", 0777, "../outside"))), "");
  EXPECT_FALSE(put(restorer, "a/x", "x"));
  EXPECT_FALSE(put(restorer, "a", "x"));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, "a", 0700)));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, "a/f", 0700)));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kSymlink, "a/l", 0777, "x")));
  EXPECT_EQ(error_of(put(restorer, "b", "x")), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "a/h", 0, "b"))), "");
  EXPECT_EQ(error_of(restorer.rename("b", "a/b")), "");
  EXPECT_EQ(finish().size(), 2U);
  EXPECT_THAT(names("outside"), IsEmpty());
  EXPECT_EQ(std::filesystem::read_symlink(tree_.path("to/a")), "../outside");
}

TEST_F(RestorerTest, NeverFollowsASymbolicLinkThatWasThere) {
  tree_.folder("outside");
  tree_.symlink("to/a", "../outside");
  tree_.symlink("to/b", "../outside/new");
  Restorer& restorer = open(true);
  EXPECT_FALSE(put(restorer, "a/x", "x"));
  EXPECT_FALSE(put(restorer, "b", "x"));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, "a", 0700)));
  finish();
  EXPECT_THAT(names("outside"), IsEmpty());
}

TEST_F(RestorerTest, AFolderReplacedByALinkMeanwhileLeadsNowhere) {
  tree_.folder("outside");
  Restorer& restorer = open();
  EXPECT_EQ(error_of(put(restorer, "f/g/one", "1")), "");
  tree_.rename("to/f/g", "aside");
  tree_.symlink("to/f/g", "../../outside");
  EXPECT_EQ(error_of(put(restorer, "f/g/two", "2")), "");  // into the folder that it had opened
  finish();
  EXPECT_THAT(names("outside"), IsEmpty());
}

TEST_F(RestorerTest, NeverOverwritesWhatExists) {
  tree_.file("to/file", "mine");
  tree_.file("to/dovecot-uidlist", "mine");
  tree_.folder("to/folder", 0701);
  tree_.set_mtime("to/folder", 5, 6);
  Restorer& restorer = open(true);
  EXPECT_THAT(error_of(put(restorer, "file", "theirs")),
              HasSubstr(tree_.path("to/file") + ": exists already"));
  EXPECT_THAT(error_of(put(restorer, "dovecot-uidlist", "theirs")), HasSubstr("exists already"));
  EXPECT_FALSE(put(restorer, "folder", "theirs"));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kSymlink, "file", 0777, "x")));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, "file", 0777)));
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, "folder", 0777))), "");
  EXPECT_EQ(error_of(put(restorer, "folder/new", "new")), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.read("to/file"), "mine");
  EXPECT_EQ(tree_.read("to/dovecot-uidlist"), "mine");
  EXPECT_EQ(tree_.status("to/folder").st_mode, S_IFDIR | 0701U);
  EXPECT_THAT(names("to"), ElementsAre("dovecot-uidlist", "file", "folder"));
}

TEST_F(RestorerTest, AnEntryThatComesTwiceIsAnError) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(put(restorer, "a", "first")), "");
  EXPECT_FALSE(put(restorer, "a", "second"));
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, "f", 0700))), "");
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kFolder, "f", 0700)));
  EXPECT_EQ(tree_.read("to/a"), "first");
}

TEST_F(RestorerTest, NeverLinksOrRenamesWhatItDidNotMake) {
  tree_.file("to/mine", "mine");
  Restorer& restorer = open(true);
  EXPECT_FALSE(put(restorer, "mine", "theirs"));
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "link", 0, "mine"))), "");
  EXPECT_EQ(error_of(restorer.rename("mine", "moved")), "");
  const std::vector<stream::Problem> problems = finish();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].severity, stream::Problem::Severity::kFailed);
  EXPECT_THAT(names("to"), ElementsAre("mine"));
  EXPECT_EQ(tree_.status("to/mine").st_nlink, 1U);
}

TEST_F(RestorerTest, AHardLinkNeedsARestoredFile) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kSymlink, "s", 0777, "/etc/passwd"))), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "a", 0, "absent"))), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "b", 0, "s"))), "");
  EXPECT_EQ(finish().size(), 2U);
  EXPECT_THAT(names("to"), ElementsAre("s"));
}

TEST_F(RestorerTest, MovedFilesGetTheirLastNameAndLinksFollow) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(put(restorer, "m/new/1", "x")), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "m/cur/9", 0, "m/new/1"))), "");
  EXPECT_EQ(error_of(restorer.rename("m/new/1", "m/cur/1:2,")), "");
  EXPECT_EQ(error_of(restorer.rename("m/cur/1:2,", "m/cur/1:2,S")), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_THAT(names("to/m/cur"), ElementsAre("1:2,S", "9"));
  EXPECT_THAT(names("to/m/new"), IsEmpty());
  EXPECT_EQ(tree_.status("to/m/cur/9").st_ino, tree_.status("to/m/cur/1:2,S").st_ino);
}

TEST_F(RestorerTest, ARenameNeverOverwrites) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(put(restorer, "a", "a")), "");
  EXPECT_EQ(error_of(put(restorer, "b", "b")), "");
  EXPECT_EQ(error_of(restorer.rename("a", "b")), "");
  EXPECT_EQ(finish().size(), 1U);
  EXPECT_EQ(tree_.read("to/b"), "b");
}

TEST_F(RestorerTest, TheListOfUidsAppearsLast) {
  Restorer& restorer = open();
  EXPECT_EQ(error_of(put(restorer, "m/dovecot-uidlist", "uids")), "");
  EXPECT_EQ(error_of(put(restorer, "m/cur/1", "mail")), "");
  EXPECT_EQ(error_of(put(restorer, "dovecot-uidlist", "top")), "");
  EXPECT_FALSE(tree_.exists("to/m/dovecot-uidlist"));
  EXPECT_FALSE(tree_.exists("to/dovecot-uidlist"));
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_THAT(names("to/m"), ElementsAre("cur", "dovecot-uidlist"));
  EXPECT_EQ(tree_.read("to/m/dovecot-uidlist"), "uids");
  EXPECT_EQ(tree_.read("to/dovecot-uidlist"), "top");
  EXPECT_EQ(tree_.status("to/m/dovecot-uidlist").st_mtim.tv_nsec, 123'456'789);
}

TEST_F(RestorerTest, AnAbandonedFileIsRemoved) {
  Restorer& restorer = open();
  for (const char* name : {"a", "m/dovecot-uidlist"}) {
    auto file = restorer.create(entry_of(EntryType::kFile, name, 0644));
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->write(as_bytes("half")));
    EXPECT_TRUE(file->abandon());
  }
  { auto dropped = restorer.create(entry_of(EntryType::kFile, "b", 0644)); }
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_THAT(names("to"), ElementsAre("m"));
  EXPECT_THAT(names("to/m"), IsEmpty());
}

class ResumedRestoreTest : public RestorerTest {
 protected:
  Restorer& resume() {
    auto opened = Restorer::open(tree_.path("to"), {.resume = true});
    EXPECT_TRUE(opened) << opened.error().message();
    restorer_ = *std::move(opened);
    return *restorer_;
  }
  static bool is_there(Restorer& restorer, const Entry& entry, std::uint64_t size_bytes) {
    const Result<bool> there = restorer.is_there(entry, size_bytes);
    EXPECT_TRUE(there) << there.error().message();
    return there && *there;
  }
  const Entry file_ = entry_of(EntryType::kFile, "f/file", 0640);
};

TEST_F(ResumedRestoreTest, WhatIsWholeStays) {
  ASSERT_EQ(error_of(put(open(), file_, "hello")), "");
  const ino_t inode = tree_.status("to/f/file").st_ino;
  Restorer& restorer = resume();
  EXPECT_TRUE(is_there(restorer, file_, 5));
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "link", 0, "f/file"))), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.status("to/f/file").st_ino, inode);
  EXPECT_EQ(tree_.status("to/link").st_ino, inode);
}

TEST_F(ResumedRestoreTest, WhatIsCutShortIsMadeAgain) {
  {
    auto half = open().create(file_);
    ASSERT_TRUE(half && half->write(as_bytes("hel")));
    // As it lies there when the program is killed.
    tree_.hard_link("to/f/kept", "to/f/file");
  }
  tree_.rename("to/f/kept", "to/f/file");
  Restorer& restorer = resume();
  EXPECT_FALSE(is_there(restorer, file_, 5));
  EXPECT_EQ(error_of(put(restorer, file_, "hello")), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.read("to/f/file"), "hello");
  EXPECT_EQ(tree_.status("to/f/file").st_mode, S_IFREG | 0640U);
}

TEST_F(ResumedRestoreTest, WhatOthersWroteIsNotTouched) {
  tree_.file("to/f/file", "mine!", 0640);
  tree_.symlink("to/link", "mine");
  tree_.file("to/other", "mine");
  Restorer& restorer = resume();
  EXPECT_FALSE(is_there(restorer, file_, 5));
  EXPECT_THAT(error_of(put(restorer, file_, "their")), HasSubstr("exists already"));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kSymlink, "link", 0777, "min")));
  EXPECT_FALSE(restorer.make(entry_of(EntryType::kSymlink, "link", 0777, "mine2")));
  EXPECT_EQ(error_of(put(restorer, "a", "a")), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kHardLink, "other", 0, "a"))), "");
  EXPECT_EQ(finish().size(), 1U);
  EXPECT_EQ(tree_.read("to/f/file"), "mine!");
  EXPECT_EQ(tree_.read("to/other"), "mine");
}

TEST_F(ResumedRestoreTest, FoldersLinksAndListsOfUidsAreTakenUp) {
  const Entry folder = entry_of(EntryType::kFolder, "m", 0750);
  const Entry list = entry_of(EntryType::kFile, "m/dovecot-uidlist", 0600);
  const std::vector<Entry> links = {entry_of(EntryType::kSymlink, "m/s", 0777, "there"),
                                    entry_of(EntryType::kHardLink, "m/2", 0, "m/1")};
  for (const bool is_second : {false, true}) {
    Restorer& restorer = is_second ? resume() : open();
    EXPECT_EQ(error_of(restorer.make(folder)), "");
    const Entry mail = entry_of(EntryType::kFile, "m/1", 0600);
    EXPECT_EQ(is_there(restorer, mail, 1), is_second);
    if (!is_second) {
      EXPECT_EQ(error_of(put(restorer, mail, "1")), "");
    }
    EXPECT_FALSE(is_there(restorer, list, 4));
    EXPECT_EQ(error_of(put(restorer, list, "uids")), "");
    for (const Entry& link : links) EXPECT_EQ(error_of(restorer.make(link)), "");
    // The first one is interrupted before its end.
    if (is_second) {
      EXPECT_THAT(finish(), IsEmpty());
    } else {
      tree_.hard_link("to/m/2", "to/m/1");
    }
  }
  EXPECT_THAT(names("to/m"), ElementsAre("1", "2", "dovecot-uidlist", "s"));
  EXPECT_EQ(tree_.read("to/m/dovecot-uidlist"), "uids");
  EXPECT_EQ(tree_.status("to/m").st_mode, S_IFDIR | 0750U);
  EXPECT_EQ(tree_.status("to/m").st_mtim.tv_nsec, 123'456'789);
}

TEST_F(RestorerTest, RootGivesFilesTheirOwners) {
  if (::geteuid() != 0) GTEST_SKIP() << "this needs root";
  Restorer& restorer = open();
  Entry file = entry_of(EntryType::kFile, "f", 06755);
  Entry folder = entry_of(EntryType::kFolder, "d", 02755);
  Entry link = entry_of(EntryType::kSymlink, "l", 0777, "f");
  for (Entry* entry : {&file, &folder, &link}) {
    entry->metadata.user_id = 1234;
    entry->metadata.group_id = 4321;
  }
  EXPECT_EQ(error_of(put(restorer, file, "x")), "");
  EXPECT_EQ(error_of(restorer.make(folder)), "");
  EXPECT_EQ(error_of(restorer.make(link)), "");
  EXPECT_THAT(finish(), IsEmpty());
  for (const char* name : {"to/f", "to/d", "to/l"}) {
    EXPECT_EQ(tree_.status(name).st_uid, 1234U) << name;
    EXPECT_EQ(tree_.status(name).st_gid, 4321U) << name;
    EXPECT_EQ(tree_.status(name).st_mtim.tv_nsec, 123'456'789) << name;
  }
  EXPECT_EQ(tree_.status("to/f").st_mode, S_IFREG | 06755U);
  EXPECT_EQ(tree_.status("to/d").st_mode, S_IFDIR | 02755U);
}

TEST_F(RestorerTest, OthersGetOneNoteAndNoBorrowedRights) {
  const WithoutRoot user(tree_);
  Restorer& restorer = open();
  Entry file = entry_of(EntryType::kFile, "f", 06755);
  file.metadata.user_id = 1234;
  EXPECT_EQ(error_of(put(restorer, file, "x")), "");
  EXPECT_EQ(error_of(put(restorer, entry_of(EntryType::kFile, "own", 06755), "x")), "");
  file.path = "g";
  EXPECT_EQ(error_of(put(restorer, file, "x")), "");
  const std::vector<stream::Problem> problems = finish();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].severity, stream::Problem::Severity::kNote);
  EXPECT_EQ(tree_.status("to/f").st_mode, S_IFREG | 0755U);
  EXPECT_EQ(tree_.status("to/own").st_mode, S_IFREG | 06755U);
}

TEST_F(RestorerTest, TheGroupOfASetGidFolderIsNotInherited) {
  if (::geteuid() != 0) GTEST_SKIP() << "this needs root";
  tree_.folder("to/shared");
  ASSERT_EQ(::chown(tree_.path("to/shared").c_str(), 0, 4321), 0);
  ASSERT_EQ(::chmod(tree_.path("to/shared").c_str(), 02775), 0);
  Restorer& restorer = open(true);
  EXPECT_EQ(error_of(put(restorer, "shared/f", "x")), "");
  EXPECT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, "shared/d", 0755))), "");
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.status("to/shared/f").st_gid, 0U);
  EXPECT_EQ(tree_.status("to/shared/d").st_gid, 0U);
  EXPECT_EQ(tree_.status("to/shared/d").st_mode, S_IFDIR | 0755U);
}

TEST_F(RestorerTest, MakesTreesDeeperThanAPathMayBeLong) {
  Restorer& restorer = open();
  std::string path;
  const int kDepth = 2'500;
  for (int i = 0; i < kDepth; ++i) {
    path += path.empty() ? "d" : "/d";
    ASSERT_EQ(error_of(restorer.make(entry_of(EntryType::kFolder, path, 0755))), "");
  }
  EXPECT_EQ(error_of(put(restorer, path + "/bottom", "deep")), "");
  EXPECT_THAT(finish(), IsEmpty());
  int folder = ::open(tree_.path("to").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < kDepth; ++i) {
    const int below = ::openat(folder, "d", O_RDONLY | O_DIRECTORY);
    ASSERT_GE(below, 0);
    ::close(folder);
    folder = below;
  }
  struct stat status {};
  EXPECT_EQ(::fstatat(folder, "bottom", &status, 0), 0);
  EXPECT_EQ(status.st_size, 4);
  ASSERT_EQ(::fstat(folder, &status), 0);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123'456'789);
  ::close(folder);
}

TEST_F(RestorerTest, FilesAreFinishedByOtherThreads) {
  Restorer& restorer = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    const std::string path = "f" + std::to_string(i % 7) + "/" + std::to_string(i);
    auto file = restorer.create(entry_of(EntryType::kFile, path, 0640));
    ASSERT_TRUE(file);
    threads.emplace_back([moved = *std::move(file), path]() mutable {
      EXPECT_TRUE(moved.write(as_bytes(path)));
      EXPECT_TRUE(moved.finish());
    });
    if (threads.size() == 8) {
      for (std::thread& thread : threads) thread.join();
      threads.clear();
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(finish(), IsEmpty());
  EXPECT_EQ(tree_.read("to/f3/3"), "f3/3");
}

}  // namespace
}  // namespace letterpress::files::test
