// SPDX-License-Identifier: Apache-2.0
// The marks of 64 positions at a time. Compiled for the avx512 tier: see cmake/Kernels.cmake.
#include <immintrin.h>

#include "chunking/mark_search_body.h"
#include "chunking/mark_search_gfni.h"
#include "chunking/mark_search_kernels.h"

namespace letterpress::chunking {
namespace {

struct Instructions {
  using Vector = std::uint8_t __attribute__((vector_size(64)));

  [[gnu::always_inline]] static inline __m512i as_register(Vector v) noexcept {
    return __builtin_bit_cast(__m512i, v);
  }

  [[gnu::always_inline]] static inline Vector as_vector(__m512i v) noexcept {
    return __builtin_bit_cast(Vector, v);
  }

  template <std::uint64_t kMatrix>
  [[gnu::always_inline]] static inline Vector affine(Vector v) noexcept {
    const __m512i matrix = _mm512_set1_epi64(static_cast<long long>(kMatrix));
    return as_vector(_mm512_gf2p8affine_epi64_epi8(as_register(v), matrix, 0));
  }

  template <int kFirst>
  [[gnu::always_inline]] static inline Vector align(Vector v, Vector before) noexcept {
    // All lanes: GCC 12 warns of its own unmasked intrinsic.
    return as_vector(
        _mm512_maskz_alignr_epi32(0xffff, as_register(v), as_register(before), kFirst));
  }

  [[gnu::always_inline]] static inline Vector sum(Vector a, Vector b, Vector c) noexcept {
    constexpr int kSum = 0x96;
    return as_vector(
        _mm512_ternarylogic_epi32(as_register(a), as_register(b), as_register(c), kSum));
  }

  [[gnu::always_inline]] static inline std::uint64_t lanes_equal(Vector v, Vector w) noexcept {
    return _mm512_cmpeq_epi8_mask(as_register(v), as_register(w));
  }
};

}  // namespace

std::size_t find_mark_avx512(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                             unsigned bits) noexcept {
  return MarkSearch<GfniIsa<Instructions>>::find(bytes, from, to, bits);
}

}  // namespace letterpress::chunking
