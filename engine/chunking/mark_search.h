// SPDX-License-Identifier: Apache-2.0
// The kernels of the cut-point search: the first marked position of a range.
// Pure functions. Every tier gives what the scalar one gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu.h"

namespace letterpress::chunking {

// The least position p in [from, to) that is marked with `bits` bits (8 .. 24), else `to`. A
// position is an offset in `bytes`, and from >= 32. Reads bytes[from - 32 .. to) only.
using FindMark = std::size_t (*)(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                                 unsigned bits) noexcept;

struct MarkKernel {
  CpuTier tier;  // what the CPU must have
  FindMark find;
};

// All kernels of this build, the best first and the scalar one last. Some may not run on this CPU.
std::span<const MarkKernel> mark_kernels() noexcept;

// The first of them that this CPU can run. Thread-safe.
const MarkKernel& best_mark_kernel() noexcept;

}  // namespace letterpress::chunking
