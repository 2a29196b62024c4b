// SPDX-License-Identifier: Apache-2.0
// Volumes whose disks, or whose vault, stop answering at any call.
#include <gtest/gtest.h>

#include "vault/failing_storage.h"
#include "vault/volume_fixtures.h"

namespace letterpress::vault {
namespace {

class VolumeFaultsTest : public VolumesTest {
 protected:
  // All packs are in the log: others may be what a backup is making now.
  VolumeFaultsTest() {
    add_entry(1, {add_pack(150'000, 1), add_pack(70'000, 2), add_pack(900, 3), add_pack(800, 4)});
  }

  // The disks, one of them with the fault.
  std::vector<std::unique_ptr<Storage>> failing(std::size_t disk) const {
    std::vector<std::unique_ptr<Storage>> all = storages();
    all[disk] = std::make_unique<FailingStorage>(std::move(all[disk]), fault_);
    return all;
  }
  // From `call` on the disk is gone, or only that one call fails.
  void fail(std::size_t call, bool is_for_ever) {
    *fault_ = {.from = call, .count = is_for_ever ? SIZE_MAX : 1};
  }
  bool has_failed() const { return fault_->calls > fault_->from; }

  Result<WriteVolumesReport> write_to(std::vector<std::unique_ptr<Storage>> disks,
                                      std::unique_ptr<Storage> from) const {
    LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::open(std::move(from)));
    WriteVolumesOptions options;
    options.counts = {2, 1};
    options.companions = {{"README.txt", seeded_bytes(300, 7)}};
    options.threads = 1;
    return write_volumes(vault, std::move(disks), options);
  }
  Result<CheckVolumesReport> check(std::size_t disk) const {
    LETTERPRESS_TRY_ASSIGN(const std::vector<VolumeSet> sets, open_volumes(failing(disk)));
    CheckVolumesOptions options;
    options.threads = 1;
    return check_volumes(sets.at(0), options);
  }
  Result<RestoreVolumesReport> restore_from(std::vector<std::unique_ptr<Storage>> disks,
                                            Storage& to) const {
    LETTERPRESS_TRY_ASSIGN(const std::vector<VolumeSet> sets, open_volumes(std::move(disks)));
    RestoreVolumesOptions options;
    options.threads = 1;
    return restore_volumes(sets, to, options);
  }

  std::shared_ptr<StorageFault> fault_ = std::make_shared<StorageFault>();
};

// One volume is parity, so one disk may go at any time, and nothing is lost.
TEST_F(VolumeFaultsTest, DiskThatGoesWhileItIsCheckedOrReadCostsNothing) {
  write({2, 1});
  const std::map<std::string, Bytes> whole = restored(storages());
  for (std::size_t disk = 0; disk < 3; ++disk) {
    for (const bool is_for_ever : {true, false}) {
      for (std::size_t call = 0;; ++call) {
        fail(call, is_for_ever);
        const CheckVolumesReport report = take(check(disk));
        if (!has_failed()) break;
        EXPECT_EQ(report.lost, 0U) << "disk " << disk << ", call " << call;
        EXPECT_TRUE(report.damage > 0 || !is_for_ever) << "disk " << disk << ", call " << call;
      }
      for (std::size_t call = 0;; ++call) {
        fail(call, is_for_ever);
        const auto back = std::make_shared<SharedStorage::Files>();
        SharedStorage to(back);
        const RestoreVolumesReport report = take(restore_from(failing(disk), to));
        if (!has_failed()) break;
        EXPECT_EQ(report.lost, 0U) << "disk " << disk << ", call " << call;
        // What says that the set is sealed may have been on the disk that went; the vault was not.
        for (const auto& [path, bytes] : whole) {
          const bool is_receipt = path.starts_with("volumes/");
          EXPECT_TRUE(is_receipt || back->files[path] == bytes) << path << ", call " << call;
        }
      }
    }
  }
}

TEST_F(VolumeFaultsTest, FolderThatStopsTakingARestoreIsFilledByTheNext) {
  write({2, 1});
  const std::map<std::string, Bytes> whole = restored(storages());
  for (const bool is_for_ever : {true, false}) {
    for (std::size_t call = 0;; ++call) {
      const auto back = std::make_shared<SharedStorage::Files>();
      fail(call, is_for_ever);
      FailingStorage to(std::make_unique<SharedStorage>(back), fault_);
      const Result<RestoreVolumesReport> report = restore_from(storages(), to);
      if (!has_failed()) break;
      EXPECT_TRUE(!report || !is_for_ever) << "call " << call;
      // Half a vault is none.
      EXPECT_TRUE(report || !back->files.contains(std::string(kVaultHeadName))) << "call " << call;
      SharedStorage again(back);
      EXPECT_EQ(take(restore_from(storages(), again)).lost, 0U);
      EXPECT_EQ(back->files, whole) << "call " << call;
    }
  }
}

TEST_F(VolumeFaultsTest, DiskThatGoesWhileItIsWrittenIsNamedAndGoneOnWith) {
  for (const bool is_for_ever : {true, false}) {
    for (std::size_t call = 0;; ++call) {
      make_disks(3);
      fail(call, is_for_ever);
      const Result<WriteVolumesReport> report =
          write_to(failing(1), std::make_unique<SharedStorage>(files_));
      if (!has_failed()) break;
      EXPECT_FALSE(is_for_ever && report && report->is_sealed) << "call " << call;
      if (report && !report->is_sealed) {
        ASSERT_EQ(report->failed.size(), 1U) << "call " << call;
        EXPECT_EQ(report->failed[0].number, 1U) << "call " << call;
        EXPECT_TRUE(comes_back(2)) << "without disk 2, call " << call;
      }
      // What was to be rebuilt without it is named by the disk that was left out on trial.
      const std::string error = report ? "" : report.error().message();
      EXPECT_TRUE(report || error.find("DISK2") != error.npos ||
                  error.find("did not come back in the trial repair") != error.npos)
          << "call " << call << ": " << error;
      EXPECT_TRUE(take(write_to(storages(), std::make_unique<SharedStorage>(files_))).is_sealed)
          << "call " << call;
      EXPECT_TRUE(comes_back(1)) << "call " << call;
    }
  }
}

TEST_F(VolumeFaultsTest, VaultThatCannotBeReadIsNoReasonForAWrongSet) {
  for (const bool is_for_ever : {true, false}) {
    for (std::size_t call = 0;; ++call) {
      make_disks(3);
      fail(call, is_for_ever);
      const Result<WriteVolumesReport> report = write_to(
          storages(),
          std::make_unique<FailingStorage>(std::make_unique<SharedStorage>(files_), fault_));
      if (!has_failed()) break;
      EXPECT_TRUE(report || report.error().message().find("VAULT") != std::string::npos)
          << "call " << call << ": " << report.error().message();
      if (report && report->is_sealed) {
        EXPECT_TRUE(comes_back(4)) << "call " << call;
      }
      EXPECT_TRUE(take(write_to(storages(), std::make_unique<SharedStorage>(files_))).is_sealed)
          << "call " << call;
      EXPECT_TRUE(comes_back(1)) << "call " << call;
    }
  }
}

}  // namespace
}  // namespace letterpress::vault
