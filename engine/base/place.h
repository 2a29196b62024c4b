// SPDX-License-Identifier: Apache-2.0
// Where a chunk is: the number of its block and its ordinal there. A plain value.
#pragma once

#include <compare>
#include <cstdint>

namespace letterpress {

struct Place {
  std::uint64_t block = 0;    // at most kBlockNumberMax
  std::uint32_t ordinal = 0;  // below kBlockChunksMax (base/limits.h)
  friend auto operator<=>(const Place&, const Place&) = default;
};

inline constexpr std::uint64_t kBlockNumberMax = (std::uint64_t{1} << 48) - 2;

}  // namespace letterpress
