// SPDX-License-Identifier: Apache-2.0
#include "codecs/probe.h"

#include <algorithm>
#include <array>

namespace letterpress::codecs {
namespace {

// Of shorter chunks so little is saved that they are not looked at.
constexpr std::size_t kChunkBytesMin = 2048;

// Spread over the chunk: a container's head often compresses while its body does not, and eight
// short runs see more of it than four long ones.
constexpr std::size_t kRuns = 8;
constexpr std::size_t kRunBytes = 48;
constexpr std::size_t kSampleBytes = kRuns * kRunBytes;

// Runs are counted side by side in tables of their own: one count does not wait for the one before.
constexpr std::size_t kTables = 4;
using Counts = std::array<std::array<std::uint8_t, 256>, kTables>;
static_assert(kSampleBytes / kTables <= 255);

}  // namespace

// For n sampled bytes the sum of squared counts is n + n(n-1)/256 if every value is equally likely,
// and grows with every bias. It is the collision entropy of the sample, without a logarithm.
bool looks_incompressible(ByteView chunk) noexcept {
  if (chunk.size() < kChunkBytesMin) return false;
  const std::size_t stride = (chunk.size() - kRunBytes) / (kRuns - 1);
  Counts counts{};
  for (std::size_t first = 0; first < kRuns; first += kTables) {
    for (std::size_t i = 0; i < kRunBytes; ++i) {
      for (std::size_t table = 0; table < kTables; ++table) {
        ++counts[table][chunk[(first + table) * stride + i]];
      }
    }
  }
  std::uint32_t squares = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    std::uint32_t count = 0;
    for (const auto& table : counts) count += table[value];
    squares += count * count;
  }
  constexpr std::uint32_t kFlat = kSampleBytes + kSampleBytes * (kSampleBytes - 1) / 256;
  // A fifth above flat: order-0 coding would save under 4 %. Random bytes stay below it by more
  // than five standard deviations.
  return squares < kFlat + kFlat / 5;
}

}  // namespace letterpress::codecs
