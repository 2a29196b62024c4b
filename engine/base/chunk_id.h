// SPDX-License-Identifier: Apache-2.0
// The name of a chunk's bytes: 32 bytes of BLAKE3, keyed in a vault.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace letterpress {

struct ChunkId {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const ChunkId&, const ChunkId&) = default;
};

// The secret that keys chunk ids and digests.
struct HashKey {
  std::array<std::uint8_t, 32> bytes{};
};

}  // namespace letterpress
