// SPDX-License-Identifier: Apache-2.0
// The kernels that pass over the lines of a message that the splitter need not look at.
// Pure functions; any thread; linear. Every tier gives what the scalar one gives.
//
//   at = best_line_kernel().find_body_line(text, at, size);   // the next line to look at, or size
//
// A line matters in a body if it begins with `--` (a boundary?), with `Fr` (a From_ line?), or with
// kUnbrokenBytes bytes in 0x21 .. 0x7f (base64?). In a header block it matters unless it begins
// with a blank or a tab (folded), or with a name of bytes in 0x21 .. 0x7e that a colon ends; one
// that begins with C, c or `-` always does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu.h"

namespace letterpress::mail {

inline constexpr std::size_t kUnbrokenBytes = 32;

// The offset of the first line that matters, or `size`. `from` is where a line begins; text[size]
// on is not read, and a line that `size` cuts off is judged by what there is of it.
using FindLine = std::size_t (*)(const std::uint8_t* text, std::size_t from,
                                 std::size_t size) noexcept;

struct LineKernel {
  CpuTier tier;  // what the CPU must have
  FindLine find_body_line;
  FindLine find_header_line;
};

extern const LineKernel kLineScalar;
extern const LineKernel kLineAvx2;
extern const LineKernel kLineAvx512;

// The kernels of this build, the preferred first; the last is the scalar one, which every CPU runs.
std::span<const LineKernel* const> line_kernels() noexcept;

// The first of them that this CPU can run. Thread-safe.
const LineKernel& best_line_kernel() noexcept;

}  // namespace letterpress::mail
