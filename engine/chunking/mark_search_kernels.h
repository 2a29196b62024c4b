// SPDX-License-Identifier: Apache-2.0
// The entry points of the mark search, one for each CPU tier: see mark_search.h for the contract
// and mark_kernels() for the choice.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::chunking {

std::size_t find_mark_scalar(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                             unsigned bits) noexcept;
std::size_t find_mark_avx2(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                           unsigned bits) noexcept;
std::size_t find_mark_avx512(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                             unsigned bits) noexcept;

}  // namespace letterpress::chunking
