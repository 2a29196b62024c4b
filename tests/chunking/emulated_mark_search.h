// SPDX-License-Identifier: Apache-2.0
// The avx512 kernel of the mark search with its instructions emulated, for CPUs that lack them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::chunking::test {

std::size_t find_mark_emulated_avx512(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                                      unsigned bits) noexcept;

}  // namespace letterpress::chunking::test
