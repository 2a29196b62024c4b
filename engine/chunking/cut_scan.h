// SPDX-License-Identifier: Apache-2.0
// Finds where data is cut into chunks, by content, so that equal stretches of two files give equal
// chunks wherever they stand.
//
//   const chunking::CutParams params;                                     // 4 / 16 / 64 KiB
//   while (!bytes.empty()) {
//     const std::size_t length = chunking::next_cut(bytes.data(), bytes.size(), params);
//     use(bytes.first(length));
//     bytes = bytes.subspan(length);
//   }
//
// docs/FORMAT.md, "Cut points", is the definition; the cuts are part of the formats and the same on
// every CPU. Whether a position can be a cut depends on the 32 bytes before it only; which of these
// positions are taken depends on the chunk's start and the sizes.
// Pure functions: no state, no allocation, any number of threads.
// Cost: the first chunk_bytes_min - 32 bytes of a chunk are not looked at, the others once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "chunking/mark_search.h"
#include "letterpress/result.h"

namespace letterpress::chunking {

// Chunk sizes in bytes. All chunks but the last of the data are of min to max bytes, and their mean
// is about 1.1 times avg in data without repeats.
struct CutParams {
  std::uint32_t chunk_bytes_min = 4096;   // 64 .. chunk_bytes_avg
  std::uint32_t chunk_bytes_avg = 16384;  // a power of two, 1 KiB .. 64 KiB
  std::uint32_t chunk_bytes_max = 65536;  // chunk_bytes_avg .. 64 KiB
};

// kInvalidArgument if a size is out of its range.
Status validate(const CutParams& params);

// The length of the first chunk of `bytes`: between chunk_bytes_min and chunk_bytes_max, or
// `byte_count` where the data ends before a cut. It does not depend on bytes after the chunk, so a
// result of less than `byte_count`, or of chunk_bytes_max, stays when more data comes.
// `params` are valid; `byte_count` may be 0, and then so is the result.
std::size_t next_cut(const std::uint8_t* bytes, std::size_t byte_count,
                     const CutParams& params) noexcept;

// The same on one kernel, for tests and measurements; next_cut() takes the best of the CPU.
std::size_t next_cut_on(const MarkKernel& kernel, const std::uint8_t* bytes, std::size_t byte_count,
                        const CutParams& params) noexcept;

}  // namespace letterpress::chunking
