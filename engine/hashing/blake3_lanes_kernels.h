// SPDX-License-Identifier: Apache-2.0
// The entry points of the lanes kernels, one for each CPU tier: see blake3_lanes.h for the contract
// and lanes_kernels() for the choice.
#pragma once

#include "hashing/blake3_lanes.h"

namespace letterpress::hashing {

void compress_lanes_scalar(Lanes& lanes, std::size_t block_count) noexcept;  // 4 lanes
void compress_lanes_avx2(Lanes& lanes, std::size_t block_count) noexcept;    // 8 lanes
void compress_lanes_avx512(Lanes& lanes, std::size_t block_count) noexcept;  // 16 lanes

}  // namespace letterpress::hashing
