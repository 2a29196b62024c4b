// SPDX-License-Identifier: Apache-2.0
// Reading a snapshot through the interface: lists, ranges, restores.
#include <oneapi/tbb/task_arena.h>

#include <filesystem>

#include "embed_vault/library_fixture.h"

namespace letterpress::embed_vault {
namespace {

using pipeline::made_mbox_mail;
using pipeline::Random;
using pipeline::random_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SnapshotApiTest : public LibraryTest {
 protected:
  void back_up_tree() {
    tree_.file("mail/a/1", "one");
    tree_.file("mail/a/b/2", "two, and more");
    tree_.file("mail/z", "last");
    tree_.symlink("mail/link", "a/1");
    tree_.hard_link("mail/same", "mail/z");
    Backup backup = take(Backup::open(vault_, ingest_, options()));
    take(backup.add_path("mail", tree_.path("mail")));
    take(backup.finish());
  }
  Snapshot open() { return take(Snapshot::open(vault_, recovery_)); }
  static std::vector<std::string> list(Snapshot& snapshot, const std::string& path,
                                       bool is_recursive) {
    std::vector<std::string> paths;
    take(snapshot.list(path, is_recursive, [&](const SnapshotEntry& entry) -> Status {
      paths.push_back(entry.entry.path + ' ' + std::to_string(entry.size_bytes));
      return Ok{};
    }));
    return paths;
  }
};

TEST_F(SnapshotApiTest, ItListsWhatItHas) {
  back_up_tree();
  Snapshot snapshot = open();
  EXPECT_EQ(snapshot.summary().entries, 8U);
  EXPECT_THAT(list(snapshot, "", true),
              ElementsAre("mail 0", "mail/a 0", "mail/a/1 3", "mail/a/b 0", "mail/a/b/2 13",
                          "mail/link 0", "mail/same 4", "mail/z 0"));
  EXPECT_THAT(list(snapshot, "", false), ElementsAre("mail 0"));
  EXPECT_THAT(list(snapshot, "mail/a", false), ElementsAre("mail/a 0", "mail/a/1 3", "mail/a/b 0"));
  EXPECT_THAT(list(snapshot, "mail/a/", true),
              ElementsAre("mail/a 0", "mail/a/1 3", "mail/a/b 0", "mail/a/b/2 13"));
  EXPECT_THAT(list(snapshot, "mail/a/1", false), ElementsAre("mail/a/1 3"));
  const SnapshotEntry link = take(snapshot.find("mail/link"));
  EXPECT_EQ(link.entry.metadata.type, EntryType::kSymlink);
  EXPECT_EQ(link.entry.metadata.target, "a/1");
  EXPECT_EQ(code_of(snapshot.find("mail/aa")), ErrorCode::kNotFound);
  const auto nothing = [](const SnapshotEntry&) -> Status { return Ok{}; };
  EXPECT_EQ(code_of(snapshot.list("mai", true, nothing)), ErrorCode::kNotFound);
  std::size_t calls = 0;
  const Status ended = snapshot.list("", true, [&](const SnapshotEntry&) -> Status {
    if (++calls < 3) return Ok{};
    return Error(ErrorCode::kUnsupported, "enough");
  });
  EXPECT_EQ(code_of(ended), ErrorCode::kUnsupported);
  EXPECT_EQ(message_of(ended), "enough");
  EXPECT_EQ(calls, 3U);
}

TEST_F(SnapshotApiTest, ItIsNamed) {
  back_up_tree();
  const std::string first = open().summary().name;
  push_all({{"mail", "another"}}, options());
  EXPECT_EQ(take(Snapshot::open(vault_, recovery_, first)).summary().entries, 8U);
  EXPECT_EQ(take(Snapshot::open(vault_, recovery_, "1")).summary().name, first);
  EXPECT_EQ(open().summary().entries, 1U);
  EXPECT_EQ(code_of(Snapshot::open(vault_, recovery_, "3")), ErrorCode::kNotFound);
}

TEST_F(SnapshotApiTest, AnyRangeOfAFileComesBack) {
  Random random(5);
  Files files;
  std::string mbox;
  while (mbox.size() < 13'000'000) mbox += made_mbox_mail(random, {.attachment_bytes = 30'000});
  files["mail/mbox"] = mbox;
  files["mail/plain"] = random_text(random, 9'000'000);
  files["mail/small"] = mbox.substr(0, 20'000);
  files["mail/empty"] = "";
  push_all(files, options());
  Snapshot snapshot = open();
  for (const auto& [path, content] : files) {
    EXPECT_EQ(read(snapshot, path), content);
    const std::uint64_t size = content.size();
    for (const auto& [from, count] :
         std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 1},
                                                              {0, 0},
                                                              {size, 1},
                                                              {size + 1, UINT64_MAX},
                                                              {size / 2, UINT64_MAX},
                                                              {UINT64_MAX, UINT64_MAX},
                                                              {size > 0 ? size - 1 : 0, 5}}) {
      EXPECT_EQ(read(snapshot, path, from, count), from < size ? content.substr(from, count) : "")
          << path << ' ' << from << ' ' << count;
    }
    for (int i = 0; i < 30 && size > 0; ++i) {
      const std::uint64_t from = random() % size;
      const std::uint64_t count = random() % (i % 2 == 0 ? 10'000 : 6'000'000);
      EXPECT_EQ(read(snapshot, path, from, count), content.substr(from, count))
          << path << ' ' << from << ' ' << count;
    }
  }
}

TEST_F(SnapshotApiTest, OnlyFilesHaveContent) {
  back_up_tree();
  Snapshot snapshot = open();
  EXPECT_EQ(read(snapshot, "mail/z"), "last") << "by its second name";
  EXPECT_EQ(read(snapshot, "mail/same"), "last");
  const auto nothing = [](std::span<const std::uint8_t>) -> Status { return Ok{}; };
  EXPECT_EQ(code_of(snapshot.read("mail/a", 0, 1, nothing)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(snapshot.read("mail/link", 0, 1, nothing)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(snapshot.read("mail/x", 0, 1, nothing)), ErrorCode::kNotFound);
  const Status ended = snapshot.read("mail/z", 0, 4, [](std::span<const std::uint8_t>) -> Status {
    return Error(ErrorCode::kLimitExceeded, "my own");
  });
  EXPECT_EQ(code_of(ended), ErrorCode::kLimitExceeded);
  EXPECT_EQ(message_of(ended), "my own");
  const Status thrown = snapshot.read(
      "mail/z", 0, 4, [](std::span<const std::uint8_t>) -> Status { throw std::string("x"); });
  EXPECT_EQ(code_of(thrown), ErrorCode::kInvalidArgument);
  EXPECT_EQ(read(snapshot, "mail/z"), "last") << "it can be used again";
}

TEST_F(SnapshotApiTest, ARestoreMakesTheTreeAgain) {
  back_up_tree();
  Snapshot snapshot = open();
  RestoreReport report = take(snapshot.restore({.to = tree_.path("out"), .threads = 2}));
  EXPECT_EQ(report.entries, 8U);
  EXPECT_EQ(report.bytes, 20U);
  EXPECT_EQ(describe_tree(tree_.path("out/mail")), describe_tree(tree_.path("mail")));
  EXPECT_EQ(code_of(snapshot.restore({.to = tree_.path("out")})), ErrorCode::kInvalidArgument);

  oneapi::tbb::task_arena arena(2);
  std::vector<std::uint64_t> progress;
  report = take(arena.execute([&] {
    return snapshot.restore({.to = tree_.path("part"),
                             .paths = {"mail/a/"},
                             .in_callers_arena = true,
                             .on_progress = [&](std::uint64_t entries, std::uint64_t) {
                               progress.push_back(entries);
                             }});
  }));
  EXPECT_EQ(report.entries, 5U);  // with mail itself
  EXPECT_EQ(progress.back(), 5U);
  EXPECT_EQ(describe_tree(tree_.path("part/mail/a")), describe_tree(tree_.path("mail/a")));
  EXPECT_FALSE(tree_.exists("part/mail/z"));
}

TEST_F(SnapshotApiTest, ARestoreSaysWhatItCannot) {
  back_up_tree();
  Snapshot snapshot = open();
  EXPECT_EQ(code_of(snapshot.restore({.to = tree_.path("x"), .paths = {"mail/no"}})),
            ErrorCode::kNotFound);
  std::atomic<bool> cancel = true;
  EXPECT_EQ(code_of(snapshot.restore({.to = tree_.path("y"), .cancel = &cancel})),
            ErrorCode::kCancelled);
  const auto thrown =
      snapshot.restore({.to = tree_.path("z"), .on_progress = [](std::uint64_t, std::uint64_t) {
                          throw std::runtime_error("stop");
                        }});
  EXPECT_EQ(code_of(thrown), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(thrown), HasSubstr("stop"));

  tree_.file("there/mail/z", "mine");
  std::vector<std::string> problems;
  const RestoreReport report = take(snapshot.restore(
      {.to = tree_.path("there"), .into = true, .on_problem = [&](const PressProblem& problem) {
         problems.push_back(problem.path);
       }}));
  EXPECT_GT(report.unmade, 0U);
  EXPECT_EQ(report.unmade, problems.size());
  EXPECT_EQ(tree_.read("there/mail/z"), "mine");
}

TEST_F(SnapshotApiTest, DamageIsLeftOutAndCounted) {
  Random random(9);
  Files files;
  for (int i = 0; i < 30; ++i) {
    files["mail/" + std::to_string(i)] = random_text(random, 700'000);
  }
  push_all(files, options());
  const std::string pack = files_below("packs").front();
  std::string content = tree_.read(pack);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
  std::filesystem::remove(tree_.path(pack));
  tree_.file(pack, content);
  Snapshot snapshot = open();
  const RestoreReport report = take(snapshot.restore({.to = tree_.path("out")}));
  EXPECT_GT(report.damaged, 0U);
  EXPECT_EQ(report.damaged + report.entries, files.size());
  std::size_t whole = 0;
  for (const auto& [path, original] : files) {
    std::string given;
    const Status read =
        snapshot.read(path, 0, UINT64_MAX, [&](std::span<const std::uint8_t> bytes) -> Status {
          given.append(bytes.begin(), bytes.end());
          return Ok{};
        });
    EXPECT_TRUE(original.starts_with(given)) << "a wrong byte was given";
    if (read) {
      ++whole;
    } else {
      EXPECT_EQ(code_of(read), ErrorCode::kCorrupt) << message_of(read);
    }
    EXPECT_EQ(tree_.exists("out/" + path), read.has_value());
  }
  EXPECT_EQ(whole, report.entries);
}

TEST_F(SnapshotApiTest, AnotherReaderReadsWhatWasLockedForIt) {
  const VaultKey reader = take(VaultKey::make_reader());
  const std::vector<VaultKey> readers = {take(reader.public_key())};
  ingest_ = take(vault_.add_writer("mx2", recovery_, readers));
  push_all({{"mail/a", "for both"}}, options());
  Snapshot snapshot = take(Snapshot::open(vault_, reader));
  EXPECT_EQ(read(snapshot, "mail/a"), "for both");
  EXPECT_EQ(read("mail/a"), "for both");
}

TEST_F(SnapshotApiTest, ItOutlivesItsVault) {
  push_all({{"mail/a", "text"}}, options());
  std::optional<Vault> vault = take(Vault::open(tree_.path("vault")));
  Snapshot snapshot = take(Snapshot::open(*vault, recovery_));
  vault.reset();
  EXPECT_EQ(read(snapshot, "mail/a"), "text");
}

}  // namespace
}  // namespace letterpress::embed_vault
