// SPDX-License-Identifier: Apache-2.0
// The mark and its search against the definition in docs/FORMAT.md, "Cut points", computed here by
// long multiplication.
#include "chunking/mark_search.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <set>

#include "chunking/generated_input.h"
#include "chunking/window_hash.h"

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

std::size_t find_mark_naive(const Bytes& bytes, std::size_t from, std::size_t to, unsigned bits) {
  for (std::size_t at = from; at < to; ++at) {
    if ((defined_mark(bytes.data() + at) ^ kTarget) >> (24 - bits) == 0) return at;
  }
  return to;
}

TEST(MarkSearch, FindsTheFirstMarkOfEveryShortRange) {
  const Bytes bytes = test::generated_input("random:2:300");
  for (std::size_t from = 32; from < 100; ++from) {
    for (std::size_t to = from; to <= from + 100; ++to) {
      ASSERT_EQ(find_mark_scalar(bytes.data(), from, to, 8), find_mark_naive(bytes, from, to, 8))
          << from << " to " << to;
    }
  }
}

TEST(MarkSearch, FindsEveryMarkOfLongData) {
  for (const char* const input :
       {"random:3:20000", "base64:4:20000", "random:5:2000+fill:00:3000+random:6:2000+fill:00:900",
        "fill:00:31+random:7:600+fill:00:32+random:8:600+fill:00:33+random:9:600"}) {
    const Bytes bytes = test::generated_input(input);
    for (const unsigned bits : {8U, 9U, 12U}) {
      std::size_t at = 32;
      while (at < bytes.size()) {
        const std::size_t found = find_mark_scalar(bytes.data(), at, bytes.size(), bits);
        ASSERT_EQ(found, find_mark_naive(bytes, at, bytes.size(), bits))
            << input << " from " << at << ", bits " << bits;
        at = found + 1;
      }
    }
  }
}

// In runs of 0xf3 every window has the first 8 bits of the target.
TEST(MarkSearch, MarksAtEveryPosition) {
  const Bytes bytes = test::generated_input("fill:f3:2000");
  for (std::size_t at = 32; at < bytes.size(); ++at) {
    ASSERT_EQ(find_mark_scalar(bytes.data(), at, bytes.size(), 8), at);
  }
  EXPECT_EQ(find_mark_scalar(bytes.data(), 32, bytes.size(), 10), bytes.size());
}

TEST(MarkSearch, ReadsOnlyTheWindowsOfTheRange) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const mapped =
      mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const first = static_cast<std::uint8_t*>(mapped) + page;
  ASSERT_EQ(mprotect(mapped, page, PROT_NONE), 0);
  ASSERT_EQ(mprotect(first + page, page, PROT_NONE), 0);
  const Bytes random = test::generated_piece("random:10:" + std::to_string(page));
  for (const bool zeros : {false, true}) {
    if (zeros) {
      std::fill(first, first + page, std::uint8_t{0});
    } else {
      std::copy(random.begin(), random.end(), first);
    }
    for (std::size_t length = 0; length + 32 <= page; ++length) {
      const std::uint8_t* const ends_at_guard = first + page - 32 - length;
      EXPECT_LE(find_mark_scalar(ends_at_guard, 32, 32 + length, 24), 32 + length);
      EXPECT_LE(find_mark_scalar(first, 32, 32 + length, 24), 32 + length);
    }
  }
  munmap(mapped, 3 * page);
}

}  // namespace
}  // namespace letterpress::chunking
