// SPDX-License-Identifier: Apache-2.0
// Sixteen lanes in vectors of 64 bytes, for blake3_lanes_body.h. Portable: the avx512 kernel is
// this, compiled for that tier, and a test that compiles it for any CPU proves it there too.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::hashing {
namespace {

struct SixteenLanes {
  using Vector = std::uint32_t __attribute__((vector_size(64)));
  static constexpr bool kHoldsTwoStates = true;  // of 32 registers

  template <int kBits>
  [[gnu::always_inline]] static inline Vector rotate_right(Vector v) {
    return (v >> kBits) | (v << (32 - kBits));
  }

  // Pairs of the words of two vectors, inside each quarter: from the lower or the upper half of it.
  [[gnu::always_inline]] static inline Vector low_words(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  }
  [[gnu::always_inline]] static inline Vector high_words(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15,
                                   31);
  }
  // The same with pairs of words.
  [[gnu::always_inline]] static inline Vector low_pairs(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
  }
  [[gnu::always_inline]] static inline Vector high_pairs(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30,
                                   31);
  }
  // Halves of two vectors, and every second quarter of them.
  [[gnu::always_inline]] static inline Vector low_halves(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  }
  [[gnu::always_inline]] static inline Vector high_halves(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30,
                                   31);
  }
  [[gnu::always_inline]] static inline Vector even_quarters(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  }
  [[gnu::always_inline]] static inline Vector odd_quarters(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30,
                                   31);
  }

  // A block is one vector; word i of all lanes becomes m[i].
  [[gnu::always_inline]] static inline void load_block(Vector (&m)[16],
                                                       const std::uint8_t* const* blocks,
                                                       std::size_t offset) {
    Vector fours[16];  // [4 g + w]: in quarter q, word 4 q + w of lanes 4 g to 4 g + 3
    for (std::size_t g = 0; g < 16; g += 4) {
      Vector row[4];
      for (std::size_t i = 0; i < 4; ++i) {
        __builtin_memcpy(&row[i], blocks[g + i] + offset, sizeof row[i]);
      }
      const Vector low01 = low_words(row[0], row[1]);
      const Vector high01 = high_words(row[0], row[1]);
      const Vector low23 = low_words(row[2], row[3]);
      const Vector high23 = high_words(row[2], row[3]);
      fours[g] = low_pairs(low01, low23);
      fours[g + 1] = high_pairs(low01, low23);
      fours[g + 2] = low_pairs(high01, high23);
      fours[g + 3] = high_pairs(high01, high23);
    }
    for (std::size_t w = 0; w < 4; ++w) {
      const Vector low0 = low_halves(fours[w], fours[4 + w]);
      const Vector high0 = high_halves(fours[w], fours[4 + w]);
      const Vector low1 = low_halves(fours[8 + w], fours[12 + w]);
      const Vector high1 = high_halves(fours[8 + w], fours[12 + w]);
      m[w] = even_quarters(low0, low1);
      m[4 + w] = odd_quarters(low0, low1);
      m[8 + w] = even_quarters(high0, high1);
      m[12 + w] = odd_quarters(high0, high1);
    }
  }
};

}  // namespace
}  // namespace letterpress::hashing
