// SPDX-License-Identifier: Apache-2.0
#include "hashing/sixteen_lanes.h"

#include "hashing/blake3_lanes_16.h"
#include "hashing/blake3_lanes_body.h"

namespace letterpress::hashing {

void compress_sixteen_lanes(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<SixteenLanes, 1>(lanes, block_count);
}

void compress_sixteen_lanes_twice(Lanes& lanes, std::size_t block_count) noexcept {
  compress_lanes<SixteenLanes, 2>(lanes, block_count);
}

}  // namespace letterpress::hashing
