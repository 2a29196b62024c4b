// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/pack_scan.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "files/temp_tree.h"
#include "vault/memory_storage.h"
#include "vault/packs/pack_writer.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

class PackScanTest : public ::testing::Test {
 protected:
  PackScanTest() {
    EXPECT_EQ(message_of(storage_.make_folders(vault_folders())), "");
    PackWriter writer(tiny_key(), chance_of(0x33));
    EXPECT_EQ(message_of(writer.append(1, seeded_bytes(30000, 1))), "");
    pack_ = storage_.files.at(pack_path(take(writer.commit(storage_)).sha256));
  }

  // Of a disk with these bytes.
  PackScan scan(const Bytes& bytes) {
    tree_.file("disk", std::string(bytes.begin(), bytes.end()));
    EXPECT_EQ(message_of(images_.add(tree_.path("disk"))), "");
    return take(PackScan::run(images_, reading_keys(), {}));
  }
  static bool is_whole(const PackScan& scan) {
    return scan.packs().size() == 1 &&
           scan.packs()[0].found_records == scan.packs()[0].records.size();
  }
  // One byte of each record is another.
  Bytes with_damaged_records() const {
    Bytes bytes = pack_;
    for (std::size_t at = 0; at + 4 < bytes.size(); at += kSectorBytes) {
      if (std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 4), "LPR1")) {
        bytes[at + 100] ^= 1;
      }
    }
    return bytes;
  }

  MemoryStorage storage_;
  Bytes pack_;
  files::test::TempTree tree_;
  Images images_;
};

TEST_F(PackScanTest, FindsAPackBetweenOtherBytes) {
  Bytes disk = seeded_bytes(20 * kSectorBytes, 2);
  append(disk, pack_);
  append(disk, seeded_bytes(1000, 3));
  EXPECT_TRUE(is_whole(scan(disk)));
}

TEST_F(PackScanTest, CountsEachRecordOnce) {
  Bytes disk = pack_;
  append(disk, pack_);
  EXPECT_TRUE(is_whole(scan(disk)));
}

// A disk is read in parts of 1 MiB.
TEST_F(PackScanTest, FindsARecordThatLiesInTwoParts) {
  constexpr std::size_t kThirdRecord = 3 * 4096;
  ASSERT_EQ(as_text(ByteView(pack_).subspan(kThirdRecord, 4)), "LPR1");
  Bytes disk(kMiB - kThirdRecord - kSectorBytes);
  append(disk, pack_);
  EXPECT_TRUE(is_whole(scan(disk)));
}

TEST_F(PackScanTest, FindsNoWholePackInDamagedOnes) {
  const PackScan found = scan(with_damaged_records());
  ASSERT_EQ(found.packs().size(), 1U);
  EXPECT_EQ(found.packs()[0].found_records, 0U);
}

// Who formats a disk can plant what looks like records at its beginning.
TEST_F(PackScanTest, FindsTheWholePackBehindManyDamagedOnes) {
  Bytes disk;
  for (int copy = 0; copy < 20; ++copy) append(disk, with_damaged_records());
  append(disk, pack_);
  EXPECT_TRUE(is_whole(scan(disk)));
}

}  // namespace
}  // namespace letterpress::vault
