// SPDX-License-Identifier: Apache-2.0
// Limits that readers enforce and writers keep. All are part of the formats (docs/STREAM.md,
// "Limits").
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Buffers whose size is speed and nothing else are so many times smaller where a fuzzer runs, so
// that the few KiB that it gives reach every border. Nothing of a format depends on it.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
inline constexpr std::size_t kBufferShrink = 256;
#else
inline constexpr std::size_t kBufferShrink = 1;
#endif

// A segment: the most bytes of one entry that are split, cut and described together.
inline constexpr std::size_t kSegmentBytesMax = 8 * kMiB;
inline constexpr std::size_t kChunkBytesMax = 64 * kKiB;
inline constexpr std::size_t kBlockBytesMax = 4 * kMiB;
inline constexpr std::size_t kBlockChunksMax = 65536;
// Linux allows 4,096 in one call and deeper trees by steps. A path, a link's target and the largest
// content reference together fit a node of a vault's tree.
inline constexpr std::size_t kPathBytesMax = 16 * kKiB;

}  // namespace letterpress
