// SPDX-License-Identifier: Apache-2.0
#include "hashing/blake3_lanes.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/assert.h"
#include "base/endian.h"
#include "hashing/blake3_compress.h"
#include "hashing/blake3_lanes_kernels.h"

namespace letterpress::hashing {
namespace {

constexpr LanesKernel kKernels[] = {
#ifdef LETTERPRESS_BUILT_AVX512
    {CpuTier::kAvx512, 16, 2, compress_lanes_avx512, 32, compress_row_avx512},
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    {CpuTier::kAvx2, 8, 1, compress_lanes_avx2, 16, compress_row_avx2},
#endif
    {CpuTier::kScalar, 4, 2, compress_lanes_scalar, 8, compress_row_scalar},
};

std::size_t block_count_of(const Node& node) noexcept {
  return std::max<std::size_t>(1, (node.byte_count + kBlockBytes - 1) / kBlockBytes);
}

// Groups of nodes start together, one in each lane. Those that have fewer blocks end earlier; they
// are in the upper lanes, so that a kernel for fewer lanes does the rest.
class LaneScheduler {
 public:
  LaneScheduler(const LanesKernel& kernel, const std::uint8_t* key, std::span<const Node> nodes)
      : kernel_(kernel), rest_(nodes) {
    for (std::size_t i = 0; i < 8; ++i) key_[i] = load_le<std::uint32_t>(key + 4 * i);
  }

  void run() noexcept {
    while (!rest_.empty()) {
      const auto group = rest_.first(std::min(rest_.size(), kernel_.row_count));
      rest_ = rest_.subspan(group.size());
      run_group(group);
    }
  }

 private:
  void run_group(std::span<const Node> group) noexcept {
    start(group);
    std::size_t blocks_done = 0;
    while (group.size() > kernel_.one_by_one_max) {
      const std::size_t blocks = block_count_of(group.back());
      step(group, blocks_done, blocks);
      blocks_done = blocks;
      while (!group.empty() && block_count_of(group.back()) == blocks) {
        store_value(group.back(), group.size() - 1);
        group = group.first(group.size() - 1);
      }
    }
    for (std::size_t lane = 0; lane < group.size(); ++lane) {
      finish_alone(group[lane], lane, blocks_done);
    }
  }

  void start(std::span<const Node> group) noexcept {
    for (std::size_t i = 0; i < 8; ++i) std::fill_n(lanes_.value[i], group.size(), key_[i]);
    for (std::size_t lane = 0; lane < group.size(); ++lane) {
      const Node& node = group[lane];
      lanes_.counter_low[lane] = static_cast<std::uint32_t>(node.counter);
      lanes_.counter_high[lane] = static_cast<std::uint32_t>(node.counter >> 32);
      lanes_.flags[lane] = node.flags;
      lanes_.flags_first[lane] = node.flags_first;
      // Behind the last nodes mostly lie those of the next call.
      lanes_.ahead[lane] =
          lane < rest_.size() ? rest_[lane].bytes : node.bytes + group.size() * kLeafBytes;
    }
  }

  // The blocks [from, to) of each node, of which the last one has no more.
  void step(std::span<const Node> group, std::size_t from, std::size_t to) noexcept {
    for (std::size_t lane = 0; lane < group.size(); ++lane) {
      const Node& node = group[lane];
      lanes_.blocks[lane] = node.bytes + from * kBlockBytes;
      if (from != 0) {
        lanes_.flags_first[lane] = 0;
        lanes_.ahead[lane] = node.bytes;
      }
      const bool is_end = node.byte_count <= to * kBlockBytes;
      lanes_.flags_last[lane] = is_end ? node.flags_last : 0;
      aim_at_last(node, lane, to);
    }
    const bool is_row = group.size() > kernel_.lane_count;
    const std::size_t lane_count = is_row ? kernel_.row_count : kernel_.lane_count;
    for (std::size_t lane = group.size(); lane < lane_count; ++lane) {
      lanes_.blocks[lane] = lanes_.blocks[0];
      lanes_.block_last[lane] = lanes_.block_last[0];
      lanes_.ahead[lane] = lanes_.ahead[0];
    }
    (is_row ? kernel_.compress_row : kernel_.compress)(lanes_, to - from);
  }

  // Where the last of the first `block_count` blocks is, and how long; copied if it is partial.
  void aim_at_last(const Node& node, std::size_t lane, std::size_t block_count) noexcept {
    const std::size_t offset = (block_count - 1) * kBlockBytes;
    lanes_.block_last[lane] = node.bytes + offset;
    lanes_.bytes_last[lane] = kBlockBytes;
    if (node.byte_count >= offset + kBlockBytes) return;
    const std::size_t tail_bytes = node.byte_count - offset;
    std::memset(padded_[lane], 0, kBlockBytes);
    if (tail_bytes > 0) std::memcpy(padded_[lane], node.bytes + offset, tail_bytes);
    lanes_.block_last[lane] = padded_[lane];
    lanes_.bytes_last[lane] = static_cast<std::uint32_t>(tail_bytes);
  }

  void store_value(const Node& node, std::size_t lane) const noexcept {
    for (std::size_t i = 0; i < 8; ++i) {
      store_le<std::uint32_t>(node.value + 4 * i, lanes_.value[i][lane]);
    }
  }

  void finish_alone(const Node& node, std::size_t lane, std::size_t from) noexcept {
    std::uint32_t value[8];
    for (std::size_t i = 0; i < 8; ++i) value[i] = lanes_.value[i][lane];
    const std::size_t last = block_count_of(node) - 1;
    std::uint32_t flags = node.flags | (from == 0 ? node.flags_first : 0);
    for (std::size_t block = from; block < last; ++block) {
      compress(value, {node.bytes + block * kBlockBytes, kBlockBytes, node.counter, flags});
      flags = node.flags;
    }
    aim_at_last(node, lane, last + 1);
    compress(value, {lanes_.block_last[lane], lanes_.bytes_last[lane], node.counter,
                     flags | node.flags_last});
    for (std::size_t i = 0; i < 8; ++i) store_le<std::uint32_t>(node.value + 4 * i, value[i]);
  }

  const LanesKernel& kernel_;
  std::span<const Node> rest_;
  std::uint32_t key_[8];
  Lanes lanes_{};
  std::uint8_t padded_[kLanesMax][kBlockBytes];  // the last block of a node, if it is partial
};

}  // namespace

void run_nodes(const LanesKernel& kernel, const std::uint8_t* key,
               std::span<const Node> nodes) noexcept {
  LaneScheduler(kernel, key, nodes).run();
}

std::span<const LanesKernel> lanes_kernels() noexcept { return kKernels; }

const LanesKernel& best_lanes_kernel() noexcept {
  static const LanesKernel& best =
      *std::find_if(std::begin(kKernels), std::end(kKernels) - 1,
                    [](const LanesKernel& kernel) { return kernel.tier <= cpu_tier(); });
  return best;
}

}  // namespace letterpress::hashing
