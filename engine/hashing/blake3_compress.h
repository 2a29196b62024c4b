// SPDX-License-Identifier: Apache-2.0
// BLAKE3's constants, and its compression function for one block at a time.
// Names and numbers: "BLAKE3: one function, fast everywhere", sections 2.2 to 2.4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::hashing {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kLeafBytes =
    1024;  // the paper's "chunk": this project has other chunks

enum BlockFlag : std::uint32_t {
  kLeafStart = 1,
  kLeafEnd = 2,
  kParent = 4,
  kRoot = 8,
  kKeyedHash = 16,
  kDeriveKeyContext = 32,
  kDeriveKeyMaterial = 64,
};

inline constexpr std::uint32_t kInitialValue[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// word[round][i] is the message word that is used i-th in that round: the permutation of table 2,
// applied once more for each round. Plain arrays, so that CPU-specific files call no shared code.
struct Schedule {
  std::uint8_t word[7][16];
};
inline constexpr Schedule kSchedule = [] {
  constexpr std::uint8_t kPermutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  Schedule schedule{};
  for (std::uint8_t i = 0; i < 16; ++i) schedule.word[0][i] = i;
  for (std::size_t round = 1; round < 7; ++round) {
    for (std::size_t i = 0; i < 16; ++i) {
      schedule.word[round][i] = schedule.word[round - 1][kPermutation[i]];
    }
  }
  return schedule;
}();

struct BlockInput {
  const std::uint8_t* bytes;  // kBlockBytes of them; zeros after `byte_count`
  std::uint32_t byte_count;
  std::uint64_t counter;
  std::uint32_t flags;
};

// Replaces the chaining value by that of the block, cut to 8 words.
void compress(std::uint32_t (&value)[8], const BlockInput& block) noexcept;

}  // namespace letterpress::hashing
