// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "vault/keys/sha256.h"
#include "vault/vault_head.h"
#include "vault/volume_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(VolumesTest, AnyFourOfSixBringTheVaultBack) {
  add_packs();
  write({4, 2});
  int patterns = 0;
  for (std::uint32_t without = 0; without < 1U << 6; ++without) {
    if (std::popcount(without) > 2) continue;
    EXPECT_TRUE(comes_back(without)) << without;
    EXPECT_EQ(checked(without).damage, 0U);
    ++patterns;
  }
  EXPECT_EQ(patterns, 22);
}

TEST_F(VolumesTest, AnyTenOfFourteenBringTheVaultBack) {
  add_packs(23);
  write({10, 4});
  std::mt19937_64 random(14);
  int patterns = 0;
  for (std::uint32_t without = 0; without < 1U << 14; ++without) {
    if (std::popcount(without) > 4 || (!is_long_run() && random() % 40 != 0)) continue;
    EXPECT_TRUE(comes_back(without)) << without;
    ++patterns;
  }
  EXPECT_GT(patterns, 20);
  if (is_long_run()) {
    EXPECT_EQ(patterns, 1471);
  }
}

TEST_F(VolumesTest, ThreeOfSixSayWhatIsLostAndGiveTheRest) {
  add_packs();
  write({4, 2});
  for (const std::uint32_t without : {0b000111U, 0b101010U, 0b111000U}) {
    const std::map<std::string, Bytes> back = restored(storages(without));
    EXPECT_FALSE(lost_.empty());
    EXPECT_EQ(checked(without).lost, lost_.size());
    std::map<std::string, Bytes> expected = files_->files;
    for (const std::string& path : lost_) expected.erase(path);
    EXPECT_EQ(back, expected);
  }
}

TEST_F(VolumesTest, PacksLieWholeAndSpreadOverAllVolumes) {
  add_packs(72);
  const WriteVolumesReport report = write({4, 2});
  std::size_t packs = 0;
  for (const SharedFiles& disk : disks_) {
    std::size_t here = 0;
    for (const auto& [path, bytes] : disk->files) {
      if (!path.starts_with("packs/")) continue;
      EXPECT_EQ(files_->files.at(path), bytes);
      ++here;
    }
    EXPECT_EQ(here, 12U);
    packs += here;
  }
  EXPECT_EQ(packs, 72U);
  // m / k of the packs, and m times the longest.
  EXPECT_LE(report.parity_bytes, report.pack_bytes / 2 + 2 * 250'000);
}

TEST_F(VolumesTest, SmallVaultsComeBack) {
  write({4, 2});  // nothing but a head
  EXPECT_TRUE(comes_back(0b11));
  add_pack(513, 1);
  write({4, 2});
  for (std::uint32_t without = 0; without < 1U << 6; ++without) {
    if (std::popcount(without) <= 2) {
      EXPECT_TRUE(comes_back(without)) << without;
    }
  }
  write({1, 1});
  EXPECT_TRUE(comes_back(0b01));
  EXPECT_TRUE(comes_back(0b10));
}

// Every kind of file, on one volume at a time; every byte of those that are small.
TEST_F(VolumesTest, EveryFlipIsFoundAndHealed) {
  add_packs();
  write({4, 2});
  std::uint64_t flips = 0;
  for (std::size_t disk = 0; disk < 2; ++disk) {
    for (auto& [path, bytes] : disks_[disk]->files) {
      const std::size_t tries = is_long_run() ? 400 : 12;
      const std::size_t step = std::max<std::size_t>(1, bytes.size() / tries);
      for (std::size_t at = flips % step; at < bytes.size(); at += step) {
        const auto bit = static_cast<std::uint8_t>(1U << (flips % 8));
        bytes[at] ^= bit;
        EXPECT_GT(checked().damage, 0U) << path << ' ' << at;
        EXPECT_THAT(damage_, ElementsAre("DISK" + std::to_string(disk + 1) + '/' + path)) << at;
        if (flips % 4 == 0) {
          EXPECT_TRUE(comes_back(0b100000)) << path << ' ' << at;
        }
        bytes[at] ^= bit;
        ++flips;
      }
    }
  }
  EXPECT_GT(flips, 300U);
  EXPECT_EQ(checked().damage, 0U);
}

TEST_F(VolumesTest, EveryCutAndEveryMissingFileIsFoundAndHealed) {
  add_packs();
  write({4, 2});
  const std::map<std::string, Bytes> whole = disks_[1]->files;
  for (const auto& [path, bytes] : whole) {
    for (const std::size_t length : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      disks_[1]->files[path].resize(length);
      EXPECT_GT(checked().damage, 0U) << path << ' ' << length;
      EXPECT_TRUE(comes_back()) << path << ' ' << length;
      disks_[1]->files = whole;
    }
    disks_[1]->files[path].push_back(0);
    EXPECT_GT(checked().damage, 0U) << path << " is longer";
    EXPECT_TRUE(comes_back()) << path << " is longer";
    disks_[1]->files = whole;
    disks_[1]->files.erase(path);
    EXPECT_GT(checked().damage, 0U) << path << " is gone";
    EXPECT_TRUE(comes_back()) << path << " is gone";
    disks_[1]->files = whole;
  }
}

TEST_F(VolumesTest, SwappedFilesAreFoundAndHealed) {
  add_packs();
  write({4, 2});
  std::mt19937_64 random(4);
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : disks_[2]->files) paths.push_back(path);
  for (int i = 0; i < 60; ++i) {
    std::map<std::string, Bytes> kept = disks_[2]->files;
    Bytes& one = disks_[2]->files[paths[random() % paths.size()]];
    Bytes& other = disks_[2]->files[paths[random() % paths.size()]];
    if (one == other) continue;
    std::swap(one, other);
    EXPECT_GE(checked().damage, 2U);
    EXPECT_TRUE(comes_back());
    disks_[2]->files = std::move(kept);
  }
}

TEST_F(VolumesTest, VolumesOfTwoSetsThatWereMixedUpAreTold) {
  add_packs();
  write({4, 2});
  const std::vector<SharedFiles> first = disks_;
  write({4, 2});
  // Tags of the other set: right by their own hash, wrong here.
  for (auto& [path, bytes] : disks_[0]->files) {
    if (path.starts_with("tags/")) bytes = first[0]->files.at(path);
  }
  EXPECT_GT(checked().damage, 0U);
  EXPECT_TRUE(comes_back());
}

// Up to m of each row's pieces are destroyed, on all volumes at once.
TEST_F(VolumesTest, ScatteredDamageOnAllVolumesHeals) {
  add_packs(8);
  write({4, 2});
  const std::vector<SharedFiles> whole = disks_;
  const VolumeManifest manifest = take(open_volumes(storages())).front().manifest;
  std::mt19937_64 random(9);
  for (int round = 0; round < (is_long_run() ? 300 : 10); ++round) {
    for (SharedFiles& disk : disks_) disk = std::make_shared<SharedStorage::Files>(*disk);
    std::uint64_t destroyed = 0;
    for (std::uint64_t stripe = 0; stripe < manifest.stripe_count(); ++stripe) {
      for (std::size_t row = 0; row < pieces_of(manifest.stripe_bytes(stripe)); ++row) {
        for (unsigned hit = 0; hit < 2; ++hit) {
          const auto member = static_cast<unsigned>(random() % 6);
          const std::string path = manifest.member_path(stripe, member);
          auto& disk = disks_[manifest.volume_of(stripe, member)]->files;
          if (path.empty() || row * kPieceBytes >= disk[path].size()) continue;
          const std::size_t end = std::min(disk[path].size(), (row + 1) * kPieceBytes);
          for (std::size_t at = row * kPieceBytes; at < end; ++at) disk[path][at] ^= 0x5a;
          ++destroyed;
        }
      }
    }
    EXPECT_GT(destroyed, 0U);
    EXPECT_GT(checked().damage, 0U);
    EXPECT_TRUE(comes_back());
    disks_ = whole;
  }
}

TEST_F(VolumesTest, MoreThanMInOneRowIsToldAndNeverWrong) {
  add_packs(8);
  write({4, 2});
  const VolumeManifest manifest = take(open_volumes(storages())).front().manifest;
  for (const unsigned member : {0U, 2U, 5U}) {
    disks_[manifest.volume_of(1, member)]->files[manifest.member_path(1, member)][3] ^= 1;
  }
  EXPECT_EQ(checked().damage, 3U);
  EXPECT_TRUE(comes_back());  // the spares of one of them suffice
  for (const unsigned member : {0U, 2U, 5U}) {
    disks_[manifest.volume_of(1, member)]->files[spare_path(1, member)][3] ^= 1;
  }
  EXPECT_EQ(checked().lost, 2U);
  const std::map<std::string, Bytes> back = restored(storages());
  EXPECT_THAT(lost_, ElementsAre(manifest.pack(1, 0)->path, manifest.pack(1, 2)->path));
  for (const auto& [path, bytes] : back) EXPECT_EQ(bytes, files_->files.at(path));
  EXPECT_EQ(back.size() + 2, files_->files.size());
}

// m volumes are gone, and every member that is left has a bad piece: what a drill asks for.
TEST_F(VolumesTest, SparesMendEachMemberWhenMVolumesAreGone) {
  add_packs(8);
  add_pack(40 * kPieceBytes + 100, 90);  // two groups, two spares each
  write({4, 2});
  std::mt19937_64 random(12);
  for (const std::uint32_t without : {0b000011U, 0b100100U, 0b011000U}) {
    const std::vector<SharedFiles> whole = disks_;
    for (SharedFiles& disk : disks_) {
      disk = std::make_shared<SharedStorage::Files>(*disk);
      for (auto& [path, bytes] : disk->files) {
        if (path.starts_with("packs/") || path.starts_with("parity/")) {
          bytes[random() % bytes.size()] ^= 0x10;
        }
      }
    }
    const CheckVolumesReport report = checked(without);
    EXPECT_GE(report.damage, 8U);
    EXPECT_EQ(report.lost, 0U);
    EXPECT_TRUE(comes_back(without)) << without;
    disks_ = whole;
  }
}

TEST_F(VolumesTest, SparesMendARunOfBadSectors) {
  add_pack(100 * kPieceBytes + 5, 90);  // four groups, two spares each: any eight neighbours
  write({1, 1});
  for (const std::size_t first : {0U, 37U, 93U}) {
    std::map<std::string, Bytes> kept = disks_[0]->files;
    for (auto& [path, bytes] : disks_[0]->files) {
      if (!path.starts_with("packs/") && !path.starts_with("parity/")) continue;
      const std::size_t end = std::min(bytes.size(), (first + 8) * kPieceBytes);
      for (std::size_t at = first * kPieceBytes; at < end; at += 4096) bytes[at] ^= 1;
    }
    EXPECT_TRUE(comes_back(0b10)) << first;
    disks_[0]->files = std::move(kept);
  }
}

TEST_F(VolumesTest, TagsThatAreGoneEverywhereCostNoWholePack) {
  add_packs(8);
  write({4, 2});
  for (const SharedFiles& disk : disks_) {
    std::erase_if(disk->files, [](const auto& file) { return file.first.starts_with("tags/"); });
  }
  EXPECT_TRUE(comes_back());
  EXPECT_TRUE(comes_back(0b010010));
  EXPECT_EQ(checked(0b010010).lost, 0U);
}

TEST_F(VolumesTest, VolumesWithoutAnyGoodTextFollowTheOthers) {
  add_packs(8);
  write({4, 2});
  for (const std::string_view name : {kVolumeLabelName, kVolumeManifestName, kVolumeSealName}) {
    disks_[3]->files[std::string(name)][9] ^= 1;
  }
  EXPECT_EQ(checked().damage, 3U);
  EXPECT_TRUE(comes_back(0b100001));
}

// A disk that takes so many bytes, and then is full.
TEST_F(VolumesTest, FullVolumeLeavesTheOthersGoodAndGoesOn) {
  add_packs();
  for (const std::size_t room : {0U, 1'000U, 9'000U, 200'000U}) {
    make_disks(6);
    std::size_t left = room;
    disks_[4]->fault = [&](const std::string&, ByteView bytes) -> std::string {
      if (bytes.size() > left) return "No space left on device";
      left -= bytes.size();
      return {};
    };
    const WriteVolumesReport report = take(try_write({4, 2}));
    EXPECT_FALSE(report.is_sealed);
    ASSERT_EQ(report.failed.size(), 1U);
    EXPECT_EQ(report.failed[0].number, 4U);
    EXPECT_THAT(report.failed[0].message, HasSubstr("No space left on device"));
    EXPECT_TRUE(comes_back(0b010000)) << room;
    disks_[4]->fault = nullptr;
    EXPECT_TRUE(take(try_write({4, 2})).is_sealed);
    EXPECT_EQ(checked().damage, 0U);
    EXPECT_TRUE(comes_back(0b000011));
  }
}

// Every put fails once, on all volumes from there on, as when the process is killed.
TEST_F(VolumesTest, InterruptedAnywhereTheSameCallGoesOn) {
  add_packs(5);
  std::size_t puts = 1;
  for (std::size_t last = 0; last < puts; ++last) {
    make_disks(3);
    std::size_t done = 0;
    for (const SharedFiles& disk : disks_) {
      disk->fault = [&](const std::string&, ByteView) {
        return done++ < last ? std::string() : std::string("gone");
      };
    }
    const Result<WriteVolumesReport> first = try_write({2, 1});
    if (last == 0) {
      EXPECT_FALSE(first && first->is_sealed);
    }
    puts = std::max(puts, done);
    for (const SharedFiles& disk : disks_) disk->fault = nullptr;
    const WriteVolumesReport report = take(try_write({2, 1}));
    EXPECT_TRUE(report.is_sealed) << last;
    EXPECT_EQ(report.is_resumed, last > 0);
    if (last % 5 == 0) {
      EXPECT_TRUE(comes_back(1U << last % 3)) << last;
    }
    if (first && first->is_sealed) break;
  }
  EXPECT_GT(puts, 20U);
}

// As a power cut leaves it where files appear while they are written: one file, any one, has its
// name and is cut short, or as long as it should be and not what it should be.
TEST_F(VolumesTest, FileThatWasCutShortGivesWayToTheGoodOne) {
  add_packs(5);
  std::size_t puts = 1;
  for (std::size_t last = 0; last < puts; ++last) {
    make_disks(3);
    std::size_t done = 0;
    std::string torn;
    for (const SharedFiles& disk : disks_) {
      disk->fault = [&](const std::string& path, ByteView bytes) -> std::string {
        if (done++ < last) return {};
        if (done == last + 1) {
          Bytes left(bytes.begin(), bytes.end());
          if (last % 3 == 0) left.resize(left.size() / 2);
          if (last % 3 == 1) left.back() ^= 0xff;
          if (last % 3 == 2) left.clear();
          disk->files[path] = left;
          torn = disk->name + '/' + path;
        }
        return "gone";
      };
    }
    const Result<WriteVolumesReport> first = try_write({2, 1});
    puts = std::max(puts, done);
    for (const SharedFiles& disk : disks_) disk->fault = nullptr;
    if (first && first->is_sealed) break;
    const Result<WriteVolumesReport> report = try_write({2, 1});
    ASSERT_TRUE(report) << torn << ": " << message_of(report);
    EXPECT_TRUE(report->is_sealed) << torn;
    EXPECT_EQ(checked().damage, 0U) << torn;
    EXPECT_TRUE(comes_back(1U << last % 3)) << torn;
  }
  EXPECT_GT(puts, 20U);
}

// A set that was sealed is not touched any more: its volumes restore what is bad.
TEST_F(VolumesTest, DamageToASealedVolumeIsNotSetAside) {
  add_packs(5);
  write({2, 1});
  disks_[0]->files["letterpress-vault"][5] ^= 1;
  const WriteVolumesReport report = take(try_write({2, 1}));
  EXPECT_FALSE(report.is_sealed);
  ASSERT_EQ(report.failed.size(), 1U);
  EXPECT_THAT(report.failed[0].message, HasSubstr("letterpress-vault: exists with other bytes"));
}

TEST_F(VolumesTest, EmptyFolderTakesThePlaceOfALostVolume) {
  add_packs();
  write({4, 2});
  disks_[2] = std::make_shared<SharedStorage::Files>();
  std::swap(disks_[0], disks_[5]);  // in any order
  const WriteVolumesReport report = take(try_write({4, 2}));
  EXPECT_TRUE(report.is_sealed);
  EXPECT_TRUE(report.was_sealed);
  EXPECT_EQ(checked().damage, 0U);
  EXPECT_TRUE(comes_back(0b011000));
}

TEST_F(VolumesTest, SetSinceAnotherHasOnlyWhatIsNew) {
  add_packs();
  write({4, 2});
  const std::vector<SharedFiles> first = disks_;
  const VolumeManifest since = take(open_volumes(storages())).front().manifest;
  const std::string added = add_pack(150'000, 100);
  add_log(2);
  make_disks(3);
  const WriteVolumesReport report = take(try_write({2, 1}, since));
  EXPECT_EQ(report.packs, 1U);
  const std::vector<SharedFiles> second = disks_;
  const VolumeManifest manifest = take(open_volumes(storages())).front().manifest;
  EXPECT_EQ(manifest.since, since.set);
  ASSERT_EQ(manifest.packs.size(), 1U);
  EXPECT_EQ(manifest.packs[0].path, added);

  disks_.insert(disks_.end(), first.begin(), first.end());
  EXPECT_TRUE(comes_back(0b100100010U));
  disks_ = second;
  EXPECT_FALSE(comes_back());
  EXPECT_THAT(lost_, ElementsAre("the set " + to_hex(since.set.bytes)));

  // Found by its id in the vault, too.
  SharedStorage vault(files_);
  EXPECT_EQ(take(find_set(vault, to_hex(since.set.bytes))), since);
  EXPECT_FALSE(find_set(vault, std::string(32, '7')));
}

// What a damaged vault lacked is no part of what a set covers.
TEST_F(VolumesTest, WhatCameBackIsInTheNextSet) {
  const std::string first = add_pack(60'000, 1);
  add_entry(1, {first});
  write({2, 1});
  std::vector<SharedFiles> all = disks_;
  VolumeManifest since = take(open_volumes(storages())).front().manifest;
  EXPECT_THAT(since.lacking, IsEmpty());

  const std::string hurt = add_pack(70'000, 2);
  const std::string gone = add_pack(80'000, 3);
  add_entry(2, {hurt, gone});
  const std::string entry = log_folder(kTinyIdentity.writer) + '/' + sequence_name(3);
  const std::string loose = add_pack(90'000, 4);
  add_entry(3, {loose});
  const std::map<std::string, Bytes> whole = files_->files;
  files_->files[hurt][5] ^= 1;
  put("damaged/" + hurt.substr(hurt.rfind('/') + 1), Bytes(10, 'm'));
  files_->files.erase(gone);
  files_->files[entry][600] ^= 1;
  files_->files[loose][5] ^= 1;  // nobody names it now: taken for one that was never finished
  make_disks(3);
  const WriteVolumesReport report = take(try_write({2, 1}, since));
  EXPECT_EQ(report.missing_packs, 2U);
  all.insert(all.end(), disks_.begin(), disks_.end());
  since = take(open_volumes(storages())).front().manifest;
  std::vector<std::string> expected = {entry, hurt, gone};
  std::ranges::sort(expected);
  EXPECT_EQ(since.lacking, expected);
  EXPECT_THAT(since.packs, IsEmpty());

  // A set in between that gets none of it back hands it on.
  add_entry(4, {});
  make_disks(3);
  take(try_write({2, 1}, since));
  all.insert(all.end(), disks_.begin(), disks_.end());
  since = take(open_volumes(storages())).front().manifest;
  EXPECT_EQ(since.lacking, expected);

  for (const auto& [path, bytes] : whole) files_->files[path] = bytes;
  std::erase_if(files_->files, [](const auto& file) { return file.first.starts_with("damaged/"); });
  make_disks(3);
  EXPECT_EQ(take(try_write({2, 1}, since)).packs, 3U);
  EXPECT_THAT(take(open_volumes(storages())).front().manifest.lacking, IsEmpty());
  disks_.insert(disks_.end(), all.begin(), all.end());
  EXPECT_TRUE(comes_back());
}

TEST_F(VolumesTest, NeedsAFolderForEachVolume) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{5}, std::size_t{7}}) {
    make_disks(count);
    const Result<WriteVolumesReport> report = try_write({4, 2});
    ASSERT_FALSE(report) << count;
    EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
    for (const auto& disk : disks_) EXPECT_TRUE(disk->files.empty());
  }
}

TEST_F(VolumesTest, RepairThatWasStoppedGoesOnBeforeASetIsWritten) {
  add_entry(1, {add_pack(60'000, 1)});
  add_entry(2, {});
  EXPECT_EQ(
      message_of(files_->set_aside(log_folder(kTinyIdentity.writer) + '/' + sequence_name(2))), "");
  make_disks(3);
  const Result<WriteVolumesReport> report = try_write({2, 1});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(report), HasSubstr("run letterpress repair again"));
  EXPECT_TRUE(disks_[0]->files.empty());
}

TEST_F(VolumesTest, VaultThatWasRolledBackDoesNotGoOnFromASet) {
  add_packs();
  files_->files.erase(log_folder(kTinyIdentity.writer) + '/' + sequence_name(1));
  add_entry(1, {});
  write({4, 2});
  const VolumeManifest since = take(open_volumes(storages())).front().manifest;
  files_->files.erase(log_folder(kTinyIdentity.writer) + '/' + sequence_name(1));
  make_disks(3);
  const Result<WriteVolumesReport> report = try_write({2, 1}, since);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(report), HasSubstr("rolled back"));
}

TEST_F(VolumesTest, DiskThatGivesBackOtherBytesIsNotSealed) {
  add_packs();
  make_disks(6);
  disks_[1]->fault = [&](const std::string& path, ByteView) -> std::string {
    // What was put before goes bad before the trial.
    if (path == "letterpress-vault") {
      for (auto& [name, bytes] : disks_[1]->files) {
        if (name.starts_with("parity/")) bytes[11] ^= 4;
      }
    }
    return {};
  };
  const Result<WriteVolumesReport> report = try_write({4, 2});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(message_of(report), HasSubstr("DISK2/parity/"));
  for (const SharedFiles& disk : disks_) EXPECT_FALSE(disk->files.contains("letterpress-seal"));
  EXPECT_FALSE(take(open_volumes(storages())).front().seal);
}

TEST_F(VolumesTest, DamagedPacksAreAllNamedAndTheSetIsNotSealed) {
  add_packs();
  // Two of one stripe, one of another, and one that its disk does not give.
  const std::vector<std::string> bad = {add_pack(900'000, 50), add_pack(900'001, 51),
                                        add_pack(70'000, 52), add_pack(20'000, 53)};
  add_log(1);
  // Whole when the set is planned, damaged when it is read.
  const SharedStorage::Files whole = *files_;
  make_disks(3);
  disks_[0]->fault = [&](const std::string& path, ByteView) -> std::string {
    if (path != "letterpress-set") return {};
    for (std::size_t i = 0; i < 3; ++i) files_->files[bad[i]][5] ^= 1;
    files_->unreadable.insert(bad[3]);
    return {};
  };
  const Result<WriteVolumesReport> report = try_write({2, 1});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCorrupt);
  for (const std::string& path : bad) EXPECT_THAT(message_of(report), HasSubstr("VAULT/" + path));
  EXPECT_THAT(message_of(report), HasSubstr("4 packs"));
  EXPECT_THAT(message_of(report), HasSubstr("letterpress repair"));
  for (const SharedFiles& disk : disks_) {
    EXPECT_FALSE(disk->files.contains("letterpress-seal"));
    for (const std::string& path : bad) EXPECT_FALSE(disk->files.contains(path));
    EXPECT_TRUE(disk->files.contains(log_folder(kTinyIdentity.writer) + '/' + sequence_name(1)));
    disk->fault = nullptr;
  }
  // Healed, it goes on.
  files_->files = whole.files;
  files_->unreadable.clear();
  EXPECT_TRUE(take(try_write({2, 1})).is_sealed);
  EXPECT_TRUE(comes_back(0b010));
}

// A repair found no copy of it: what is left of the vault is worth a set.
TEST_F(VolumesTest, PackWithTheMarkOfARepairIsLeftOut) {
  add_packs(4);
  const std::map<std::string, Bytes> whole = files_->files;
  const std::string bad = add_pack(70'000, 50);
  files_->files[bad][5] ^= 1;
  const std::string name = bad.substr(bad.rfind('/') + 1);
  put("damaged/" + name, Bytes(10, 'm'));
  make_disks(3);
  const WriteVolumesReport report = take(try_write({2, 1}));
  EXPECT_TRUE(report.is_sealed);
  EXPECT_EQ(report.missing_packs, 1U);
  for (const auto& [path, bytes] : restored(storages(0b100))) {
    if (!path.starts_with("volumes/")) {
      EXPECT_EQ(whole.at(path), bytes);
    }
  }
}

TEST_F(VolumesTest, PackThatWasNeverFinishedIsLeftOut) {
  add_packs(3);
  const std::map<std::string, Bytes> whole = files_->files;
  files_->files[add_pack(3000, 77)].resize(1000);
  write({2, 1});
  for (const auto& [path, bytes] : restored(storages())) {
    if (!path.starts_with("volumes/")) {
      EXPECT_EQ(whole.at(path), bytes);
    }
  }
  EXPECT_THAT(lost_, IsEmpty());
}

TEST_F(VolumesTest, FoldersOfOthersAreLeftAlone) {
  add_packs(3);
  make_disks(3);
  disks_[1]->files["holiday.jpg"] = {1, 2, 3};
  const Result<WriteVolumesReport> foreign = try_write({2, 1});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(foreign), HasSubstr("DISK2/holiday.jpg"));
  EXPECT_TRUE(disks_[0]->files.empty());

  write({2, 1});
  const Result<WriteVolumesReport> other = try_write({1, 2});
  ASSERT_FALSE(other);
  EXPECT_THAT(message_of(other), HasSubstr("begun with 3 volumes and parity 1"));

  const auto to = std::make_shared<SharedStorage::Files>();
  to->files["holiday.jpg"] = {1};
  SharedStorage storage(to);
  const auto sets = take(open_volumes(storages()));
  EXPECT_FALSE(restore_volumes(sets, storage, {}));
  EXPECT_EQ(to->files.size(), 1U);
}

TEST_F(VolumesTest, RestoreGoesOnWhereItWasInterrupted) {
  add_packs();
  write({4, 2});
  const auto to = std::make_shared<SharedStorage::Files>();
  std::size_t done = 0;
  to->fault = [&](const std::string&, ByteView) {
    return done++ < 5 ? std::string() : std::string("No space left on device");
  };
  SharedStorage storage(to);
  const auto sets = take(open_volumes(storages(0b110000)));
  RestoreVolumesOptions options;
  options.threads = 1;
  EXPECT_FALSE(restore_volumes(sets, storage, options));
  EXPECT_FALSE(to->files.contains("letterpress-vault"));
  to->fault = nullptr;
  EXPECT_EQ(take(restore_volumes(sets, storage, options)).lost, 0U);
  EXPECT_EQ(to->files, files_->files);
  EXPECT_EQ(take(restore_volumes(sets, storage, options)).lost, 0U);
}

TEST(VolumeManifest, RejectsPathsThatLeadElsewhere) {
  for (const std::string path :
       {"../x", "/etc/passwd", "log/x", "packs/00/zz", "program/../x", "program/a/b", ".hidden",
        "letterpress-seal", "tmp", "tags/00000000", "volumes/x", ""}) {
    EXPECT_EQ(kind_of_path(path), PathKind::kNone) << path;
  }
  EXPECT_EQ(kind_of_path("README.txt"), PathKind::kCompanion);
  EXPECT_EQ(kind_of_path("program/libstdc++.so.6"), PathKind::kCompanion);
}

}  // namespace
}  // namespace letterpress::vault
