// SPDX-License-Identifier: Apache-2.0
// Compiled for the avx512 tier: see cmake/Kernels.cmake. How it works: see base64_vbmi.h.
#include <immintrin.h>

#include "mail/base64_vbmi.h"

// GCC 12 warns of _mm512_undefined_epi32() in its own header (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace letterpress::mail {
namespace {

struct Isa {
  using Vector = __m512i;

  [[gnu::always_inline]] static inline Vector load(const std::uint8_t* from) {
    return _mm512_loadu_si512(from);
  }

  // Masked loads and stores do not touch, and never fault on, what is masked out.
  [[gnu::always_inline]] static inline Vector load_some(const std::uint8_t* from, std::size_t bytes,
                                                        std::uint8_t fill) {
    return _mm512_mask_loadu_epi8(_mm512_set1_epi8(static_cast<char>(fill)), lowest(bytes), from);
  }

  [[gnu::always_inline]] static inline void store(Vector v, std::uint8_t* to) {
    _mm512_storeu_si512(to, v);
  }

  // Two whole stores: masked ones by bytes are slow on Zen 4.
  [[gnu::always_inline]] static inline void store_48(Vector v, std::uint8_t* to) {
    const __m256i first = _mm512_castsi512_si256(v);
    const __m128i rest = _mm512_extracti32x4_epi32(v, 2);
    __builtin_memcpy(to, &first, sizeof first);
    __builtin_memcpy(to + sizeof first, &rest, sizeof rest);
  }

  [[gnu::always_inline]] static inline void store_some(Vector v, std::uint8_t* to,
                                                       std::size_t bytes) {
    _mm512_mask_storeu_epi8(to, lowest(bytes), v);
  }

  [[gnu::always_inline]] static inline Vector permute(Vector index, Vector table) {
    return _mm512_permutexvar_epi8(index, table);
  }

  [[gnu::always_inline]] static inline Vector permute_two(Vector low, Vector index, Vector high) {
    return _mm512_permutex2var_epi8(low, index, high);
  }

  [[gnu::always_inline]] static inline Vector multishift(Vector shifts, Vector v) {
    return _mm512_multishift_epi64_epi8(shifts, v);
  }

  [[gnu::always_inline]] static inline Vector join(Vector v) {
    const Vector twelve = _mm512_maddubs_epi16(v, _mm512_set1_epi32(0x01400140));
    return _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000));
  }

  [[gnu::always_inline]] static inline Vector either(Vector a, Vector b) {
    return _mm512_or_si512(a, b);
  }

  [[gnu::always_inline]] static inline std::uint64_t top_bits(Vector v) {
    return _mm512_movepi8_mask(v);
  }

 private:
  [[gnu::always_inline]] static inline __mmask64 lowest(std::size_t bytes) {
    return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(bytes));
  }
};

using Codec = VbmiCodec<Isa>;

}  // namespace

constinit const Base64Kernel kBase64Avx512 = {CpuTier::kAvx512,        prefix_by<Codec>,
                                              decode_quanta_by<Codec>, encode_quanta_by<Codec>,
                                              decode_lines_by<Codec>,  encode_lines_by<Codec>};

}  // namespace letterpress::mail
