// SPDX-License-Identifier: Apache-2.0
// Sixteen lanes. Compiled for the avx512 tier: see cmake/Kernels.cmake.
#include "hashing/blake3_lanes_16.h"
#include "hashing/blake3_lanes_body.h"
#include "hashing/blake3_lanes_kernels.h"

namespace letterpress::hashing {

void compress_lanes_avx512(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<SixteenLanes, 1>(lanes, block_count);
}
void compress_row_avx512(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<SixteenLanes, 2>(lanes, block_count);
}

}  // namespace letterpress::hashing
