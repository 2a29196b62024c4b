// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_codec.h"

#include <algorithm>
#include <iterator>

#include "mail/base64_alphabet.h"
#include "mail/base64_kernels.h"

namespace letterpress::mail {
namespace {

constexpr const Base64Kernel* kBase64Kernels[] = {
#ifdef LETTERPRESS_BUILT_AVX512
    &kBase64Avx512,
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    &kBase64Avx2,
#endif
    &kBase64Scalar,
};

}  // namespace

std::span<const Base64Kernel* const> base64_kernels() noexcept { return kBase64Kernels; }

const Base64Kernel& best_base64_kernel() noexcept {
  static const Base64Kernel& best =
      **std::find_if(std::begin(kBase64Kernels), std::end(kBase64Kernels) - 1,
                     [](const Base64Kernel* kernel) { return kernel->tier <= cpu_tier(); });
  return best;
}

std::uint8_t base64_value(std::uint8_t character) noexcept { return kBase64Values.of[character]; }

std::uint8_t base64_character(unsigned value) noexcept {
  return static_cast<std::uint8_t>(kBase64Alphabet[value & 63]);
}

std::size_t base64_prefix(const std::uint8_t* text, std::size_t size) noexcept {
  return best_base64_kernel().prefix(text, size);
}

std::size_t decode_quanta(const std::uint8_t* text, std::size_t quanta_max,
                          std::uint8_t* decoded) noexcept {
  return best_base64_kernel().decode_quanta(text, quanta_max, decoded);
}

void encode_quanta(const std::uint8_t* decoded, std::size_t quanta, std::uint8_t* text) noexcept {
  best_base64_kernel().encode_quanta(decoded, quanta, text);
}

std::size_t decode_lines(const std::uint8_t* text, std::size_t lines_max, const Base64Lines& lines,
                         std::uint8_t* decoded) noexcept {
  return best_base64_kernel().decode_lines(text, lines_max, lines, decoded);
}

void encode_lines(const std::uint8_t* decoded, std::size_t line_count, const Base64Lines& lines,
                  std::uint8_t* text) noexcept {
  best_base64_kernel().encode_lines(decoded, line_count, lines, text);
}

}  // namespace letterpress::mail
