// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/blob_table.h"

#include <gtest/gtest.h>

#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

BlobId id_of(std::size_t number) { return vault::sha256(as_bytes(std::to_string(number))); }

TEST(BlobTable, StoredBlobsAreNobodysToMake) {
  BlobTable table;
  for (std::size_t i = 0; i < 10'000; ++i) table.add(id_of(i));
  for (std::size_t i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(table.has(id_of(i)));
    EXPECT_FALSE(table.claim(id_of(i), 1));
    EXPECT_FALSE(table.settle(id_of(i), 1));
  }
  EXPECT_FALSE(table.has(id_of(10'000)));
  EXPECT_TRUE(table.claim(id_of(10'000), 1));
}

TEST(BlobTable, TheFirstBatchSettles) {
  for (const bool late_first : {false, true}) {
    BlobTable table;
    const BlobId id = id_of(1);
    if (late_first) {
      EXPECT_TRUE(table.claim(id, 7));
      EXPECT_TRUE(table.claim(id, 3));
    } else {
      EXPECT_TRUE(table.claim(id, 3));
      EXPECT_FALSE(table.claim(id, 7));
    }
    EXPECT_FALSE(table.claim(id, 3)) << "twice in one batch";
    EXPECT_TRUE(table.settle(id, 3));
    EXPECT_FALSE(table.settle(id, 3));
    EXPECT_FALSE(table.settle(id, 7));
    EXPECT_FALSE(table.claim(id, 9));
  }
}

}  // namespace
}  // namespace letterpress::restic
