// SPDX-License-Identifier: Apache-2.0
// The marks of 32 positions at a time. Compiled for the avx2 tier: see cmake/Kernels.cmake.
#include <immintrin.h>

#include "chunking/mark_search_body.h"
#include "chunking/mark_search_kernels.h"

namespace letterpress::chunking {
namespace {

struct Isa {
  using Vector = std::uint8_t __attribute__((vector_size(32)));
  using Lanes = Vector;

  static constexpr std::size_t kVectors = 8;

  // From twice_off(): 1 + 2 + 4 times 0x1d.
  static constexpr std::uint8_t kHash4Offset =
      0x1d ^ kTimesPowerOfTwo[1][0x1d] ^ kTimesPowerOfTwo[2][0x1d];

  [[gnu::always_inline]] static inline __m256i as_register(Vector v) noexcept {
    return __builtin_bit_cast(__m256i, v);
  }

  [[gnu::always_inline]] static inline Vector as_vector(__m256i v) noexcept {
    return __builtin_bit_cast(Vector, v);
  }

  [[gnu::always_inline]] static inline Vector load(const std::uint8_t* from) noexcept {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
  }

  // Twice each lane, off by 0x1d: the shuffle is 0 where the highest bit of a lane is set, and else
  // 0x1d, whatever the other bits are; that is one instruction fewer than the other way round.
  [[gnu::always_inline]] static inline Vector twice_off(Vector v) noexcept {
    return (v + v) ^ as_vector(_mm256_shuffle_epi8(_mm256_set1_epi8(0x1d), as_register(v)));
  }

  [[gnu::always_inline]] static inline Vector hash_4(const std::uint8_t* newest) noexcept {
    Vector hash = twice_off(load(newest - 3)) ^ load(newest - 2);
    hash = twice_off(hash) ^ load(newest - 1);
    return twice_off(hash) ^ load(newest);
  }

  template <std::uint8_t kFactor>
  struct NibbleProducts {
    alignas(32) std::uint8_t low[32];   // the factor times 0, 1, 2, .. 15, twice
    alignas(32) std::uint8_t high[32];  // the factor times 0, 16, 32, .. 240, twice
  };

  template <std::uint8_t kFactor>
  static constexpr NibbleProducts<kFactor> kNibbleProducts = [] {
    NibbleProducts<kFactor> products{};
    for (unsigned i = 0; i < 32; ++i) {
      for (unsigned bit = 0; bit < 4; ++bit) {
        if ((i >> bit & 1) == 0) continue;
        products.low[i] ^= kTimesPowerOfTwo[bit][kFactor];
        products.high[i] ^= kTimesPowerOfTwo[bit + 4][kFactor];
      }
    }
    return products;
  }();

  template <std::uint8_t kFactor>
  [[gnu::always_inline]] static inline Vector times(Vector v) noexcept {
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    const __m256i low = _mm256_and_si256(as_register(v), nibble);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(as_register(v), 4), nibble);
    const NibbleProducts<kFactor>& products = kNibbleProducts<kFactor>;
    return as_vector(_mm256_shuffle_epi8(as_register(load(products.low)), low)) ^
           as_vector(_mm256_shuffle_epi8(as_register(load(products.high)), high));
  }

  template <std::size_t kCount>
  [[gnu::always_inline]] static inline Vector shift_in(Vector v, Vector before) noexcept {
    // The halves before those of v.
    const __m256i middle = _mm256_permute2x128_si256(as_register(before), as_register(v), 0x21);
    if constexpr (kCount == 16) return as_vector(middle);
    return as_vector(_mm256_alignr_epi8(as_register(v), middle, 16 - kCount));
  }

  [[gnu::always_inline]] static inline Lanes lanes_equal(Vector v, Vector w) noexcept {
    return __builtin_bit_cast(Lanes, v == w);
  }

  [[gnu::always_inline]] static inline std::uint64_t bits_of(Lanes lanes) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(as_register(lanes)));
  }
};

}  // namespace

std::size_t find_mark_avx2(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                           unsigned bits) noexcept {
  return MarkSearch<Isa>::find(bytes, from, to, bits);
}

}  // namespace letterpress::chunking
