// SPDX-License-Identifier: Apache-2.0
// Two vectors of 32 bytes. Compiled for the avx2 tier: see cmake/Kernels.cmake.
#include <immintrin.h>

#include "mail/line_search_body.h"

namespace letterpress::mail {
namespace {

struct Row {
  __m256i low;
  __m256i high;

  [[gnu::always_inline]] friend inline Row operator&(Row a, Row b) {
    return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline Row operator|(Row a, Row b) {
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline Row operator~(Row a) {
    const __m256i ones = _mm256_set1_epi8(-1);
    return {_mm256_xor_si256(a.low, ones), _mm256_xor_si256(a.high, ones)};
  }
  [[gnu::always_inline]] inline std::uint64_t bits() const {
    return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32 |
           static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
  }
};

class Text {
 public:
  [[gnu::always_inline]] inline explicit Text(const std::uint8_t* bytes) {
    // One by one: GCC copies what is larger than a vector through the stack.
    __builtin_memcpy(&bytes_.low, bytes, sizeof bytes_.low);
    __builtin_memcpy(&bytes_.high, bytes + sizeof bytes_.low, sizeof bytes_.high);
  }

  [[gnu::always_inline]] inline Row equal(std::uint8_t byte) const {
    const __m256i wanted = _mm256_set1_epi8(static_cast<char>(byte));
    return {_mm256_cmpeq_epi8(bytes_.low, wanted), _mm256_cmpeq_epi8(bytes_.high, wanted)};
  }

  [[gnu::always_inline]] inline Row graphic() const {
    // Compared with their sign, bytes from 0x80 on are less than a blank.
    const __m256i blank = _mm256_set1_epi8(' ');
    return {_mm256_cmpgt_epi8(bytes_.low, blank), _mm256_cmpgt_epi8(bytes_.high, blank)};
  }

 private:
  Row bytes_;
};

}  // namespace

constinit const LineKernel kLineAvx2 = {CpuTier::kAvx2, find_line_by<Text, BodyLines<Text>>,
                                        find_line_by<Text, HeaderLines<Text>>};

}  // namespace letterpress::mail
