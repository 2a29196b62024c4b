// SPDX-License-Identifier: Apache-2.0
// Every kernel of the mark search against is_marked(), position by position; window_hash_test.cc
// checks that.
#include "chunking/mark_search.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <random>

#include "chunking/chosen_input.h"
#include "chunking/emulated_mark_search.h"
#include "chunking/generated_input.h"
#include "chunking/window_hash.h"

namespace letterpress::chunking {
namespace {

using test::mark_with;
using test::set_mark;

struct NamedKernel {
  std::string name;
  MarkKernel kernel;
};

void PrintTo(const NamedKernel& named, std::ostream* out) { *out << named.name; }

std::vector<NamedKernel> all_kernels() {
  std::vector<NamedKernel> all{
      {"avx512_emulated", {CpuTier::kScalar, test::find_mark_emulated_avx512}}};
  for (const MarkKernel& kernel : mark_kernels()) {
    all.push_back({cpu_tier_name(kernel.tier), kernel});
  }
  return all;
}

std::size_t find_mark_naive(const Bytes& bytes, std::size_t from, std::size_t to, unsigned bits) {
  while (from < to && !is_marked(bytes.data() + from, bits)) ++from;
  return from;
}

class MarkSearchTest : public testing::TestWithParam<NamedKernel> {
 protected:
  void SetUp() override {
    if (GetParam().kernel.tier > cpu_tier()) GTEST_SKIP() << "this CPU lacks the tier";
  }

  static std::size_t find(const Bytes& bytes, std::size_t from, std::size_t to, unsigned bits) {
    return GetParam().kernel.find(bytes.data(), from, to, bits);
  }

  static void expect_all_marks(const Bytes& bytes, unsigned bits) {
    for (std::size_t at = 32; at < bytes.size(); ++at) {
      const std::size_t found = find(bytes, at, bytes.size(), bits);
      ASSERT_EQ(found, find_mark_naive(bytes, at, bytes.size(), bits))
          << "from " << at << ", bits " << bits;
      at = found;
    }
  }
};

TEST_P(MarkSearchTest, FindsTheFirstMarkOfEveryShortRange) {
  const Bytes bytes = test::generated_input("random:2:700");
  for (std::size_t from = 32; from < 100; ++from) {
    for (std::size_t to = from; to <= from + 600; ++to) {
      ASSERT_EQ(find(bytes, from, to, 8), find_mark_naive(bytes, from, to, 8))
          << from << " to " << to;
    }
  }
}

TEST_P(MarkSearchTest, FindsEveryMarkOfLongData) {
  for (const char* const input :
       {"random:3:20000", "base64:4:20000", "random:5:2000+fill:00:3000+random:6:2000+fill:00:900",
        "fill:00:31+random:7:600+fill:00:32+random:8:600+fill:00:33+random:9:600"}) {
    SCOPED_TRACE(input);
    for (const unsigned bits : {8U, 9U, 12U}) expect_all_marks(test::generated_input(input), bits);
  }
}

TEST_P(MarkSearchTest, FindsMarksOfAnyBitsInAnyLane) {
  for (unsigned bits = 8; bits <= kMarkBits; ++bits) {
    for (std::size_t at = 32; at < 32 + 600; ++at) {
      Bytes bytes = test::generated_input("fill:20:1000");
      set_mark(bytes.data() + at, mark_with(bits));
      ASSERT_EQ(find(bytes, 32, bytes.size(), bits), at) << "bits " << bits;
      if (bits == kMarkBits) continue;
      ASSERT_EQ(find(bytes, 32, bytes.size(), bits + 1),
                find_mark_naive(bytes, 32, bytes.size(), bits + 1))
          << "at " << at << ", bits " << bits + 1;
    }
  }
}

// Candidates all over the data, that lack the last bit.
TEST_P(MarkSearchTest, AlmostMarksInEveryWindow) {
  for (unsigned bits = 8; bits < kMarkBits; ++bits) {
    Bytes bytes = test::generated_input("random:11:32");
    set_mark(bytes.data() + 32, mark_with(bits));
    while (bytes.size() < 5000) append(bytes, Bytes(bytes.end() - 32, bytes.end()));
    expect_all_marks(bytes, bits);
    expect_all_marks(bytes, bits + 1);
  }
}

// In runs of 0xf3 every window has the first 8 bits of the target.
TEST_P(MarkSearchTest, MarksAtEveryPosition) {
  const Bytes bytes = test::generated_input("fill:f3:2000");
  for (std::size_t at = 32; at < bytes.size(); ++at) {
    ASSERT_EQ(find(bytes, at, bytes.size(), 8), at);
  }
  EXPECT_EQ(find(bytes, 32, bytes.size(), 10), bytes.size());
}

TEST_P(MarkSearchTest, RunsOfZerosOfEveryLength) {
  for (std::size_t zero_count = 0; zero_count < 400; ++zero_count) {
    const Bytes bytes =
        test::generated_input("random:12:100+fill:00:" + std::to_string(zero_count) +
                              "+random:13:400+fill:00:" + std::to_string(zero_count));
    expect_all_marks(bytes, 8);
  }
}

// Where fewer zeros than a window has lie before a position, it may be marked.
TEST_P(MarkSearchTest, PositionsBehindAlmostAWindowOfZeros) {
  std::size_t marks = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const Bytes bytes =
        test::generated_input("random:" + std::to_string(seed) + ":40+fill:00:40+random:3:40");
    for (std::size_t at = 40 + 16; at < 40 + 40; ++at) {
      const std::size_t expected = find_mark_naive(bytes, at, bytes.size(), 8);
      ASSERT_EQ(find(bytes, at, bytes.size(), 8), expected) << "from " << at << ", seed " << seed;
      marks += expected < 40 + 32 ? 1 : 0;
    }
  }
  EXPECT_GT(marks, 20U);
}

TEST_P(MarkSearchTest, AnyRangeOfAnyData) {
  std::mt19937 random(14);
  for (int i = 0; i < 3000; ++i) {
    // Few values of a byte, so that zeros and repeats come up.
    Bytes bytes(random() % 6000 + 32);
    const std::uint32_t value_count = 1U << random() % 9;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % value_count);
    const std::size_t from = 32 + random() % (bytes.size() - 31);
    const std::size_t to = from + random() % (bytes.size() - from + 1);
    const auto bits = static_cast<unsigned>(8 + random() % 17);
    ASSERT_EQ(find(bytes, from, to, bits), find_mark_naive(bytes, from, to, bits))
        << from << " to " << to << ", bits " << bits << ", values " << value_count;
  }
}

TEST_P(MarkSearchTest, ReadsOnlyTheWindowsOfTheRange) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const mapped =
      mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const first = static_cast<std::uint8_t*>(mapped) + page;
  ASSERT_EQ(mprotect(mapped, page, PROT_NONE), 0);
  ASSERT_EQ(mprotect(first + page, page, PROT_NONE), 0);
  const FindMark find_mark = GetParam().kernel.find;
  const Bytes random = test::generated_piece("random:10:" + std::to_string(page));
  for (const bool zeros : {false, true}) {
    if (zeros) {
      std::fill(first, first + page, std::uint8_t{0});
    } else {
      std::copy(random.begin(), random.end(), first);
    }
    for (std::size_t length = 0; length + 32 <= page; ++length) {
      const std::uint8_t* const ends_at_guard = first + page - 32 - length;
      EXPECT_LE(find_mark(ends_at_guard, 32, 32 + length, 24), 32 + length);
      EXPECT_LE(find_mark(first, 32, 32 + length, 24), 32 + length);
    }
  }
  munmap(mapped, 3 * page);
}

INSTANTIATE_TEST_SUITE_P(Kernels, MarkSearchTest, testing::ValuesIn(all_kernels()),
                         [](const auto& named) { return named.param.name; });

TEST(MarkSearch, TheLastKernelIsScalar) { EXPECT_EQ(mark_kernels().back().tier, CpuTier::kScalar); }

TEST(MarkSearch, TheBestKernelIsOfTheHighestTierOfTheCpu) {
  EXPECT_LE(best_mark_kernel().tier, cpu_tier());
  for (const MarkKernel& kernel : mark_kernels()) {
    if (kernel.tier <= cpu_tier()) {
      EXPECT_LE(kernel.tier, best_mark_kernel().tier);
    }
  }
}

}  // namespace
}  // namespace letterpress::chunking
