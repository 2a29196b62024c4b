// SPDX-License-Identifier: Apache-2.0
#include "codecs/probe.h"

#include <algorithm>
#include <array>

namespace letterpress::codecs {
namespace {

constexpr std::size_t kSampleBytes = 2048;

}  // namespace

// For n sampled bytes the sum of squared counts is n + n(n-1)/256 if every value is equally likely,
// and grows with every bias. It is the collision entropy of the sample, without a logarithm.
bool looks_incompressible(ByteView chunk) noexcept {
  if (chunk.size() < kSampleBytes) return false;
  // Four runs spread over the chunk: a container's head often compresses while its body does not.
  // Side by side, each with counts of its own: one count does not wait for the one before it.
  constexpr std::size_t kRuns = 4;
  constexpr std::size_t kRunBytes = kSampleBytes / kRuns;
  const std::size_t stride = (chunk.size() - kRunBytes) / (kRuns - 1);
  std::array<std::array<std::uint16_t, 256>, kRuns> counts{};
  for (std::size_t i = 0; i < kRunBytes; ++i) {
    for (std::size_t run = 0; run < kRuns; ++run) ++counts[run][chunk[run * stride + i]];
  }
  std::uint64_t squares = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    std::uint32_t count = 0;
    for (const auto& of_run : counts) count += of_run[value];
    squares += count * count;
  }
  constexpr std::uint64_t kFlat = kSampleBytes + kSampleBytes * (kSampleBytes - 1) / 256;
  // A fifth above flat: order-0 coding would save under 4 %.
  return squares < kFlat + kFlat / 5;
}

}  // namespace letterpress::codecs
