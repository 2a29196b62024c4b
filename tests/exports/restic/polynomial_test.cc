// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/polynomial.h"

#include <gtest/gtest.h>

#include <set>

namespace letterpress::restic {
namespace {

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  for (int i = 0; i < 64; ++i) {
    if ((b >> i & 1) != 0) product ^= a << i;
  }
  return product;
}

// All products of two polynomials, up to degree 10, by multiplying.
TEST(Polynomial, IsIrreducibleIfNoProductGivesIt) {
  constexpr std::uint64_t kEnd = 1 << 11;
  std::set<std::uint64_t> reducible;
  for (std::uint64_t a = 2; a < kEnd / 2; ++a) {
    for (std::uint64_t b = a; b < kEnd / 2; ++b) {
      if (const std::uint64_t product = multiply(a, b); product < kEnd) reducible.insert(product);
    }
  }
  for (std::uint64_t p = 2; p < kEnd; ++p) {
    EXPECT_EQ(is_irreducible(p), !reducible.contains(p)) << p;
  }
  EXPECT_FALSE(is_irreducible(0));
  EXPECT_FALSE(is_irreducible(1));
}

TEST(Polynomial, KnowsThoseThatResticChose) {
  EXPECT_TRUE(is_irreducible(0x3da3358b4dc173));  // of restic's documentation
  EXPECT_TRUE(is_irreducible(0x27b9fb0004a971));  // of a repository that restic 0.14 made
  EXPECT_FALSE(is_irreducible(0x3da3358b4dc173 ^ 1));
  EXPECT_FALSE(is_irreducible(multiply(0x11b, 0x8000000d)));
}

TEST(Polynomial, RandomOnesHaveDegree53) {
  for (int i = 0; i < 5; ++i) {
    const Result<std::uint64_t> p = random_polynomial();
    ASSERT_TRUE(p);
    EXPECT_EQ(*p >> 53, 1U);
    EXPECT_TRUE(is_irreducible(*p));
  }
}

}  // namespace
}  // namespace letterpress::restic
