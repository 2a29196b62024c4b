// SPDX-License-Identifier: Apache-2.0
#include "chunking/cut_scan.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/limits.h"

namespace letterpress::chunking {
namespace {

constexpr std::uint32_t kMinBytesFloor = 64;  // twice the window: it lies inside the chunk
constexpr std::uint32_t kAvgBytesFloor = 1024;
// Normalised chunking: this many bits more before the average, and less after it.
constexpr unsigned kLevel = 2;

Error out_of_range(const char* name, const char* range, std::uint32_t value) {
  return Error(ErrorCode::kInvalidArgument,
               std::string(name) + " must be " + range + ", not " + std::to_string(value));
}

}  // namespace

Status validate(const CutParams& params) {
  const std::uint32_t min = params.chunk_bytes_min;
  const std::uint32_t avg = params.chunk_bytes_avg;
  const std::uint32_t max = params.chunk_bytes_max;
  if (!std::has_single_bit(avg) || avg < kAvgBytesFloor || avg > kChunkBytesMax) {
    return out_of_range("chunk_bytes_avg", "a power of two from 1024 to 65536", avg);
  }
  if (min < kMinBytesFloor || min > avg) {
    return out_of_range("chunk_bytes_min", "from 64 to chunk_bytes_avg", min);
  }
  if (max < avg || max > kChunkBytesMax) {
    return out_of_range("chunk_bytes_max", "from chunk_bytes_avg to 65536", max);
  }
  return Ok{};
}

std::size_t next_cut(const std::uint8_t* bytes, std::size_t byte_count,
                     const CutParams& params) noexcept {
  return next_cut_on(best_mark_kernel(), bytes, byte_count, params);
}

std::size_t next_cut_on(const MarkKernel& kernel, const std::uint8_t* bytes, std::size_t byte_count,
                        const CutParams& params) noexcept {
  const std::size_t end = std::min<std::size_t>(byte_count, params.chunk_bytes_max);
  if (end <= params.chunk_bytes_min) return end;
  const auto avg_log2 = static_cast<unsigned>(std::countr_zero(params.chunk_bytes_avg));
  const std::size_t middle = std::min<std::size_t>(end, params.chunk_bytes_avg);
  const std::size_t early = kernel.find(bytes, params.chunk_bytes_min, middle, avg_log2 + kLevel);
  return early < middle ? early : kernel.find(bytes, middle, end, avg_log2 - kLevel);
}

}  // namespace letterpress::chunking
