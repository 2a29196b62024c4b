// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

#include <gtest/gtest.h>

#include <array>

namespace letterpress {
namespace {

TEST(Hex, IsTwoDigitsAByteTheHigherFirst) {
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(to_hex(Bytes{0x00, 0x1f, 0xa0, 0xff}), "001fa0ff");
}

TEST(Hex, EveryByteComesBack) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::array<std::uint8_t, 1> back{};
    const Bytes one = {static_cast<std::uint8_t>(byte)};
    ASSERT_TRUE(parse_hex(to_hex(one), back));
    EXPECT_EQ(back[0], byte);
  }
}

TEST(Hex, TakesItsOwnDigitsOnlyAndAsManyAsThereAreBytes) {
  std::array<std::uint8_t, 2> out{};
  EXPECT_TRUE(parse_hex("12ef", out));
  for (const char* text :
       {"", "1", "12", "12e", "12ef0", "12ef00", "12eg", "12EF", " 12e", "+2ef", "0x12"}) {
    EXPECT_FALSE(parse_hex(text, out)) << text;
  }
}

}  // namespace
}  // namespace letterpress
