// SPDX-License-Identifier: Apache-2.0
// One vector of 64 bytes. Compiled for the avx512 tier: see cmake/Kernels.cmake.
#include <immintrin.h>

#include "mail/line_search_body.h"

namespace letterpress::mail {
namespace {

class Text {
 public:
  [[gnu::always_inline]] inline explicit Text(const std::uint8_t* bytes) {
    __builtin_memcpy(&bytes_, bytes, sizeof bytes_);
  }

  [[gnu::always_inline]] inline BitRow equal(std::uint8_t byte) const {
    return {_mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(static_cast<char>(byte)))};
  }

  [[gnu::always_inline]] inline BitRow graphic() const {
    // Compared with their sign, bytes from 0x80 on are less than a blank.
    return {_mm512_cmpgt_epi8_mask(bytes_, _mm512_set1_epi8(' '))};
  }

 private:
  __m512i bytes_;
};

}  // namespace

constinit const LineKernel kLineAvx512 = {CpuTier::kAvx512, find_line_by<Text, BodyLines<Text>>,
                                          find_line_by<Text, HeaderLines<Text>>};

}  // namespace letterpress::mail
