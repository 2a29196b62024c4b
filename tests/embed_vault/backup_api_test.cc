// SPDX-License-Identifier: Apache-2.0
// Snapshots that an embedder makes: of paths, and of what it pushes.
#include <fcntl.h>
#include <oneapi/tbb/task_arena.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "embed_vault/library_fixture.h"

namespace letterpress::embed_vault {
namespace {

using pipeline::made_mail;
using pipeline::made_mbox_mail;
using pipeline::Random;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BackupApiTest : public LibraryTest {
 protected:
  static Files some_mail() {
    Random random(17);
    Files files;
    for (int i = 0; i < 40; ++i) {
      files["mail/" + std::to_string(100 + i)] =
          made_mail(random, {.attachment_bytes = random() % 60'000});
    }
    std::string mbox;
    while (mbox.size() < 9'000'000) mbox += made_mbox_mail(random, {.attachment_bytes = 20'000});
    files["mail/0-mbox"] = mbox;
    files["mail/1-empty"] = "";
    return files;
  }
  void expect_there(const Files& files) {
    Snapshot snapshot = take(Snapshot::open(vault_, recovery_));
    for (const auto& [path, content] : files) EXPECT_EQ(read(snapshot, path), content) << path;
  }
  std::size_t snapshot_count() { return take(vault_.snapshots()).snapshots.size(); }
};

TEST_F(BackupApiTest, WhatIsPushedComesBackAndIsStoredOnce) {
  const Files files = some_mail();
  const BackupReport first = push_all(files, options());
  EXPECT_EQ(first.entries, files.size());
  EXPECT_EQ(first.totals.files, files.size());
  EXPECT_EQ(first.problems, 0U);
  EXPECT_GT(first.packs, 0U);
  expect_there(files);
  const BackupReport again = push_all(files, options());
  EXPECT_EQ(again.totals.raw_bytes, first.totals.raw_bytes);
  EXPECT_LT(again.stored_bytes, first.stored_bytes / 20);
  expect_there(files);
  EXPECT_EQ(take(vault_.verify({.key = recovery_, .is_deep = true})).damage, 0U);
}

// The same writer on copies of one vault: keys, and so all that depends on them, are the same.
TEST_F(BackupApiTest, ItIsTheSameForAnyThreadsAndPieces) {
  const Files files = some_mail();
  const std::string empty = tree_.path("vault");
  std::vector<std::vector<std::uint64_t>> made;
  const auto make = [&](BackupOptions with, std::size_t piece_bytes) {
    const std::string copy = tree_.path("copy-" + std::to_string(made.size()));
    std::filesystem::copy(empty, copy, std::filesystem::copy_options::recursive);
    vault_ = take(Vault::open(copy));
    with.state_folder = copy + "-state";
    const BackupReport report = push_all(files, std::move(with), piece_bytes);
    std::vector<std::uint64_t> numbers = {report.totals.messages, report.totals.groups,
                                          report.stored_bytes, report.packs};
    for (const auto& kind : report.totals.kinds) {
      numbers.insert(numbers.end(), {kind.chunks, kind.new_chunks, kind.stored_bytes});
    }
    made.push_back(numbers);
    expect_there(files);
  };
  BackupOptions with = options();
  with.threads = 1;
  make(with, 1 << 30);
  with.threads = 3;
  make(with, 70'001);
  with.in_callers_arena = true;
  oneapi::tbb::task_arena arena(2);
  arena.execute([&] { make(with, 1'000'000); });
  EXPECT_EQ(made[1], made[0]);
  EXPECT_EQ(made[2], made[0]);
}

TEST_F(BackupApiTest, PathsAreReadOnlyWhenTheyChanged) {
  tree_.maildir("in");
  tree_.file("in/cur/1.M1.mx:2,S", "Subject: one\n\ntext\n");
  tree_.file("in/cur/2.M2.mx:2,S", "Subject: two\n\ntext\n");
  const auto back_up = [&] {
    Backup backup = take(Backup::open(vault_, ingest_, options()));
    take(backup.add_path("mail/in", tree_.path("in")));
    take(push(backup, "mail/pushed", "pushed"));
    return take(backup.finish());
  };
  const BackupReport first = back_up();
  EXPECT_EQ(first.files_unchanged, 0U);
  EXPECT_EQ(first.totals.files, 3U);
  EXPECT_EQ(read("mail/in/cur/1.M1.mx:2,S"), "Subject: one\n\ntext\n");
  EXPECT_EQ(read("mail/pushed"), "pushed");
  ::timespec wait{2, 200'000'000};
  ::nanosleep(&wait, nullptr);  // tidy: allow sleep: the files must have rested
  back_up();                    // by now they are older than what their times can tell apart
  tree_.file("in/new/3.M3.mx", "Subject: three\n\ntext\n");
  const BackupReport third = back_up();
  EXPECT_EQ(third.totals.files, 4U);
  EXPECT_EQ(third.totals.raw_bytes, 6U + 21U) << "what was pushed, and what is new";
  EXPECT_EQ(third.files_unchanged, 2U);
  EXPECT_EQ(read("mail/in/new/3.M3.mx"), "Subject: three\n\ntext\n");
  EXPECT_EQ(snapshot_count(), 3U);
}

TEST_F(BackupApiTest, ADescriptorIsReadToItsEnd) {
  tree_.file("f", "from a descriptor");
  const int descriptor = ::open(tree_.path("f").c_str(), O_RDONLY | O_CLOEXEC);
  Backup backup = take(Backup::open(vault_, ingest_, options()));
  EXPECT_EQ(code_of(backup.add_descriptor({.path = "mail/no"}, -1)), ErrorCode::kIo);
  EXPECT_EQ(code_of(backup.add_descriptor({.path = "elsewhere"}, descriptor)),
            ErrorCode::kInvalidArgument);
  take(backup.add_descriptor({.path = "mail/f"}, descriptor));
  ::close(descriptor);
  EXPECT_EQ(code_of(backup.add_path("mail/x", tree_.path("nothing"))), ErrorCode::kNotFound);
  take(backup.finish());
  EXPECT_EQ(read("mail/f"), "from a descriptor");
}

TEST_F(BackupApiTest, OptionsAreChecked) {
  const auto refused = [&](auto change) {
    BackupOptions with = options();
    change(with);
    const auto opened = Backup::open(vault_, ingest_, with);
    EXPECT_EQ(code_of(opened), ErrorCode::kInvalidArgument);
    return message_of(opened);
  };
  EXPECT_THAT(refused([](BackupOptions& with) { with.sources.clear(); }), HasSubstr("sources"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.sources = {"a", "a"}; }), HasSubstr("twice"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.sources = {"../a"}; }), HasSubstr("../a"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.sources = {"a/b"}; }), HasSubstr("a/b"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.state_folder.clear(); }),
              HasSubstr("state_folder"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.level = 20; }), HasSubstr("level"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.alarm_vanished = 25; }), HasSubstr("alarm"));
  EXPECT_THAT(refused([](BackupOptions& with) { with.isolate_depth = 65; }), HasSubstr("64"));
  EXPECT_EQ(snapshot_count(), 0U);
}

TEST_F(BackupApiTest, AWrongCallChangesNothing) {
  Backup backup = take(Backup::open(vault_, ingest_, options()));
  EXPECT_EQ(code_of(backup.write(bytes_of("x"))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(backup.end_entry()), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(backup.begin_entry({.path = "else/a"})), HasSubstr("sources"));
  EXPECT_THAT(message_of(backup.begin_entry({.path = "mailing"})), HasSubstr("sources"));
  EXPECT_EQ(code_of(backup.begin_entry({.path = "mail/../a"})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(backup.begin_entry({.path = "mail", .metadata = {.mode = 0100000}})),
            ErrorCode::kInvalidArgument);
  take(backup.begin_entry({.path = "mail/a"}));
  EXPECT_EQ(code_of(backup.begin_entry({.path = "mail/b"})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(backup.finish()), ErrorCode::kInvalidArgument);
  take(backup.write(bytes_of("text")));
  take(backup.end_entry());
  take(backup.finish());
  EXPECT_THAT(message_of(backup.begin_entry({.path = "mail/c"})), HasSubstr("finish()"));
  EXPECT_EQ(code_of(backup.add_path("mail/d", "/")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(backup.finish()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(snapshot_count(), 1U);
  EXPECT_EQ(read("mail/a"), "text");
}

TEST_F(BackupApiTest, AFileWhoseSourceFailedIsLeftOut) {
  Backup backup = take(Backup::open(vault_, ingest_, options()));
  take(push(backup, "mail/a", "text"));
  take(backup.begin_entry({.path = "mail/b"}));
  take(backup.write(bytes_of("half")));
  take(backup.fail_entry(Error(ErrorCode::kIo, "the tape broke")));
  const BackupReport report = take(backup.finish());
  EXPECT_EQ(report.entries, 1U);
  EXPECT_EQ(report.problems, 1U);
  EXPECT_THAT(problems_, ElementsAre("mail/b: the tape broke"));
}

TEST_F(BackupApiTest, WithoutFinishThereIsNoSnapshotAndWhatWasStoredIsUsed) {
  const Files files = some_mail();
  {
    Backup backup = take(Backup::open(vault_, ingest_, options()));
    for (const auto& [path, content] : files) take(push(backup, path, content));
  }
  EXPECT_EQ(snapshot_count(), 0U);
  push_all(files, options());
  expect_there(files);
}

TEST_F(BackupApiTest, ACancelEndsItForGood) {
  std::atomic<bool> cancel = false;
  BackupOptions with = options();
  with.cancel = &cancel;
  Backup backup = take(Backup::open(vault_, ingest_, with));
  take(push(backup, "mail/a", "text"));
  cancel = true;
  EXPECT_EQ(code_of(backup.finish()), ErrorCode::kCancelled);
  cancel = false;
  EXPECT_EQ(code_of(push(backup, "mail/b", "text")), ErrorCode::kCancelled);
  EXPECT_EQ(snapshot_count(), 0U);
}

TEST_F(BackupApiTest, WhatACallbackThrowsEndsIt) {
  BackupOptions with = options();
  with.on_progress = [](const PressTotals&) { throw std::runtime_error("no more"); };
  Backup backup = take(Backup::open(vault_, ingest_, with));
  take(push(backup, "mail/a", "text"));
  const auto finished = backup.finish();
  EXPECT_EQ(code_of(finished), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(finished), HasSubstr("no more"));
  EXPECT_EQ(message_of(backup.finish()), message_of(finished));
  EXPECT_EQ(snapshot_count(), 0U);
}

TEST_F(BackupApiTest, ProgressIsOfWhatWasRead) {
  std::vector<std::uint64_t> read_bytes;
  BackupOptions with = options();
  with.on_progress = [&](const PressTotals& totals) { read_bytes.push_back(totals.raw_bytes); };
  const BackupReport report = push_all(some_mail(), with);
  EXPECT_TRUE(std::ranges::is_sorted(read_bytes));
  EXPECT_THAT(read_bytes, Contains(report.totals.raw_bytes));
}

TEST_F(BackupApiTest, OneBackupAtATimeHasTheState) {
  std::optional<Backup> backup = take(Backup::open(vault_, ingest_, options()));
  EXPECT_THAT(message_of(Backup::open(vault_, ingest_, options())), HasSubstr("another backup"));
  take(backup->finish());
  EXPECT_EQ(message_of(Backup::open(vault_, ingest_, options())), "") << "finish() lets it go";
}

TEST_F(BackupApiTest, ItOutlivesItsVaultAndItsKey) {
  std::optional<Vault> vault = vault_;
  std::optional<VaultKey> key = take(VaultKey::parse(take(ingest_.text())));
  Backup backup = take(Backup::open(*vault, *key, options()));
  vault.reset();
  key.reset();
  take(push(backup, "mail/a", "text"));
  take(backup.finish());
  EXPECT_EQ(read("mail/a"), "text");
}

TEST_F(BackupApiTest, ADryRunStoresNothing) {
  BackupOptions with = options();
  with.is_dry_run = true;
  const BackupReport report = push_all(some_mail(), with);
  EXPECT_EQ(report.snapshot, "");
  EXPECT_EQ(report.stored_bytes, 0U);
  EXPECT_GT(report.totals.raw_bytes, 9'000'000U);
  EXPECT_EQ(snapshot_count(), 0U);
  EXPECT_THAT(files_below("packs"), IsEmpty());
}

TEST_F(BackupApiTest, TheAlarmRings) {
  Files files;
  for (int i = 0; i < 100; ++i) {
    files["mail/" + std::to_string(i)] = std::string(2000, static_cast<char>('a' + i % 26));
  }
  push_all(files, options());
  files.erase(files.begin(), std::next(files.begin(), 60));
  BackupOptions off = options();
  off.alarm_vanished = 0;
  off.is_dry_run = true;
  EXPECT_FALSE(push_all(files, off).has_vanished);
  const BackupReport report = push_all(files, options());
  EXPECT_TRUE(report.has_vanished);
  EXPECT_FALSE(report.looks_encrypted);
  EXPECT_TRUE(take(vault_.snapshots()).snapshots.back().has_vanished);
}

TEST_F(BackupApiTest, AStateFolderThatCannotBeIsAnError) {
  tree_.file("file");
  BackupOptions with = options();
  with.state_folder = tree_.path("file/state");
  EXPECT_EQ(code_of(Backup::open(vault_, ingest_, with)), ErrorCode::kIo);
}

}  // namespace
}  // namespace letterpress::embed_vault
