// SPDX-License-Identifier: Apache-2.0
// Expected bytes are those of docs/STREAM.md, "Integers", or worked out by hand from it.
#include "base/varint.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "base/byte_cursor.h"
#include "base/endian.h"

namespace letterpress {
namespace {

Bytes varint(std::uint64_t value) {
  Bytes out;
  append_varint(out, value);
  return out;
}

TEST(Varint, IsAsTheDocumentSays) {
  EXPECT_EQ(varint(0), (Bytes{0x00}));
  EXPECT_EQ(varint(127), (Bytes{0x7f}));
  EXPECT_EQ(varint(128), (Bytes{0x80, 0x01}));
  EXPECT_EQ(varint(300), (Bytes{0xac, 0x02}));
  EXPECT_EQ(varint(16383), (Bytes{0xff, 0x7f}));
  EXPECT_EQ(varint(16384), (Bytes{0x80, 0x80, 0x01}));
  EXPECT_EQ(varint(UINT64_MAX),
            (Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_EQ(varint(UINT64_MAX).size(), kVarintBytesMax);
}

TEST(Varint, ComesBackAroundEachPowerOfTwo) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t around : {UINT64_MAX, std::uint64_t{0}, std::uint64_t{1}}) {
      const std::uint64_t value = (std::uint64_t{1} << bit) + around;
      const Bytes bytes = varint(value);
      // Seven bits a byte, no more bytes than that takes.
      const unsigned bits = static_cast<unsigned>(std::bit_width(value));
      EXPECT_EQ(bytes.size(), bits == 0 ? 1U : (bits + 6) / 7) << value;
      ByteCursor cursor(bytes);
      EXPECT_EQ(cursor.varint(), value);
      EXPECT_TRUE(cursor.ok() && cursor.at_end());
    }
  }
}

TEST(SignFolding, KeepsSmallMagnitudesSmall) {
  const std::int64_t values[] = {0, -1, 1, -2, 2, -3};
  for (std::uint64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(fold_sign(values[i]), i);
    EXPECT_EQ(unfold_sign(i), values[i]);
  }
  EXPECT_EQ(varint(fold_sign(-150)), (Bytes{0xab, 0x02}));
}

TEST(SignFolding, CoversAllValues) {
  EXPECT_EQ(fold_sign(INT64_MAX), UINT64_MAX - 1);
  EXPECT_EQ(fold_sign(INT64_MIN), UINT64_MAX);
  EXPECT_EQ(unfold_sign(UINT64_MAX - 1), INT64_MAX);
  EXPECT_EQ(unfold_sign(UINT64_MAX), INT64_MIN);
}

TEST(LittleEndian, PutsTheLowestByteFirst) {
  Bytes out;
  append_le(out, std::uint8_t{0x01});
  append_le(out, std::uint16_t{0x0302});
  append_le(out, std::uint32_t{0x07060504});
  append_le(out, std::uint64_t{0x0f0e0d0c0b0a0908});
  EXPECT_EQ(out, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST(LittleEndian, LoadsFromAnyAlignment) {
  const Bytes bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::uint64_t at = 0; at < 8; ++at) {
    EXPECT_EQ(load_le<std::uint64_t>(bytes.data() + at),
              0x0706050403020100U + at * 0x0101010101010101U);
    EXPECT_EQ(load_le<std::uint16_t>(bytes.data() + at), 0x0100U + at * 0x0101U);
  }
}

}  // namespace
}  // namespace letterpress
