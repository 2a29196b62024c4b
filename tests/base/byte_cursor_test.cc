// SPDX-License-Identifier: Apache-2.0
#include "base/byte_cursor.h"

#include <gtest/gtest.h>

#include "base/varint.h"

namespace letterpress {
namespace {

TEST(ByteCursor, ReadsInOrder) {
  const Bytes bytes = {0x05, 0x34, 0x12, 0xac, 0x02, 'a', 'b'};
  ByteCursor cursor(bytes);
  EXPECT_EQ(cursor.le<std::uint8_t>(), 5);
  EXPECT_EQ(cursor.le<std::uint16_t>(), 0x1234);
  EXPECT_EQ(cursor.varint(), 300U);
  EXPECT_EQ(cursor.offset(), 5U);
  EXPECT_EQ(cursor.remaining(), 2U);
  EXPECT_EQ(as_text(cursor.take(2)), "ab");
  EXPECT_TRUE(cursor.at_end());
  EXPECT_TRUE(cursor.ok());
}

TEST(ByteCursor, TakesNothingWithoutComplaint) {
  ByteCursor cursor(ByteView{});
  EXPECT_TRUE(cursor.take(0).empty());
  EXPECT_TRUE(cursor.ok());
  EXPECT_TRUE(cursor.at_end());
}

TEST(ByteCursor, FailsPastTheEndAndStaysFailed) {
  const Bytes bytes = {1, 2, 3};
  ByteCursor cursor(bytes);
  EXPECT_EQ(cursor.le<std::uint32_t>(), 0U);
  EXPECT_FALSE(cursor.ok());
  EXPECT_TRUE(cursor.at_end());  // so that loops over the rest end
  EXPECT_EQ(cursor.le<std::uint8_t>(), 0);
  EXPECT_EQ(cursor.varint(), 0U);
  EXPECT_TRUE(cursor.take(1).empty());
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteCursor, RefusesCountsThatWouldWrapAround) {
  const Bytes bytes = {1, 2, 3};
  for (const std::uint64_t count : {std::uint64_t{4}, UINT64_MAX, UINT64_MAX - 1}) {
    ByteCursor cursor(bytes);
    cursor.take(1);
    EXPECT_TRUE(cursor.take(count).empty());
    EXPECT_FALSE(cursor.ok());
  }
}

TEST(ByteCursor, RefusesVarintsCutShort) {
  const Bytes bytes(9, 0xff);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    ByteCursor cursor(ByteView(bytes).first(size));
    EXPECT_EQ(cursor.varint(), 0U);
    EXPECT_FALSE(cursor.ok()) << size;
  }
}

TEST(ByteCursor, RefusesVarintsOfMoreThan64Bits) {
  Bytes bytes(9, 0xff);
  bytes.push_back(0x01);
  ByteCursor largest(bytes);
  EXPECT_EQ(largest.varint(), UINT64_MAX);
  EXPECT_TRUE(largest.ok());
  for (const std::uint8_t tenth : Bytes{0x02, 0x7f, 0x80, 0x81, 0xff}) {
    bytes.back() = tenth;
    Bytes longer = bytes;
    longer.push_back(0);
    ByteCursor cursor(longer);
    cursor.varint();
    EXPECT_FALSE(cursor.ok()) << int{tenth};
  }
}

TEST(ByteCursor, TakesLongVarintsOfSmallValues) {
  // The document lets a reader take them.
  const Bytes bytes = {0x85, 0x80, 0x00};
  ByteCursor cursor(bytes);
  EXPECT_EQ(cursor.varint(), 5U);
  EXPECT_TRUE(cursor.ok() && cursor.at_end());
}

}  // namespace
}  // namespace letterpress
