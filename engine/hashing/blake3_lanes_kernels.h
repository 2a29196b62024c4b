// SPDX-License-Identifier: Apache-2.0
// The entry points of the lanes kernels, one for each CPU tier: see blake3_lanes.h for the contract
// and lanes_kernels() for the choice.
#pragma once

#include "hashing/blake3_lanes.h"

namespace letterpress::hashing {

// The lanes of one vector: 4, 8, 16.
void compress_lanes_scalar(Lanes& lanes, std::size_t block_count) noexcept;
void compress_lanes_avx2(Lanes& lanes, std::size_t block_count) noexcept;
void compress_lanes_avx512(Lanes& lanes, std::size_t block_count) noexcept;

// The lanes of two vectors: 8, 16, 32.
void compress_row_scalar(Lanes& lanes, std::size_t block_count) noexcept;
void compress_row_avx2(Lanes& lanes, std::size_t block_count) noexcept;
void compress_row_avx512(Lanes& lanes, std::size_t block_count) noexcept;

}  // namespace letterpress::hashing
