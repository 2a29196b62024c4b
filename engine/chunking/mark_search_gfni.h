// SPDX-License-Identifier: Apache-2.0
// The vectors of the avx512 kernel of the mark search (mark_search_body.h says what these are), on
// top of four instructions that `Instructions` names, so that a test can put others in their place
// on a CPU without them:
//   Vector                 a GCC vector of 64 bytes
//   affine<matrix>(v)      GF2P8AFFINEQB: every lane, as 8 bits, times the matrix
//   align<n>(v, before)    VALIGND: the 16 words from word n of `before` followed by v
//   sum(a, b, c)           VPTERNLOGD: exclusive or
//   lanes_equal(v, w)      VPCMPEQB
// Everything here is a template of that local type: see mark_search_body.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunking/window_hash.h"

namespace letterpress::chunking {

// The matrix of GF2P8AFFINEQB that multiplies by `factor` in the field of the hash (which is not
// the field of GF2P8MULB). Byte 7 - i of the matrix holds the bits that bit i of a product sums.
consteval std::uint64_t product_matrix(std::uint8_t factor) {
  std::uint64_t matrix = 0;
  for (unsigned in = 0; in < 8; ++in) {
    for (unsigned out = 0; out < 8; ++out) {
      const std::uint64_t bit = kTimesPowerOfTwo[in][factor] >> out & 1;
      matrix |= bit << (8 * (7 - out) + in);
    }
  }
  return matrix;
}

template <class Instructions>
struct GfniIsa {
  using Vector = typename Instructions::Vector;
  using Lanes = std::uint64_t;

  static constexpr std::size_t kVectors = 4;
  static constexpr std::uint8_t kHash4Offset = 0;

  [[gnu::always_inline]] static inline Vector load(const std::uint8_t* from) noexcept {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
  }

  template <std::uint8_t kFactor>
  [[gnu::always_inline]] static inline Vector times(Vector v) noexcept {
    return Instructions::template affine<product_matrix(kFactor)>(v);
  }

  // Not by doubling: the loads cost less than moving h_2 by two bytes.
  [[gnu::always_inline]] static inline Vector hash_4(const std::uint8_t* newest) noexcept {
    return Instructions::sum(load(newest), times<2>(load(newest - 1)), times<4>(load(newest - 2))) ^
           times<8>(load(newest - 3));
  }

  template <std::size_t kCount>
  [[gnu::always_inline]] static inline Vector shift_in(Vector v, Vector before) noexcept {
    return Instructions::template align<16 - kCount / 4>(v, before);
  }

  [[gnu::always_inline]] static inline Lanes lanes_equal(Vector v, Vector w) noexcept {
    return Instructions::lanes_equal(v, w);
  }

  [[gnu::always_inline]] static inline std::uint64_t bits_of(Lanes lanes) noexcept { return lanes; }
};

}  // namespace letterpress::chunking
