// SPDX-License-Identifier: Apache-2.0
// Four lanes in vectors of 16 bytes: what every x86-64 and every AArch64 has.
#include "hashing/blake3_lanes_body.h"
#include "hashing/blake3_lanes_kernels.h"

namespace letterpress::hashing {
namespace {

struct Isa {
  using Vector = std::uint32_t __attribute__((vector_size(16)));
  static constexpr bool kHoldsTwoStates = false;

  template <int kBits>
  [[gnu::always_inline]] static inline Vector rotate_right(Vector v) {
    if constexpr (kBits == 16) {
      // Two shuffles of 16-bit words; SSE2 needs three instructions for other rotations.
      using Halves = std::uint16_t __attribute__((vector_size(16)));
      const Halves halves = __builtin_bit_cast(Halves, v);
      return __builtin_bit_cast(Vector,
                                __builtin_shufflevector(halves, halves, 1, 0, 3, 2, 5, 4, 7, 6));
    } else {
      return (v >> kBits) | (v << (32 - kBits));
    }
  }

  [[gnu::always_inline]] static inline void load_block(Vector (&m)[16],
                                                       const std::uint8_t* const* blocks,
                                                       std::size_t offset) {
    for (std::size_t i = 0; i < 16; i += 4) {
      Vector row[4];
      for (std::size_t lane = 0; lane < 4; ++lane) {
        __builtin_memcpy(&row[lane], blocks[lane] + offset + 4 * i, sizeof row[lane]);
      }
      const Vector low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
      const Vector high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
      const Vector low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
      const Vector high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
      m[i] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
      m[i + 1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
      m[i + 2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
      m[i + 3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
    }
  }
};

}  // namespace

void compress_lanes_scalar(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<Isa, 1>(lanes, block_count);
}
void compress_row_scalar(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<Isa, 2>(lanes, block_count);
}

}  // namespace letterpress::hashing
