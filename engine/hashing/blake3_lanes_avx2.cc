// SPDX-License-Identifier: Apache-2.0
// Eight lanes in vectors of 32 bytes. Compiled for the avx2 tier: see cmake/Kernels.cmake.
#include "hashing/blake3_lanes_body.h"
#include "hashing/blake3_lanes_kernels.h"

namespace letterpress::hashing {
namespace {

struct Isa {
  using Vector = std::uint32_t __attribute__((vector_size(32)));
  using ByteVector = std::uint8_t __attribute__((vector_size(32)));

  template <int kBits>
  [[gnu::always_inline]] static inline Vector rotate_right(Vector v) {
    // Whole bytes are moved by one shuffle; other rotations need three instructions.
    const ByteVector b = __builtin_bit_cast(ByteVector, v);
    if constexpr (kBits == 16) {
      return __builtin_bit_cast(
          Vector,
          __builtin_shufflevector(b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 18,
                                  19, 16, 17, 22, 23, 20, 21, 26, 27, 24, 25, 30, 31, 28, 29));
    } else if constexpr (kBits == 8) {
      return __builtin_bit_cast(
          Vector,
          __builtin_shufflevector(b, b, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 17,
                                  18, 19, 16, 21, 22, 23, 20, 25, 26, 27, 24, 29, 30, 31, 28));
    } else {
      return (v >> kBits) | (v << (32 - kBits));
    }
  }

  // Eight words of eight lanes: pairs of words, then of pairs, inside the halves of the vectors;
  // the halves last.
  [[gnu::always_inline]] static inline void transpose(Vector* m, const Vector (&row)[8]) {
    Vector pairs[8];
    for (std::size_t i = 0; i < 8; i += 2) {
      pairs[i] = __builtin_shufflevector(row[i], row[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
      pairs[i + 1] = __builtin_shufflevector(row[i], row[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    Vector fours[8];  // words {0, 4}, {1, 5}, {2, 6}, {3, 7} of lanes 0 to 3, then of lanes 4 to 7
    for (std::size_t i = 0; i < 8; i += 4) {
      for (std::size_t odd = 0; odd < 2; ++odd) {
        const Vector low = pairs[i + odd];
        const Vector high = pairs[i + 2 + odd];
        fours[i + 2 * odd] = __builtin_shufflevector(low, high, 0, 1, 8, 9, 4, 5, 12, 13);
        fours[i + 2 * odd + 1] = __builtin_shufflevector(low, high, 2, 3, 10, 11, 6, 7, 14, 15);
      }
    }
    for (std::size_t i = 0; i < 4; ++i) {
      m[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      m[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
  }

  [[gnu::always_inline]] static inline void load_block(Vector (&m)[16],
                                                       const std::uint8_t* const* blocks,
                                                       std::size_t offset) {
    for (std::size_t half = 0; half < 2; ++half) {
      Vector row[8];
      for (std::size_t lane = 0; lane < 8; ++lane) {
        __builtin_memcpy(&row[lane], blocks[lane] + offset + 32 * half, sizeof row[lane]);
      }
      transpose(m + 8 * half, row);
    }
  }
};

}  // namespace

void compress_lanes_avx2(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<Isa>(lanes, block_count);
}

}  // namespace letterpress::hashing
