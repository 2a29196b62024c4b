// SPDX-License-Identifier: Apache-2.0
// A Maildir under the eyes of a walk. A Walker works only inside next(), so what a mail server does
// between two calls is done here at exactly that moment.
#include "files/maildir_walk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "files/temp_tree.h"
#include "files/walk_log.h"

namespace letterpress::files::test {
namespace {

using stream::EntryType;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

class MaildirWalkTest : public testing::Test {
 protected:
  MaildirWalkTest() { tree_.maildir("m"); }
  WalkOptions options() const { return {.sources = {{"m", tree_.path("m")}}}; }
  std::vector<std::string> problems(const WalkLog& log) const {
    return log.problems(tree_.root().size() + 1);
  }
  // How many files were given whose content is this.
  static int count_content(const WalkLog& log, std::string_view content) {
    int count = 0;
    for (const WalkedEntry& entry : log.entries) count += entry.content == content ? 1 : 0;
    return count;
  }
  TempTree tree_;
};

TEST_F(MaildirWalkTest, GivesMailsThenFilesThenFoldersAndUidlistsLast) {
  for (const char* name :
       {"m/cur/2:2,S", "m/cur/1:2,", "m/new/9", "m/new/3", "m/tmp/8", "m/subscriptions",
        "m/dovecot-uidlist", "m/dovecot-keywords", "m/maildirsize", "m/dovecot.index.log",
        "m/dovecot.index", "m/zfile", "m/.Sent/cur/5:2,S", "m/.Sent/dovecot-uidlist",
        "m/.Sent/maildirfolder", "m/other/file"}) {
    tree_.file(name);
  }
  tree_.maildir("m/.Sent");
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(
      log.paths(),
      ElementsAre("m", "m/cur", "m/new", "m/tmp", "m/new/3", "m/new/9", "m/cur/1:2,", "m/cur/2:2,S",
                  "m/dovecot-keywords", "m/dovecot.index", "m/dovecot.index.log", "m/maildirsize",
                  "m/zfile", "m/.Sent", "m/.Sent/cur", "m/.Sent/new", "m/.Sent/tmp",
                  "m/.Sent/cur/5:2,S", "m/.Sent/maildirfolder", "m/other", "m/other/file",
                  "m/subscriptions", "m/dovecot-uidlist", "m/.Sent/dovecot-uidlist"));
  EXPECT_THAT(log.all_problems, IsEmpty());
  EXPECT_THAT(log.moves, IsEmpty());
}

TEST_F(MaildirWalkTest, LeavesOutWhatTheServerMakesAgain) {
  for (const char* name : {"m/tmp/8", "m/dovecot.index.cache", "m/dovecot.list.index",
                           "m/dovecot.list.index.log", "m/dovecot-uidlist.lock", "m/x.lock",
                           "m/dovecot-uidlist.tmp", "m/dovecot.index.log.newlock", "m/kept"}) {
    tree_.file(name);
  }
  EXPECT_THAT(WalkLog(options()).run().paths(),
              ElementsAre("m", "m/cur", "m/new", "m/tmp", "m/kept"));
  WalkOptions all = options();
  all.all_files = true;
  const WalkLog log = std::move(WalkLog(all).run());
  EXPECT_EQ(log.entries.size(), 4U + 9U);
  EXPECT_EQ(log.count("m/tmp"), 1);
  EXPECT_EQ(log.count("m/tmp/8"), 1);
}

TEST_F(MaildirWalkTest, AFlagSetBeforeAMailIsReadHidesNothing) {
  for (const char* name : {"m/cur/1:2,", "m/cur/2:2,", "m/cur/3:2,"}) tree_.file(name, name);
  WalkLog log(options());
  log.run_to("m/cur/1:2,");
  tree_.rename("m/cur/2:2,", "m/cur/2:2,S");
  tree_.rename("m/cur/3:2,", "m/cur/3:2,FS");
  log.run();
  EXPECT_EQ(log.at("m/cur/2:2,S").content, "m/cur/2:2,");
  EXPECT_EQ(log.at("m/cur/3:2,FS").content, "m/cur/3:2,");
  EXPECT_EQ(log.entries.size(), 4U + 3U);
  EXPECT_THAT(log.all_problems, IsEmpty());
  EXPECT_THAT(log.moves, IsEmpty());
}

TEST_F(MaildirWalkTest, AMailThatWasGivenOutAndGotAnotherNameIsMoved) {
  for (const char* name : {"m/new/1", "m/cur/2:2,", "m/cur/3:2,", "m/cur/4:2,"})
    tree_.file(name, name);
  WalkLog log(options());
  log.run_to("m/cur/4:2,");
  tree_.rename("m/new/1", "m/cur/1:2,");
  tree_.rename("m/cur/2:2,", "m/cur/2:2,S");
  tree_.rename("m/cur/2:2,S", "m/cur/2:2,RS");
  log.run();
  EXPECT_THAT(log.moved(),
              ElementsAre(Pair("m/cur/2:2,", "m/cur/2:2,RS"), Pair("m/new/1", "m/cur/1:2,")));
  EXPECT_EQ(log.entries.size(), 4U + 4U);
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(MaildirWalkTest, OnlyTheLastNameCountsAndAMailThatCameBackIsNotMoved) {
  for (const char* name : {"m/cur/1:2,", "m/cur/2:2,", "m/cur/9:2,"}) tree_.file(name, name);
  WalkLog log(options());
  log.run_to("m/cur/2:2,");
  tree_.rename("m/cur/1:2,", "m/cur/1:2,S");
  tree_.rename("m/cur/2:2,", "m/cur/2:2,S");
  tree_.rename("m/cur/9:2,", "m/cur/9:2,S");  // makes a further pass
  log.run_to("m/cur/9:2,S");
  tree_.rename("m/cur/1:2,S", "m/cur/1:2,");
  tree_.rename("m/cur/2:2,S", "m/cur/2:2,T");
  log.run();
  EXPECT_THAT(log.moved(), ElementsAre(Pair("m/cur/2:2,", "m/cur/2:2,T")));
}

TEST_F(MaildirWalkTest, MailDeliveredMeanwhileIsTaken) {
  tree_.file("m/cur/5:2,", "5");
  WalkLog log(options());
  log.run_to("m/cur/5:2,");
  tree_.file("m/new/1", "1");
  log.run_to("m/new/1");
  tree_.file("m/new/2", "2");
  log.run();
  EXPECT_EQ(log.count("m/new/2"), 1);
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(MaildirWalkTest, RemovedBeforeItWasReadIsVanishedIfItWasThereAtFirst) {
  for (const char* name : {"m/cur/1:2,", "m/cur/2:2,", "m/cur/3:2,"}) tree_.file(name, name);
  WalkLog log(options());
  log.run_to("m/cur/1:2,");
  tree_.remove("m/cur/1:2,");  // was read
  tree_.remove("m/cur/3:2,");
  tree_.file("m/new/4");
  tree_.file("m/new/5");
  log.run_to("m/new/4");
  tree_.remove("m/new/5");  // came and went
  log.run();
  EXPECT_THAT(log.paths(),
              ElementsAre("m", "m/cur", "m/new", "m/tmp", "m/cur/1:2,", "m/cur/2:2,", "m/new/4"));
  EXPECT_THAT(problems(log), ElementsAre("vanished m/cur/3:2,"));
}

TEST_F(MaildirWalkTest, FilesWithOneBaseNameAreAllTaken) {
  tree_.file("m/cur/1:2,", "one");
  tree_.file("m/cur/1:2,S", "two");  // as rsync without --delete leaves them
  tree_.file("m/new/1", "three");
  WalkLog log(options());
  log.run();
  EXPECT_EQ(log.at("m/cur/1:2,").content, "one");
  EXPECT_EQ(log.at("m/cur/1:2,S").content, "two");
  EXPECT_EQ(log.at("m/new/1").content, "three");
  EXPECT_THAT(log.moves, IsEmpty());
}

TEST_F(MaildirWalkTest, FilesWithOneBaseNameAreToldApartWhenTheyMove) {
  tree_.file("m/cur/0:2,", "zero");
  tree_.file("m/cur/1:2,", "one");
  tree_.file("m/cur/1:2,S", "two");
  WalkLog log(options());
  log.run_to("m/cur/1:2,");
  tree_.rename("m/cur/1:2,", "m/cur/1:2,F");
  tree_.rename("m/cur/1:2,S", "m/cur/1:2,T");
  log.run();
  EXPECT_EQ(count_content(log, "one"), 1);
  EXPECT_EQ(count_content(log, "two"), 1);
  EXPECT_EQ(log.at("m/cur/1:2,T").content, "two");
  EXPECT_THAT(log.moved(), ElementsAre(Pair("m/cur/1:2,", "m/cur/1:2,F")));
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(MaildirWalkTest, FurtherNamesComeAfterTheMovesAndNameTheLastPath) {
  tree_.file("m/cur/1:2,", "x");
  tree_.hard_link("m/cur/2:2,", "m/cur/1:2,");
  tree_.hard_link("m/cur/1:2,F", "m/cur/1:2,");  // of one base name too
  tree_.hard_link("m/.Sent/cur/3:2,", "m/cur/1:2,");
  tree_.maildir("m/.Sent");
  tree_.file("m/cur/9:2,");
  WalkLog log(options());
  log.run_to("m/cur/9:2,");
  tree_.rename("m/cur/1:2,", "m/cur/1:2,S");
  log.run();
  EXPECT_EQ(count_content(log, "x"), 1);
  EXPECT_THAT(log.moved(), ElementsAre(Pair("m/cur/1:2,", "m/cur/1:2,S")));
  for (const char* link : {"m/cur/2:2,", "m/cur/1:2,F", "m/.Sent/cur/3:2,"}) {
    EXPECT_EQ(log.at(link).entry.metadata.type, EntryType::kHardLink) << link;
    EXPECT_EQ(log.at(link).entry.metadata.target, "m/cur/1:2,S") << link;
  }
}

// The system gives the inode of a mail that was expunged to the next new file: told from it by size
// and time. Here it is one file all the time, with another content when its second name comes.
TEST_F(MaildirWalkTest, AnotherMailWithTheInodeOfOneThatIsGoneIsNoFurtherName) {
  tree_.file("m/cur/1:2,", "Anna's secret");
  tree_.hard_link("m/cur/9:2,", "m/cur/1:2,");
  tree_.file("m/cur/5:2,");
  WalkLog log(options());
  log.run_to("m/cur/5:2,");
  tree_.file("m/cur/9:2,", "of Zoe's");
  log.run();
  const std::string first = log.at("m/cur/1:2,").content;
  const std::string second = log.at("m/cur/9:2,").content;
  EXPECT_EQ(log.at("m/cur/9:2,").entry.metadata.type, EntryType::kFile);
  EXPECT_EQ(log.at("m/cur/1:2,").entry.metadata.type, EntryType::kFile);
  EXPECT_EQ(second, "of Zoe's");
  EXPECT_EQ(first, "Anna's secret");
}

TEST_F(MaildirWalkTest, ListsOfUidsAreReadAfterTheMailsInTheirLastVersion) {
  tree_.file("m/cur/1:2,");
  tree_.file("m/dovecot-uidlist", "old");
  tree_.file("m/subscriptions", "old");
  tree_.maildir("m/.Sent");
  tree_.file("m/.Sent/cur/2:2,");
  WalkLog log(options());
  log.run_to("m/cur/1:2,");
  tree_.file("m/uidlist.new", "new");
  tree_.rename("m/uidlist.new", "m/dovecot-uidlist");
  tree_.file("m/dovecot-keywords", "made meanwhile");
  tree_.maildir("m/.New");
  log.run_to("m/.Sent/cur/2:2,");
  tree_.file("m/subscriptions", "newest");
  log.run();
  EXPECT_EQ(log.at("m/dovecot-uidlist").content, "new");
  EXPECT_EQ(log.at("m/dovecot-keywords").content, "made meanwhile");
  EXPECT_EQ(log.at("m/subscriptions").content, "newest");
  EXPECT_EQ(log.count("m/.New/cur"), 1);
}

TEST_F(MaildirWalkTest, WhatIsNoMailInCurIsKept) {
  tree_.file("m/cur/1:2,", "mail");
  tree_.file("m/cur/folder/x", "x");
  tree_.symlink("m/cur/link", "1:2,");
  const WalkLog log = std::move(WalkLog(options()).run());
  EXPECT_THAT(log.paths(), ElementsAre("m", "m/cur", "m/new", "m/tmp", "m/cur/1:2,", "m/cur/folder",
                                       "m/cur/folder/x", "m/cur/link"));
}

TEST_F(MaildirWalkTest, ExcludesHoldForMailsAndTheFoldersOfAMaildir) {
  for (const char* name : {"m/cur/1:2,", "m/cur/2:2,", "m/new/3"}) tree_.file(name);
  WalkOptions excluding = options();
  excluding.excludes = {"2:*", "tmp"};
  EXPECT_THAT(WalkLog(excluding).run().paths(),
              ElementsAre("m", "m/cur", "m/new", "m/new/3", "m/cur/1:2,"));
  excluding.excludes = {"m/new"};
  EXPECT_THAT(WalkLog(excluding).run().paths(),
              ElementsAre("m", "m/cur", "m/cur/1:2,", "m/cur/2:2,", "m/tmp"));
}

TEST_F(MaildirWalkTest, AFolderWithoutTmpIsNoMaildir) {
  tree_.remove("m/tmp");
  tree_.file("m/cur/1:2,");
  tree_.file("m/new/1");
  EXPECT_THAT(WalkLog(options()).run().paths(),
              ElementsAre("m", "m/cur", "m/cur/1:2,", "m/new", "m/new/1"));
}

TEST_F(MaildirWalkTest, AnUnreadableMailIsReportedOnceHoweverOftenItMoves) {
  tree_.file("m/cur/0:2,");
  tree_.file("m/cur/1:2,", "x", 0);
  tree_.file("m/cur/2:2,");
  const WithoutRoot user(tree_);
  WalkLog log(options());
  log.run_to("m/cur/2:2,");
  tree_.rename("m/cur/1:2,", "m/cur/1:2,S");
  log.run();
  EXPECT_THAT(problems(log), ElementsAre("failed m/cur/1:2,"));
}

TEST_F(MaildirWalkTest, ALongRowOfStaleNamesIsListedAgain) {
  const int kCount = 1000;
  for (int i = 0; i < kCount; ++i) tree_.file("m/cur/" + std::to_string(i) + ":2,");
  WalkLog log(options());
  log.run_to("m/cur/0:2,");
  for (int i = 1; i < kCount; ++i) {
    const std::string base = "m/cur/" + std::to_string(i);
    tree_.rename(base + ":2,", base + ":2,S");
  }
  log.run();
  EXPECT_EQ(log.entries.size(), 4U + kCount);
  EXPECT_THAT(log.all_problems, IsEmpty());
}

// A server that delivers one mail for each that is read would keep the walk for ever.
TEST_F(MaildirWalkTest, EndlessDeliveryEndsWithANote) {
  tree_.file("m/new/0");
  WalkLog log(options());
  int delivered = 0;
  while (log.step()) {
    if (delivered < 1'000) tree_.file("m/new/" + std::to_string(++delivered));
  }
  EXPECT_LT(delivered, 1'000);
  EXPECT_EQ(log.count("m/new/0"), 1);
  EXPECT_THAT(problems(log), ElementsAre("note m"));
}

TEST_F(MaildirWalkTest, AMailThatMovesBeforeEveryLookIsReported) {
  tree_.file("m/cur/0:2,", "other");
  tree_.file("m/cur/1:2,a", "restless");
  WalkLog log(options());
  std::string name = "m/cur/1:2,a";
  // A delivery makes the next pass; the mail moves after it was listed, before its turn.
  for (int i = 0; log.step(); ++i) {
    if (log.entries.empty() || log.entries.back().entry.metadata.type != EntryType::kFile) continue;
    const std::string next = "m/cur/1:2," + std::string(1, static_cast<char>('a' + (i + 1) % 26));
    tree_.rename(name, next);
    name = next;
    tree_.file("m/cur/0" + std::to_string(i) + ":2,");
  }
  EXPECT_EQ(count_content(log, "restless"), 0);
  EXPECT_THAT(problems(log), Contains(StartsWith("failed m/cur/1:2,")).Times(1));
}

TEST_F(MaildirWalkTest, MailMovedIntoAMaildirThatWasWalkedBeforeIsFound) {
  for (const char* name : {"m/.A", "m/.B", "m/.C"}) tree_.maildir(name);
  tree_.file("m/.A/cur/0:2,", "zero");
  tree_.file("m/.B/cur/1:2,", "one");
  tree_.file("m/.C/cur/2:2,", "two");
  tree_.file("m/.C/cur/3:2,", "three");
  WalkLog log(options());
  log.run_to("m/.B");                                     // .A is done
  tree_.rename("m/.B/cur/1:2,", "m/.A/cur/new-name:2,");  // before .B was listed
  tree_.rename("m/.C/cur/3:2,", "m/.A/cur/3:2,S");
  tree_.rename("m/.A/cur/0:2,", "m/.A/cur/0:2,S");  // known, and not given again
  log.run_to("m/.C/cur/2:2,");
  tree_.rename("m/.C/cur/2:2,", "m/.B/new/2");  // was given already; a copy more does no harm
  log.run_to("m/.A/cur/3:2,S");
  tree_.file("m/new/late", "late");  // into one that this later look is past
  log.run();
  for (const char* content : {"zero", "one", "three", "late"}) {
    EXPECT_EQ(count_content(log, content), 1) << content;
  }
  EXPECT_EQ(log.count("m/.A/cur/new-name:2,"), 1);
  EXPECT_THAT(log.all_problems, IsEmpty());
}

TEST_F(MaildirWalkTest, ARestingMaildirNeedsNoLock) {
  tree_.file("m/cur/1:2,");
  tree_.file("m/dovecot-uidlist.lock");
  const struct stat before = tree_.status("m");
  WalkLog(options()).run();
  EXPECT_EQ(tree_.status("m").st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_TRUE(tree_.exists("m/dovecot-uidlist.lock"));
}

}  // namespace
}  // namespace letterpress::files::test
