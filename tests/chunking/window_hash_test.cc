// SPDX-License-Identifier: Apache-2.0
// The mark against its definition in docs/FORMAT.md, "Cut points".
#include "chunking/window_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "chunking/generated_input.h"

namespace letterpress::chunking {
namespace {

unsigned times(unsigned a, unsigned b) {
  unsigned product = 0;
  for (int bit = 7; bit >= 0; --bit) {
    product <<= 1;
    if (product > 255) product ^= 0x11d;
    if (((b >> bit) & 1) != 0) product ^= a;
  }
  return product;
}

unsigned power_of_two(std::size_t exponent) {
  unsigned power = 1;
  for (std::size_t i = 0; i < exponent; ++i) power = times(power, 2);
  return power;
}

std::uint32_t defined_mark(const std::uint8_t* position) {
  std::uint32_t mark = 0;
  for (const std::size_t width : {32U, 16U, 8U}) {
    unsigned hash = 0;
    for (std::size_t j = 0; j < width; ++j) hash ^= times(power_of_two(j), *(position - 1 - j));
    mark = mark << 8 | hash;
  }
  return mark;
}

TEST(WindowHash, TwoGeneratesTheField) {
  std::set<unsigned> powers;
  for (std::size_t i = 0; i < 255; ++i) powers.insert(power_of_two(i));
  EXPECT_EQ(powers.size(), 255U);
  EXPECT_EQ(powers.count(0), 0U);
}

TEST(WindowHash, MarkIsAsDefined) {
  const Bytes bytes = test::generated_input("random:1:3000");
  for (std::size_t at = 32; at <= bytes.size(); ++at) {
    ASSERT_EQ(mark_of(bytes.data() + at), defined_mark(bytes.data() + at)) << at;
  }
}

TEST(WindowHash, MarkOfTheWorkedExample) {
  Bytes bytes(32);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(mark_of(bytes.data() + 32), 0x9f88efU);
}

// All positions of an endless repeat of `unit`, none of which may be marked with `bits` bits.
void expect_no_mark(std::string_view unit, unsigned bits) {
  Bytes bytes;
  while (bytes.size() < 64 + 2 * unit.size()) append(bytes, as_bytes(unit));
  for (std::size_t i = 0; i < unit.size(); ++i) {
    EXPECT_FALSE(is_marked(bytes.data() + 32 + unit.size() + i, bits))
        << "repeats of \"" << unit << "\" at " << i;
  }
}

TEST(WindowHash, RunsOfACommonByteAreNotMarked) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool is_text = (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13);
    if (!is_text && byte != 0 && byte != 0xff) continue;
    expect_no_mark(std::string(1, static_cast<char>(byte)), 8);
    expect_no_mark(std::string{static_cast<char>(byte), '\0'}, 8);  // UTF-16
  }
  expect_no_mark("\r\n", 8);
}

TEST(WindowHash, Base64OfRunsIsNotMarked) {
  for (const char character : {'A', '/'}) {  // runs of 0x00 and 0xff
    for (const char* const end : {"\n", "\r\n", " \n"}) {
      expect_no_mark(std::string(76, character) + end, 8);
    }
  }
}

TEST(WindowHash, Base64OfOneByteOverAndOverIsNotMarked) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const unsigned three = byte << 16 | byte << 8 | byte;
    std::string four;
    for (const unsigned shift : {18U, 12U, 6U, 0U}) four += kAlphabet[(three >> shift) % 64];
    expect_no_mark(four, 10);
  }
}

TEST(WindowHash, RepeatsOfACommonByteAndAnotherAreNotMarked) {
  for (unsigned first = 0; first < 256; ++first) {
    const bool is_common =
        (first >= 32 && first < 127) || (first >= 9 && first <= 13) || first == 0 || first == 0xff;
    if (!is_common) continue;
    for (unsigned second = 0; second < 256; ++second) {
      expect_no_mark(std::string{static_cast<char>(first), static_cast<char>(second)}, 10);
    }
  }
}

TEST(WindowHash, RepeatsThatMailIsFullOfAreNotMarked) {
  for (const char* const unit :
       {"=20",    "%20",   "=\r\n", "> \n",   "> \r\n", " \r\n",   "&nbsp;",
        "+---",   "-+-",   "<br>",  "<br>\n", "=3D",    "=0A",     "=0D=0A",
        "0x00, ", "0x00,", "00 ",   "FF ",    "0, ",    "\\u0000", "\\x00"}) {
    expect_no_mark(unit, 10);
  }
  for (const char character : std::string("-=*_ .#>")) {
    for (const std::size_t columns : {60U, 64U, 70U, 72U, 75U, 76U, 78U, 79U, 80U}) {
      expect_no_mark(std::string(columns, character) + "\n", 10);
      expect_no_mark(std::string(columns, character) + "\r\n", 10);
    }
  }
}

}  // namespace
}  // namespace letterpress::chunking
