// SPDX-License-Identifier: Apache-2.0
// What chunks are called, what they are, and where they lie. Plain values.
//
//   std::map<letterpress::ChunkId, letterpress::Place> index;   // ids have an order
//   index[id] = {.block = 7, .ordinal = 0};
//   std::cout << letterpress::kind_name(letterpress::Kind::kAttachment);   // attachment
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace letterpress {

// The name of a chunk's bytes: BLAKE3 of them, keyed if there is a key.
struct ChunkId {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const ChunkId&, const ChunkId&) = default;
};

// The secret that keys chunk ids and digests.
struct HashKey {
  std::array<std::uint8_t, 32> bytes{};
};

// What a chunk's bytes are. Blocks hold chunks of one kind. Part of the formats; do not change
// values.
enum class Kind : std::uint8_t {
  kHeader = 0,      // header blocks of messages and MIME parts, boundary lines
  kText = 1,        // bodies that people read
  kAttachment = 2,  // decoded base64
  kPlain = 3,       // everything that is not mail
  kRecipe = 4,      // recipes of large entries, and a snapshot's tree
};
inline constexpr std::size_t kKindCount = 5;

constexpr std::string_view kind_name(Kind kind) noexcept {
  constexpr std::string_view names[kKindCount] = {"header", "text", "attachment", "plain",
                                                  "recipe"};
  return names[static_cast<std::size_t>(kind)];
}

// Where a chunk is: the number of its block and its ordinal there.
struct Place {
  std::uint64_t block = 0;    // at most kBlockNumberMax
  std::uint32_t ordinal = 0;  // below 65,536
  friend auto operator<=>(const Place&, const Place&) = default;
};

inline constexpr std::uint64_t kBlockNumberMax = (std::uint64_t{1} << 48) - 2;

}  // namespace letterpress
