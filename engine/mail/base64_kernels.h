// SPDX-License-Identifier: Apache-2.0
// The kernels behind base64_codec.h, one set for each CPU tier, with the contracts given there.
// The scalar set is the definition: the others return the same and write the same decoded bytes.
#pragma once

#include <span>

#include "base/cpu.h"
#include "mail/base64_codec.h"

namespace letterpress::mail {

struct Base64Kernel {
  CpuTier tier;  // what the CPU must have
  std::size_t (*prefix)(const std::uint8_t* text, std::size_t size) noexcept;
  std::size_t (*decode_quanta)(const std::uint8_t* text, std::size_t quanta_max,
                               std::uint8_t* decoded) noexcept;
  void (*encode_quanta)(const std::uint8_t* decoded, std::size_t quanta,
                        std::uint8_t* text) noexcept;
  std::size_t (*decode_lines)(const std::uint8_t* text, std::size_t lines_max,
                              const Base64Lines& lines, std::uint8_t* decoded) noexcept;
  void (*encode_lines)(const std::uint8_t* decoded, std::size_t line_count,
                       const Base64Lines& lines, std::uint8_t* text) noexcept;
};

extern const Base64Kernel kBase64Scalar;
extern const Base64Kernel kBase64Avx2;
extern const Base64Kernel kBase64Avx512;

// The kernels of this build, the preferred first; the last is the scalar one, which every CPU runs.
std::span<const Base64Kernel* const> base64_kernels() noexcept;

// The first of them that this CPU can run. Thread-safe.
const Base64Kernel& best_base64_kernel() noexcept;

}  // namespace letterpress::mail
