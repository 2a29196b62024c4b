// SPDX-License-Identifier: Apache-2.0
// Two vectors of 32 bytes. Compiled for the avx2 tier: see cmake/Kernels.cmake.
#include <immintrin.h>

#include "mail/line_search_body.h"

namespace letterpress::mail {
namespace {

class Text {
 public:
  [[gnu::always_inline]] inline explicit Text(const std::uint8_t* bytes) {
    __builtin_memcpy(&low_, bytes, sizeof low_);
    __builtin_memcpy(&high_, bytes + sizeof low_, sizeof high_);
  }

  [[gnu::always_inline]] inline std::uint64_t equal(std::uint8_t byte) const {
    const __m256i wanted = _mm256_set1_epi8(static_cast<char>(byte));
    return bits_of(_mm256_cmpeq_epi8(low_, wanted), _mm256_cmpeq_epi8(high_, wanted));
  }

  [[gnu::always_inline]] inline std::uint64_t graphic() const {
    // Compared with their sign, bytes from 0x80 on are less than a blank.
    const __m256i blank = _mm256_set1_epi8(' ');
    return bits_of(_mm256_cmpgt_epi8(low_, blank), _mm256_cmpgt_epi8(high_, blank));
  }

 private:
  [[gnu::always_inline]] static inline std::uint64_t bits_of(__m256i low, __m256i high) {
    return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32 |
           static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
  }

  __m256i low_;
  __m256i high_;
};

}  // namespace

constinit const LineKernel kLineAvx2 = {CpuTier::kAvx2, find_line_by<Text, BodyLines<Text>>,
                                        find_line_by<Text, HeaderLines<Text>>};

}  // namespace letterpress::mail
