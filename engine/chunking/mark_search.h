// SPDX-License-Identifier: Apache-2.0
// The kernel of the cut-point search: the first marked position of a range.
// Pure functions. Every tier gives what the scalar one gives.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::chunking {

// The least position p in [from, to) that is marked with `bits` bits (8 .. 24), else `to`. A
// position is an offset in `bytes`, and from >= 32. Reads bytes[from - 32 .. to) only.
std::size_t find_mark_scalar(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                             unsigned bits) noexcept;

}  // namespace letterpress::chunking
