// SPDX-License-Identifier: Apache-2.0
// backup, restore and verify together, on real files.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <random>

#include "pipeline/memory_source.h"
#include "vault/backup_fixture.h"

namespace letterpress::vault {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class BackupVaultTest : public BackupTest {
 protected:
  // Names, types, links, times and contents of every kind that a mail store has.
  void write_store() const {
    mail_.maildir("mail/anna");
    for (std::uint64_t i = 0; i < 40; ++i) {
      write("anna/cur/" + std::to_string(1000 + i) + ".M1.host:2,S", seeded_mail(i));
    }
    write("anna/new/2000.M1.host", seeded_mail(99, 30'000));
    write("anna/dovecot-uidlist", "3 V1 N41\n");
    write("lists/big.mbox", seeded_text(3'000'000, 5));
    write("lists/empty", "");
    write("lists/b\xff \n+", seeded_text(70'000, 6));
    write("lists-old", "x");
    mail_.folder("mail/lists/nothing", 0711);
    mail_.symlink("mail/lists/link", "../anna/cur");
    mail_.hard_link("mail/zz/again", "mail/anna/cur/1003.M1.host:2,S");
    mail_.set_mtime("mail/lists/big.mbox", 1'234'567'890, 123'456'789);
    mail_.set_mtime("mail/lists", 1'000'000'000, 1);
  }
};

TEST_F(BackupVaultTest, ATreeComesBackWithItsMetadata) {
  write_store();
  const BackupReport report = backup_now();
  EXPECT_EQ(report.sequence, 1U);
  EXPECT_EQ(report.problems, 0U);
  EXPECT_EQ(report.entries, original().size());
  EXPECT_EQ(restored(), original());
  EXPECT_EQ(report_.damaged + report_.unmade, 0U);
  EXPECT_EQ(report_.entries, report.entries);
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(verified_.snapshots, 1U);
  EXPECT_GT(verified_.chunks, 5U);
}

TEST_F(BackupVaultTest, AnEmptyFolderIsASnapshotToo) {
  EXPECT_EQ(backup_now().entries, 1U);
  EXPECT_EQ(restored(), original());
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(BackupVaultTest, TheSameTreeAgainAddsOneLogEntryAndNothingElse) {
  write_store();
  backup_now();
  const auto before = vault_files();
  for (const bool read_all : {false, true}) {
    BackupOptions again = options();
    again.walk.read_all = read_all;
    const BackupReport report = take(try_backup(again));
    EXPECT_EQ(report.packs, 0U);
    EXPECT_EQ(report.pack_bytes + report.index_bytes, 0U);
  }
  auto after = vault_files();
  EXPECT_EQ(after.size(), before.size() + 2);
  for (const auto& [path, bytes] : before) EXPECT_TRUE(after.at(path) == bytes) << path;
  EXPECT_EQ(restored("3"), original());
}

TEST_F(BackupVaultTest, FilesThatRestedAreNotRead) {
  write_store();
  backup_now();
  ::timespec wait{2, 200'000'000};
  ::nanosleep(&wait, nullptr);  // tidy: allow sleep: the files must have rested
  backup_now();                 // by now the files are older than what their times can tell apart
  const BackupReport report = backup_now();
  EXPECT_EQ(report.totals.raw_bytes, 0U);
  EXPECT_EQ(report.totals.files, report.totals.files_unchanged);
  write("lists/empty", "no more");
  mail_.rename("mail/anna/cur/1004.M1.host:2,S", "mail/anna/cur/1004.M1.host:2,RS");
  const BackupReport changed = backup_now();
  EXPECT_EQ(changed.totals.raw_bytes, 7U);
  EXPECT_EQ(restored(), original());
}

TEST_F(BackupVaultTest, EverySnapshotGivesItsOwnTree) {
  std::vector<std::map<std::string, std::string>> trees;
  for (std::uint64_t day = 0; day < 6; ++day) {
    write("day" + std::to_string(day), seeded_mail(day, 5000));
    if (day == 2) write("day0", "changed");
    if (day == 3) mail_.remove("mail/day1");
    if (day == 4) mail_.rename("mail/day2", "mail/moved");
    EXPECT_LT(backup_now().pack_bytes, 30'000U);
    trees.push_back(original());
  }
  for (std::size_t day = 0; day < trees.size(); ++day) {
    EXPECT_EQ(restored(std::to_string(day + 1)), trees[day]);
  }
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(BackupVaultTest, PartsOfATreeComeBackAlone) {
  write_store();
  backup_now();
  const auto all = original();
  const auto only = [&](const std::string& top) {
    std::map<std::string, std::string> part;
    for (const auto& [path, line] : all) {
      if (is_below(path, top) || is_below(top, path)) part[path] = line;
    }
    return part;
  };
  EXPECT_EQ(restored("latest", {"mail/lists"}), only("mail/lists"));
  EXPECT_EQ(restored("latest", {"mail/lists/big.mbox"}), only("mail/lists/big.mbox"));
  // A hard link whose first name was not asked for has the content.
  const auto link = restored("latest", {"mail/zz"});
  ASSERT_TRUE(link.contains("mail/zz/again"));
  EXPECT_THAT(link.at("mail/zz/again"), HasSubstr(seeded_mail(3)));
  const Vault vault = take(Vault::open(vault_path_));
  const SnapshotList list = take(list_snapshots(vault));
  RestoreOptions options;
  options.to = place_.path("absent");
  options.paths = {"mail/list"};
  const auto absent = restore(vault, list.packs_of(list.snapshots[0].entry.identity),
                              list.snapshots[0].entry, keys(vault), options);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code(), ErrorCode::kNotFound);
}

TEST_F(BackupVaultTest, ADryRunChangesNeitherVaultNorState) {
  write_store();
  backup_now();
  const auto before = vault_files();
  const auto state_before = describe_tree(state_);
  write("new", seeded_mail(500));
  BackupOptions dry = options();
  dry.is_dry_run = true;
  const BackupReport report = take(try_backup(dry));
  EXPECT_EQ(report.sequence, 0U);
  EXPECT_EQ(report.entries, original().size());
  EXPECT_GT(report.totals.raw_bytes, seeded_mail(500).size());
  EXPECT_TRUE(vault_files() == before);
  EXPECT_EQ(describe_tree(state_), state_before);
}

TEST_F(BackupVaultTest, AStateThatIsDamagedOrLostCostsAReadAndNoMore) {
  write_store();
  backup_now();
  for (const bool is_lost : {false, true}) {
    if (is_lost) {
      std::filesystem::remove_all(state_);
    } else {
      std::filesystem::resize_file(state_ + "/state", 1000);
    }
    const BackupReport report = backup_now();
    EXPECT_THAT(notes_, Contains(HasSubstr("its state is not used")));
    EXPECT_EQ(report.packs, 0U);
    EXPECT_GT(report.totals.raw_bytes, 3'000'000U);
    EXPECT_EQ(restored(), original());
  }
}

TEST_F(BackupVaultTest, ASecondRunAtTheSameTimeIsRefused) {
  std::vector<pipeline::Given> events = {pipeline::file("a", "x")};
  pipeline::MemorySource source(events);
  std::string message;
  source.on_event = [&](std::size_t event) {
    if (event == 0) message = message_of(try_backup(options()));
  };
  BackupOptions outer = options();
  outer.source = &source;
  take(try_backup(outer));
  EXPECT_THAT(message, HasSubstr("another backup of this writer is running"));
}

// Content that does not compress: a pack closes behind 8 MiB of it, and the next before 16 MiB
// has come, even without the batches that are in flight when a run ends.
constexpr std::size_t kManyFiles = 64;
std::vector<pipeline::Given> many_files() {
  std::vector<pipeline::Given> events;
  for (std::size_t i = 0; i < kManyFiles; ++i) {
    events.push_back(
        pipeline::file("f/" + std::to_string(100 + i), seeded_text(250'000, 1000 + i)));
  }
  return events;
}

class InterruptedBackupTest : public BackupVaultTest {
 protected:
  // Ends with an error behind the first pack, as a run that was killed: no log entry.
  void interrupt(const std::vector<pipeline::Given>& events, const chunking::CutParams& cuts = {}) {
    pipeline::MemorySource source(events);
    source.fails_at_event = events.size();
    BackupOptions broken = with(source, cuts);
    EXPECT_EQ(message_of(try_backup(broken)), "the source broke");
    ASSERT_THAT(files_below("packs"), SizeIs(1));
    ASSERT_THAT(files_below("index"), SizeIs(1));
    ASSERT_THAT(files_below("log"), IsEmpty());
  }
  BackupOptions with(pipeline::MemorySource& source, const chunking::CutParams& cuts = {}) {
    BackupOptions options = this->options();
    options.source = &source;
    options.press.group.new_bytes = kMiB;
    options.press.threads = 1;  // more have more batches in flight, which an interrupted run loses
    options.press.cuts = cuts;
    return options;
  }
  void expect_restores(const std::vector<pipeline::Given>& events) {
    const auto tree = restored();
    EXPECT_EQ(report_.damaged, 0U);
    for (const pipeline::Given& given : events) {
      ASSERT_TRUE(tree.contains(given.path)) << given.path;
      EXPECT_TRUE(tree.at(given.path).ends_with(" content " + given.bytes)) << given.path;
    }
  }
};

TEST_F(InterruptedBackupTest, ItsPacksAreTakenUp) {
  const auto events = many_files();
  interrupt(events);
  if (HasFatalFailure()) return;
  const std::string left = files_below("packs").front();
  EXPECT_THAT(damage(), IsEmpty());
  pipeline::MemorySource source(events);
  const BackupReport report = take(try_backup(with(source)));
  std::uint64_t pack_bytes = 0;
  for (const std::string& pack : files_below("packs")) {
    pack_bytes += std::filesystem::file_size(vault_path_ + "/" + pack);
  }
  // What was packed is not packed again.
  EXPECT_LT(pack_bytes, kManyFiles * 250'000 + 500'000);
  EXPECT_TRUE(vault_files().contains(left));
  expect_restores(events);
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(report.sequence, 1U);
}

TEST_F(InterruptedBackupTest, ItsPacksAreTakenUpWhereItsIndexRunIsDamaged) {
  const auto events = many_files();
  // Small chunks, so that the run has many records, the first of which can be read.
  const chunking::CutParams cuts{256, 1024, 4096};
  interrupt(events, cuts);
  if (HasFatalFailure()) return;
  const std::string run = vault_path_ + "/" + files_below("index").front();
  const std::uint64_t bytes = std::filesystem::file_size(run);
  ASSERT_GT(bytes, 100'000U);
  {
    ::chmod(run.c_str(), 0600);
    std::fstream file(run, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(bytes - 6000));
    file << "damaged";
    ASSERT_TRUE(file.good());
  }
  pipeline::MemorySource source(events);
  take(try_backup(with(source, cuts)));
  expect_restores(events);
}

TEST_F(InterruptedBackupTest, APackWithoutAnIndexRunIsLeftAndDoesNoHarm) {
  const auto events = many_files();
  interrupt(events);
  if (HasFatalFailure()) return;
  std::filesystem::remove(vault_path_ + "/" + files_below("index").front());
  pipeline::MemorySource source(events);
  take(try_backup(with(source)));
  expect_restores(events);
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(BackupVaultTest, AVaultThatWasPutBackToAnOlderCopyGoesOn) {
  write("a", seeded_mail(1, 9000));
  backup_now();
  const std::string copy = place_.path("copy");
  std::filesystem::copy(vault_path_, copy, std::filesystem::copy_options::recursive);
  write("b", seeded_mail(2, 9000));
  backup_now();
  std::filesystem::remove_all(vault_path_);
  std::filesystem::rename(copy, vault_path_);
  write("c", seeded_mail(3, 9000));
  const BackupReport report = backup_now();
  EXPECT_THAT(notes_, Contains(HasSubstr("its state is not used")));
  EXPECT_EQ(report.sequence, 2U);
  EXPECT_EQ(restored(), original());
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(BackupVaultTest, WhatAMissingPackHeldIsStoredAgain) {
  write("a", seeded_mail(1, 9000));
  write("large", seeded_text(400'000, 8));  // its recipe is in chunks
  backup_now();
  const auto first = original();
  const std::vector<std::string> packs = files_below("packs");
  ASSERT_THAT(packs, SizeIs(1));
  std::filesystem::remove(vault_path_ + "/" + packs.front());
  write("b", seeded_mail(2, 9000));
  const BackupReport report = backup_now();
  EXPECT_THAT(notes_, Contains(HasSubstr("are missing")));
  EXPECT_GT(report.pack_bytes, 400'000U);
  EXPECT_EQ(restored(), original());
  EXPECT_EQ(report_.damaged, 0U);
  bool is_named = false;
  for (const Damage& found : damage()) {
    is_named = is_named || found.file.ends_with(packs.front());
    EXPECT_TRUE(found.snapshot.empty() || found.snapshot.ends_with("-1")) << found.message;
  }
  EXPECT_TRUE(is_named);
  EXPECT_THAT(restored("1"), IsEmpty());
  EXPECT_GT(report_.damaged, 0U);
  EXPECT_EQ(backup_now().packs, 0U);
  EXPECT_EQ(restored(), original());
}

TEST_F(BackupVaultTest, ATreeThatIsLargerThanAPackIsStored) {
  // Links whose texts do not compress: 80 MB of tree.
  class Links : public stream::Source {
   public:
    Result<std::optional<stream::SourceEvent>> next() override {
      if (at_ == 5200) return std::optional<stream::SourceEvent>();
      stream::SourceEntry entry;
      entry.entry.path = "link" + std::to_string(10'000 + at_);
      entry.entry.metadata.type = stream::EntryType::kSymlink;
      for (const std::uint8_t byte : seeded_bytes(15'500, at_)) {
        entry.entry.metadata.target += static_cast<char>(byte == 0 ? 1 : byte);
      }
      ++at_;
      return std::optional<stream::SourceEvent>(std::move(entry));
    }

   private:
    std::uint64_t at_ = 0;
  } links;
  BackupOptions options = this->options();
  options.source = &links;
  const auto report = try_backup(options);
  ASSERT_TRUE(report) << message_of(report);
  EXPECT_EQ(report->entries, 5200U);
  EXPECT_GE(files_below("packs").size(), 2U);
  EXPECT_THAT(damage(), IsEmpty());
  const Vault vault = take(Vault::open(vault_path_));
  const SnapshotList list = take(list_snapshots(vault));
  const Snapshot* snapshot = take(list.find("latest"));
  const PackSet packs = list.packs_of(snapshot->entry.identity);
  const auto reader = take(SnapshotReader::open(vault, packs, snapshot->entry, keys(vault)));
  EXPECT_TRUE(take(reader->find("link10000")));
  EXPECT_TRUE(take(reader->find("link15199")));
}

TEST_F(BackupVaultTest, AFileThatChangedWhileItWasReadIsReadAgainNextTime) {
  const std::vector<pipeline::Given> events = {pipeline::changing("a", "xyz"),
                                               pipeline::failing("b", "hello", 2)};
  pipeline::MemorySource source(events);
  BackupOptions options = this->options();
  options.source = &source;
  const BackupReport report = take(try_backup(options));
  EXPECT_EQ(report.problems, 2U);
  EXPECT_EQ(report.entries, 1U);
  EXPECT_THAT(restored().at("a"), HasSubstr("content xyz"));
}

TEST_F(BackupVaultTest, KeysOfAnotherVaultAreRefused) {
  const std::string other = place_.path("other");
  take(Vault::init(other, place_.path("other-keys")));
  Vault vault = take(Vault::open(other));
  EXPECT_EQ(backup(vault, key_, options()).error().code(), ErrorCode::kInvalidArgument);
  VerifyOptions options;
  options.keys = keys(take(Vault::open(vault_path_)));
  EXPECT_EQ(verify(vault, options).error().code(), ErrorCode::kInvalidArgument);
  options.keys = vault.keyring();
  options.is_deep = true;
  EXPECT_EQ(verify(vault, options).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace letterpress::vault
