// SPDX-License-Identifier: Apache-2.0
// A walk while a mail server is at work: it delivers, moves new mail to cur, sets and clears flags
// on everything, and removes some. What was there before and after must be given once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "files/temp_tree.h"
#include "files/walk_log.h"

namespace letterpress::files::test {
namespace {

// Knows every name that each of its mails ever had. One thread at a time.
class Server {
 public:
  Server(const TempTree& tree, unsigned seed) : tree_(tree), random_(seed) {}

  void deliver() {
    const std::string base =
        std::to_string(1'700'000'000 + next_) + ".M" + std::to_string(next_) + "P7.host,S=42,W=43";
    ++next_;
    tree_.file("m/tmp/" + base, "mail " + base);
    tree_.rename("m/tmp/" + base, "m/new/" + base);
    mails_.push_back({base, "m/new/" + base, {"m/new/" + base}});
  }

  void act() {
    const auto what = random_() % 100;
    if (what < 10) return deliver();
    if (what < 12 && mails_.size() > kept_) return remove();
    Mail& mail = mails_[random_() % mails_.size()];
    if (mail.path.empty()) return;
    static constexpr std::string_view kFlags[] = {"", "S", "RS", "FS", "FRSa", "ST"};
    const std::string to = "m/cur/" + mail.base + ":2," + std::string(kFlags[random_() % 6]);
    if (to == mail.path) return;
    tree_.rename(mail.path, to);
    mail.path = to;
    mail.names.insert(to);
  }

  // The first mails, as many as there are now, are never removed.
  void keep_these() { kept_ = mails_.size(); }

  struct Mail {
    std::string base;
    std::string path;             // empty: removed
    std::set<std::string> names;  // all that it ever had
  };
  const std::vector<Mail>& mails() const { return mails_; }
  std::size_t kept_count() const { return kept_; }

 private:
  void remove() {
    Mail& mail = mails_[kept_ + random_() % (mails_.size() - kept_)];
    if (mail.path.empty()) return;
    tree_.remove(mail.path);
    mail.path.clear();
  }

  const TempTree& tree_;
  std::mt19937 random_;
  std::vector<Mail> mails_;
  std::size_t kept_ = 0;
  int next_ = 0;
};

class LiveMaildirTest : public testing::TestWithParam<unsigned> {};

void expect_all_given_once(const WalkLog& log, const Server& server) {
  std::map<std::string, const WalkedEntry*> by_content;
  for (const WalkedEntry& entry : log.entries) {
    if (entry.entry.metadata.type != stream::EntryType::kFile) continue;
    EXPECT_TRUE(by_content.emplace(entry.content, &entry).second)
        << entry.entry.path << " was given twice";
    EXPECT_EQ(entry.finish_error, "");
  }
  const std::map<std::string, std::string> moved = log.moved();
  std::size_t moved_count = 0;
  for (std::size_t i = 0; i < server.mails().size(); ++i) {
    const Server::Mail& mail = server.mails()[i];
    const auto given = by_content.find("mail " + mail.base);
    if (given == by_content.end()) {
      EXPECT_TRUE(i >= server.kept_count() || mail.path.empty()) << mail.base << " was lost";
      continue;
    }
    const std::string& path = given->second->entry.path;
    EXPECT_TRUE(mail.names.contains(path)) << path;
    const auto move = moved.find(path);
    if (move == moved.end()) continue;
    ++moved_count;
    EXPECT_TRUE(mail.names.contains(move->second)) << move->second;
  }
  EXPECT_EQ(moved_count, moved.size()) << "a move of something that was not given";
}

TEST_P(LiveMaildirTest, NothingThatStaysIsLostOrGivenTwice) {
  const TempTree tree(TempTree::On::kDisk);
  tree.maildir("m");
  Server server(tree, GetParam());
  for (int i = 0; i < 400; ++i) server.deliver();
  for (int i = 0; i < 400; ++i) server.act();
  server.keep_these();
  std::atomic<bool> stop = false;
  std::atomic<int> acts = 0;
  std::thread busy([&] {
    while (!stop) {
      server.act();
      ++acts;
    }
  });
  while (acts == 0) {
  }
  WalkLog log({.sources = {{"m", tree.path("m")}}});
  log.run();
  const int acts_meanwhile = acts;
  stop = true;
  busy.join();
  RecordProperty("acts_meanwhile", acts_meanwhile);
  EXPECT_GT(acts_meanwhile, 1) << "nothing happened meanwhile: this proves nothing";
  expect_all_given_once(log, server);
  for (const stream::Problem& problem : log.all_problems) {
    // Removed mails may be vanished, and steady delivery may end with a note; nothing may have
    // failed.
    EXPECT_NE(problem.severity, stream::Problem::Severity::kFailed) << problem.path;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveMaildirTest, testing::Range(1U, 9U));

// The server acts between any two steps of the walk, so that every interleaving of that grain comes
// up, on any machine and under any sanitizer.
TEST_P(LiveMaildirTest, NothingThatStaysIsLostWhateverHappensBetweenTwoSteps) {
  const TempTree tree;
  tree.maildir("m");
  Server server(tree, GetParam());
  for (int i = 0; i < 150; ++i) server.deliver();
  server.keep_these();
  std::mt19937 random(GetParam());
  WalkLog log({.sources = {{"m", tree.path("m")}}});
  int acts_left = 3'000;
  while (log.step()) {
    for (auto i = random() % 30; i > 0 && acts_left > 0; --i, --acts_left) server.act();
  }
  expect_all_given_once(log, server);
}

}  // namespace
}  // namespace letterpress::files::test
