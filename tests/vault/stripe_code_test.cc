// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/stripe_code.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "vault/volume_fixtures.h"

namespace letterpress::vault {
namespace {

// docs/FORMAT.md, "Volumes", written out: the field of 0x11d, and 1 / (i xor j).
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned shifted = a;
  for (; b != 0; b = static_cast<std::uint8_t>(b >> 1)) {
    if ((b & 1) != 0) product ^= shifted;
    shifted <<= 1;
    if ((shifted & 0x100) != 0) shifted ^= 0x11d;
  }
  return static_cast<std::uint8_t>(product);
}

std::uint8_t inverse(std::uint8_t a) {
  for (unsigned b = 1; b < 256; ++b) {
    if (multiply(a, static_cast<std::uint8_t>(b)) == 1) return static_cast<std::uint8_t>(b);
  }
  return 0;
}

struct Members {
  std::vector<Bytes> bytes;  // data, then parity
};

Members encoded(const StripeCode& code, std::size_t length, std::uint64_t seed) {
  Members members;
  std::vector<std::uint8_t*> parity;
  for (unsigned i = 0; i < code.counts().data; ++i) {
    members.bytes.push_back(seeded_bytes(length, seed * 64 + i));
  }
  for (unsigned i = 0; i < code.counts().parity; ++i) members.bytes.emplace_back(length);
  for (unsigned i = 0; i < code.counts().parity; ++i) {
    parity.push_back(members.bytes[code.counts().data + i].data());
  }
  for (unsigned i = 0; i < code.counts().data; ++i) code.add(i, members.bytes[i], parity);
  return members;
}

// Without the members of the mask: what is rebuilt, or nothing if it is too much.
bool is_rebuilt(const StripeCode& code, const Members& members, std::uint32_t without) {
  std::vector<unsigned> sources;
  std::vector<unsigned> targets;
  std::vector<const std::uint8_t*> from;
  std::vector<Bytes> made;
  for (unsigned i = 0; i < code.counts().all(); ++i) {
    if ((without >> i & 1U) != 0) {
      targets.push_back(i);
      made.emplace_back(members.bytes[i].size(), std::uint8_t{0xee});
    } else if (sources.size() < code.counts().data) {
      sources.push_back(i);
      from.push_back(members.bytes[i].data());
    }
  }
  std::vector<std::uint8_t*> to;
  for (Bytes& bytes : made) to.push_back(bytes.data());
  take(code.recover(sources, targets)).run(from, to, members.bytes[0].size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (made[i] != members.bytes[targets[i]]) return false;
  }
  return true;
}

TEST(StripeCode, ParityIsWhatTheDocumentSays) {
  for (const VolumeCounts counts : {VolumeCounts{1, 1}, {4, 2}, {10, 4}, {12, 8}}) {
    const StripeCode code = take(StripeCode::make(counts));
    const Members members = encoded(code, 131, 5);
    for (unsigned i = counts.data; i < counts.all(); ++i) {
      Bytes expected(131);
      for (unsigned j = 0; j < counts.data; ++j) {
        const std::uint8_t coefficient = inverse(static_cast<std::uint8_t>(i ^ j));
        for (std::size_t at = 0; at < expected.size(); ++at) {
          expected[at] ^= multiply(coefficient, members.bytes[j][at]);
        }
      }
      EXPECT_EQ(members.bytes[i], expected) << counts.data << '+' << counts.parity << ", " << i;
    }
  }
}

TEST(StripeCode, EveryMatrixWithinTheLimitsHasAnInverse) {
  std::uint64_t matrices = 0;
  for (unsigned all = 2; all <= kVolumesMax; ++all) {
    for (unsigned parity = 1; parity <= std::min(kParityVolumesMax, all - 1); ++parity) {
      const StripeCode code = take(StripeCode::make({all - parity, parity}));
      for (std::uint32_t chosen = 0; chosen < 1U << all; ++chosen) {
        if (std::popcount(chosen) != static_cast<int>(all - parity)) continue;
        std::vector<unsigned> sources;
        for (unsigned i = 0; i < all; ++i) {
          if ((chosen >> i & 1U) != 0) sources.push_back(i);
        }
        ASSERT_TRUE(code.recover(sources, {})) << all << ' ' << parity << ' ' << chosen;
        ++matrices;
      }
    }
  }
  EXPECT_GT(matrices, 500'000U);
}

TEST(StripeCode, EveryMatrixOfSparesHasAnInverse) {
  const StripeCode code = StripeCode::make_spare({32, 2});
  for (unsigned one = 0; one < 34; ++one) {
    for (unsigned other = one + 1; other < 34; ++other) {
      std::vector<unsigned> sources;
      for (unsigned i = 0; i < 34; ++i) {
        if (i != one && i != other) sources.push_back(i);
      }
      EXPECT_TRUE(code.recover(sources, {one, other})) << one << ' ' << other;
    }
  }
}

TEST(StripeCode, EveryPatternOfLossesComesBack) {
  for (const VolumeCounts counts : {VolumeCounts{4, 2}, {10, 4}}) {
    const StripeCode code = take(StripeCode::make(counts));
    const Members members = encoded(code, 1000, 3);
    std::uint64_t patterns = 0;
    for (std::uint32_t without = 0; without < 1U << counts.all(); ++without) {
      if (std::popcount(without) > static_cast<int>(counts.parity)) continue;
      EXPECT_TRUE(is_rebuilt(code, members, without)) << without;
      ++patterns;
    }
    EXPECT_EQ(patterns, counts.data == 4 ? 22U : 1471U);  // with "nothing is lost"
  }
}

TEST(StripeCode, RandomStripesComeBack) {
  const std::uint64_t stripes = is_long_run() ? 1'000'000 : 10'000;
  std::mt19937_64 random(71);
  for (std::uint64_t i = 0; i < stripes; ++i) {
    const auto all = static_cast<unsigned>(2 + random() % (kVolumesMax - 1));
    const auto parity = static_cast<unsigned>(1 + random() % std::min(kParityVolumesMax, all - 1));
    const StripeCode code = take(StripeCode::make({all - parity, parity}));
    const Members members = encoded(code, 1 + random() % 300, random());
    std::uint32_t without = 0;
    for (unsigned lost = 0; lost < parity; ++lost) without |= 1U << random() % all;
    ASSERT_TRUE(is_rebuilt(code, members, without)) << "stripe " << i;
  }
}

TEST(StripeCode, SaysWhichCountsCannotBe) {
  EXPECT_TRUE(StripeCode::make({12, 8}));
  EXPECT_TRUE(StripeCode::make({19, 1}));
  for (const auto& [counts, what] :
       std::vector<std::pair<VolumeCounts, std::string>>{{{4, 0}, "at least one"},
                                                         {{0, 2}, "more volumes than parity"},
                                                         {{19, 2}, "at most 20"},
                                                         {{10, 9}, "at most 8"}}) {
    const Result<StripeCode> code = StripeCode::make(counts);
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(message_of(code).find(what), std::string::npos) << message_of(code);
  }
}

}  // namespace
}  // namespace letterpress::vault
