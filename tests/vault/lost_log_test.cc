// SPDX-License-Identifier: Apache-2.0
// Backups into vaults of which some of the log, the runs and the folders are gone: what an
// acknowledged snapshot has comes back.
#include <gmock/gmock.h>

#include "vault/backup_fixture.h"

namespace letterpress::vault {
namespace {

class LostLogTest : public BackupTest {
 protected:
  // Three snapshots, each with a mail more.
  LostLogTest() {
    for (int number = 1; number <= 3; ++number) {
      write(std::to_string(number), seeded_mail(static_cast<std::uint64_t>(number)));
      backup_now();
    }
  }

  void lose(const std::string& folder, std::uint64_t sequence) {
    std::filesystem::remove(vault_path_ + '/' + folder + '/' + sequence_name(sequence));
  }
  void expect_next_backup_comes_back() {
    write("new", seeded_mail(9));
    backup_now();
    EXPECT_EQ(restored(), original());
    EXPECT_EQ(report_.damaged, 0U);
  }

  const std::string log_ = log_folder(key_.identity.writer);
  const std::string runs_ = index_folder(key_.identity.writer);
};

TEST_F(LostLogTest, AnEntryAlone) {
  lose(log_, 2);
  expect_next_backup_comes_back();
}

TEST_F(LostLogTest, ARunAlone) {
  lose(runs_, 2);
  expect_next_backup_comes_back();
}

// Nobody names their packs any more, and the state knows the files.
TEST_F(LostLogTest, AnEntryAndItsRun) {
  lose(log_, 2);
  lose(runs_, 2);
  expect_next_backup_comes_back();
}

TEST_F(LostLogTest, TheFoldersOfRuns) {
  std::filesystem::remove_all(vault_path_ + "/index");
  EXPECT_EQ(restored(), original());
  expect_next_backup_comes_back();
}

TEST_F(LostLogTest, EmptyFoldersOfPacks) {
  for (const auto& folder : std::filesystem::directory_iterator(vault_path_ + "/packs")) {
    if (std::filesystem::is_empty(folder)) std::filesystem::remove(folder);
  }
  expect_next_backup_comes_back();
}

}  // namespace
}  // namespace letterpress::vault
