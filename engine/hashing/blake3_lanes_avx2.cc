// SPDX-License-Identifier: Apache-2.0
// Eight lanes in vectors of 32 bytes. Compiled for the avx2 tier: see cmake/Kernels.cmake.
#include "hashing/blake3_lanes_body.h"
#include "hashing/blake3_lanes_kernels.h"

namespace letterpress::hashing {
namespace {

struct Isa {
  using Vector = std::uint32_t __attribute__((vector_size(32)));
  static constexpr bool kHoldsTwoStates = false;
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

  using Quarter = std::uint32_t __attribute__((vector_size(16)));

  // Four words of each of two lanes, one lane in each half. Halves are put together while they are
  // loaded, because moving them later takes a shuffle across the vector.
  [[gnu::always_inline]] static inline Vector load_halves(const std::uint8_t* low_lane,
                                                          const std::uint8_t* high_lane) {
    Quarter low;
    Quarter high;
    __builtin_memcpy(&low, low_lane, sizeof low);
    __builtin_memcpy(&high, high_lane, sizeof high);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
  }

  // Four words of eight lanes at a time: pairs of lanes, then of pairs.
  [[gnu::always_inline]] static inline void load_block(Vector (&m)[16],
                                                       const std::uint8_t* const* blocks,
                                                       std::size_t offset) {
#pragma GCC unroll 4
    for (std::size_t word = 0; word < 16; word += 4, offset += 16) {
      const Vector row0 = load_halves(blocks[0] + offset, blocks[4] + offset);
      const Vector row1 = load_halves(blocks[1] + offset, blocks[5] + offset);
      const Vector row2 = load_halves(blocks[2] + offset, blocks[6] + offset);
      const Vector row3 = load_halves(blocks[3] + offset, blocks[7] + offset);
      const Vector low01 = __builtin_shufflevector(row0, row1, 0, 8, 1, 9, 4, 12, 5, 13);
      const Vector high01 = __builtin_shufflevector(row0, row1, 2, 10, 3, 11, 6, 14, 7, 15);
      const Vector low23 = __builtin_shufflevector(row2, row3, 0, 8, 1, 9, 4, 12, 5, 13);
      const Vector high23 = __builtin_shufflevector(row2, row3, 2, 10, 3, 11, 6, 14, 7, 15);
      m[word] = __builtin_shufflevector(low01, low23, 0, 1, 8, 9, 4, 5, 12, 13);
      m[word + 1] = __builtin_shufflevector(low01, low23, 2, 3, 10, 11, 6, 7, 14, 15);
      m[word + 2] = __builtin_shufflevector(high01, high23, 0, 1, 8, 9, 4, 5, 12, 13);
      m[word + 3] = __builtin_shufflevector(high01, high23, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
};

}  // namespace

void compress_lanes_avx2(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<Isa, 1>(lanes, block_count);
}
void compress_row_avx2(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<Isa, 2>(lanes, block_count);
}

}  // namespace letterpress::hashing
