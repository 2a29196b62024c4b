// SPDX-License-Identifier: Apache-2.0
// A disk that does not give one file, or one sector of it: that is damage of this file, and no
// reason to stop. Everything else is checked and comes back, and a copy heals it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "vault/backup_fixture.h"
#include "vault/repair/repair.h"
#include "vault/storage/layout.h"
#include "vault/storage/posix_calls.h"
#include "vault/storage/posix_storage.h"

namespace letterpress::vault {
namespace {

// Of one file, which keeps its sectors when it gets another name.
class BadDisk final : public PosixCalls {
 public:
  enum class Bad : std::uint8_t { kFile, kSector };

  BadDisk(const std::string& path, Bad bad, int error_number)
      : bad_(bad), error_number_(error_number) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    inode_ = status.st_ino;
    // In the middle: a record of a pack, or of a small file with it the head or the tail.
    sector_ = static_cast<std::uint64_t>(status.st_size) / 2;
  }

  int open(int folder, const char* name, int flags, unsigned mode) override {
    const int opened = PosixCalls::open(folder, name, flags, mode);
    if (opened < 0 || bad_ != Bad::kFile || !is_it(opened)) return opened;
    PosixCalls::close(opened);
    return -error_number_;
  }
  std::int64_t read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) override {
    const bool is_hit = offset <= sector_ && sector_ < offset + into.size();
    if (is_hit && bad_ == Bad::kSector && is_it(file)) return -error_number_;
    return PosixCalls::read_at(file, offset, into);
  }

 private:
  bool is_it(int file) const {
    struct stat status {};
    return ::fstat(file, &status) == 0 && status.st_ino == inode_;
  }

  const Bad bad_;
  const int error_number_;
  ino_t inode_ = 0;
  std::uint64_t sector_ = 0;
};

class BadDiskTest : public BackupTest {
 protected:
  BadDiskTest() {
    write("a", seeded_mail(1, 9000));
    backup_now();
    write("b", seeded_mail(2, 9000));
    backup_now();
    std::filesystem::copy(vault_path_, copy_, std::filesystem::copy_options::recursive);
  }

  Vault open_on(FileSystem& disk) const {
    return take(Vault::open(take(PosixStorage::open(vault_path_, CommitMethod::kProbe, disk))));
  }

  // A file of each kind, each way in which the disk fails.
  void each_bad_disk(const std::function<void(BadDisk&, const std::string& path)>& check) const {
    for (const char* folder : {"packs/", "index/", "log/"}) {
      const std::string path = vault_path_ + '/' + files_below(folder).front();
      for (const BadDisk::Bad bad : {BadDisk::Bad::kFile, BadDisk::Bad::kSector}) {
        for (const int error_number : {EIO, EUCLEAN}) {
          SCOPED_TRACE(path + (bad == BadDisk::Bad::kFile ? ", whole, " : ", a sector, ") +
                       std::to_string(error_number));
          BadDisk disk(path, bad, error_number);
          check(disk, path);
        }
      }
    }
  }

  const std::string copy_ = place_.path("copy");
};

TEST_F(BadDiskTest, VerifyNamesTheFileAndChecksTheOthers) {
  each_bad_disk([&](BadDisk& disk, const std::string& path) {
    const Vault vault = open_on(disk);
    std::vector<std::string> damaged;
    VerifyOptions options;
    options.on_damage = [&](const Damage& damage) {
      damaged.push_back(damage.file + ' ' + damage.message);
    };
    const VerifyReport report = take(verify(vault, options));
    EXPECT_GE(report.damage, 1U);
    EXPECT_EQ(report.packs, files_below("packs/").size() - (path.find("/log/") != path.npos));
    EXPECT_THAT(damaged, ::testing::Contains(::testing::HasSubstr(path)));
  });
}

TEST_F(BadDiskTest, ACopyHealsIt) {
  each_bad_disk([&](BadDisk& disk, const std::string& path) {
    std::vector<std::unique_ptr<Storage>> copies;
    copies.push_back(take(PosixStorage::open(copy_)));
    const RepairReport report =
        take(repair(take(PosixStorage::open(vault_path_, CommitMethod::kProbe, disk)),
                    std::move(copies), RepairOptions{}));
    EXPECT_EQ(report.healed, 1U);
    EXPECT_EQ(report.set_aside, 1U);
    EXPECT_EQ(report.remaining, 0U);
    EXPECT_EQ(damage().size(), 0U);
    EXPECT_EQ(vault_files()[path.substr(vault_path_.size() + 1)].size(),
              std::filesystem::file_size(path));
  });
}

// Of two mails, each in the pack of its own backup, the other one.
TEST_F(BadDiskTest, WhatItStillGivesComesBack) {
  const SnapshotList list = take(list_snapshots(take(Vault::open(vault_path_))));
  ASSERT_EQ(list.snapshots.size(), 2U);
  const LogEntry& first = list.snapshots[0].entry;
  ASSERT_EQ(first.packs.size(), 1U);
  BadDisk disk(vault_path_ + '/' + pack_path(first.packs[0].sha256), BadDisk::Bad::kFile, EIO);
  const Vault vault = open_on(disk);
  const LogEntry& latest = list.snapshots[1].entry;
  TempTree to;
  RestoreOptions options;
  options.to = to.path("out");
  const RestoreReport report =
      take(restore(vault, list.packs_of(latest.identity), latest, keys(vault), options));
  EXPECT_EQ(report.damaged, 1U);
  auto wanted = original();
  wanted.erase("mail/a");
  EXPECT_EQ(describe_tree(to.path("out")), wanted);
}

}  // namespace
}  // namespace letterpress::vault
