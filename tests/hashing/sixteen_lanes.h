// SPDX-License-Identifier: Apache-2.0
// The bodies of the avx512 kernel, compiled for every CPU, so that tests can prove it where there
// is no AVX-512.
#pragma once

#include "hashing/blake3_lanes.h"

namespace letterpress::hashing {

void compress_sixteen_lanes(Lanes& lanes, std::size_t block_count) noexcept;
void compress_sixteen_lanes_twice(Lanes& lanes, std::size_t block_count) noexcept;

}  // namespace letterpress::hashing
