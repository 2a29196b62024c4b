// SPDX-License-Identifier: Apache-2.0
// Variable-length integers: 7 bits a byte, low bits first, the high bit says that more follow
// (docs/STREAM.md, "Integers"). Signed values are folded so that small magnitudes stay short.
#pragma once

#include "base/bytes.h"

namespace letterpress {

inline constexpr std::size_t kVarintBytesMax = 10;

inline void append_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

constexpr std::uint64_t fold_sign(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unfold_sign(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace letterpress
