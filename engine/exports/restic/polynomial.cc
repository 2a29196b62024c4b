// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/polynomial.h"

#include <array>
#include <bit>

#include "base/endian.h"
#include "vault/ids.h"

namespace letterpress::restic {
namespace {

constexpr int kDegree = 53;

int degree(std::uint64_t p) noexcept { return 63 - std::countl_zero(p); }

std::uint64_t remainder(std::uint64_t p, std::uint64_t modulus) noexcept {
  while (p != 0 && degree(p) >= degree(modulus)) p ^= modulus << (degree(p) - degree(modulus));
  return p;
}

// Both operands are remainders of the modulus already.
std::uint64_t product(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) noexcept {
  std::uint64_t sum = 0;
  for (; b != 0; b >>= 1) {
    if ((b & 1) != 0) sum ^= a;
    const bool overflows = (a >> (degree(modulus) - 1) & 1) != 0;
    a <<= 1;
    if (overflows) a ^= modulus;
  }
  return sum;
}

std::uint64_t common_divisor(std::uint64_t a, std::uint64_t b) noexcept {
  while (b != 0) {
    const std::uint64_t rest = remainder(a, b);
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace

// Ben-Or: x^(2^i) - x is the product of all irreducible polynomials whose degrees divide i.
bool is_irreducible(std::uint64_t polynomial) noexcept {
  if (polynomial < 2) return false;
  const std::uint64_t x = remainder(2, polynomial);
  std::uint64_t power = x;
  for (int i = 1; i <= degree(polynomial) / 2; ++i) {
    power = product(power, power, polynomial);
    if (common_divisor(polynomial, power ^ x) != 1) return false;
  }
  return true;
}

// One in about 27 odd ones is irreducible.
Result<std::uint64_t> random_polynomial() {
  constexpr std::uint64_t kTop = std::uint64_t{1} << kDegree;
  while (true) {
    std::array<std::uint8_t, 8> random{};
    LETTERPRESS_TRY(vault::fill_random(random));
    const std::uint64_t p = (load_le<std::uint64_t>(random.data()) & (kTop - 1)) | kTop | 1;
    if (is_irreducible(p)) return p;
  }
}

}  // namespace letterpress::restic
