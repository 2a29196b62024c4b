// SPDX-License-Identifier: Apache-2.0
// The mark of a position: 24 bits that depend on the 32 bytes before it, from a hash over GF(2^8).
// The definition is docs/FORMAT.md, "Cut points"; this header has its constants and tables.
// Part of the formats; do not change values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace letterpress::chunking {

inline constexpr std::size_t kWindowBytes = 32;

// A position is marked with n bits if the highest n of the 24 bits of its mark are those of
// kTarget. How the value was chosen, so that common repeats are never marked: docs/FORMAT.md.
inline constexpr std::uint32_t kTarget = 0x7d17c9;
inline constexpr unsigned kMarkBits = 24;
inline constexpr std::uint8_t kTargetOfH32 = kTarget >> 16;

// Twice a byte, in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
constexpr std::uint8_t twice(std::uint8_t byte) noexcept {
  return static_cast<std::uint8_t>((byte << 1) ^ ((byte & 0x80) != 0 ? 0x11d : 0));
}

using ByteTable = std::array<std::uint8_t, 256>;

// product[k][b] = 2^k * b, for k = 0 .. 32.
inline constexpr auto kTimesPowerOfTwo = [] {
  std::array<ByteTable, kWindowBytes + 1> product{};
  for (std::size_t b = 0; b < 256; ++b) {
    product[0][b] = static_cast<std::uint8_t>(b);
    for (std::size_t k = 1; k < product.size(); ++k) product[k][b] = twice(product[k - 1][b]);
  }
  return product;
}();

// The hash of the last kWidth bytes before `position`: the sum of 2^j * position[-1 - j].
template <std::size_t kWidth>
inline std::uint8_t window_hash(const std::uint8_t* position) noexcept {
  unsigned hash = 0;
  for (std::size_t j = 0; j < kWidth; ++j) hash ^= kTimesPowerOfTwo[j][*(position - 1 - j)];
  return static_cast<std::uint8_t>(hash);
}

inline std::uint32_t mark_of(const std::uint8_t* position) noexcept {
  return std::uint32_t{window_hash<32>(position)} << 16 |
         std::uint32_t{window_hash<16>(position)} << 8 | window_hash<8>(position);
}

inline bool is_marked(const std::uint8_t* position, unsigned bits) noexcept {
  return (mark_of(position) ^ kTarget) >> (kMarkBits - bits) == 0;
}

}  // namespace letterpress::chunking
