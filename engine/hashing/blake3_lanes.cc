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
    {CpuTier::kAvx512, 16, 2, compress_lanes_avx512},
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    {CpuTier::kAvx2, 8, 1, compress_lanes_avx2},
#endif
    {CpuTier::kScalar, 4, 2, compress_lanes_scalar},
};

// What to do in a lane besides what the kernel has to know.
struct LaneWork {
  const Node* node = nullptr;  // null in a lane without work
  std::size_t blocks_left = 0;
  std::uint8_t padded_block[kBlockBytes];  // the node's last block, if it is partial
};

class LaneScheduler {
 public:
  LaneScheduler(const LanesKernel& kernel, const std::uint8_t* key, std::span<const Node> nodes)
      : kernel_(kernel), nodes_(nodes) {
    for (std::size_t i = 0; i < 8; ++i) key_[i] = load_le<std::uint32_t>(key + 4 * i);
  }

  void run() noexcept {
    refill();
    while (active_count_ > kernel_.one_by_one_max) {
      step();
      refill();
    }
    for (std::size_t lane = 0; lane < kernel_.lane_count; ++lane) {
      if (work_[lane].node != nullptr) finish_alone(lane);
    }
  }

 private:
  void refill() noexcept {
    for (std::size_t lane = 0; lane < kernel_.lane_count && next_ < nodes_.size(); ++lane) {
      if (work_[lane].node == nullptr) start(lane, nodes_[next_++]);
    }
  }

  void start(std::size_t lane, const Node& node) noexcept {
    LaneWork& work = work_[lane];
    work.node = &node;
    work.blocks_left = std::max<std::size_t>(1, (node.byte_count + kBlockBytes - 1) / kBlockBytes);
    for (std::size_t i = 0; i < 8; ++i) lanes_.value[i][lane] = key_[i];
    lanes_.counter_low[lane] = static_cast<std::uint32_t>(node.counter);
    lanes_.counter_high[lane] = static_cast<std::uint32_t>(node.counter >> 32);
    lanes_.flags[lane] = node.flags;
    lanes_.flags_first[lane] = node.flags_first;
    lanes_.blocks[lane] = node.bytes;
    const std::size_t tail_bytes = node.byte_count - (work.blocks_left - 1) * kBlockBytes;
    if (tail_bytes < kBlockBytes) {
      std::memset(work.padded_block, 0, kBlockBytes);
      if (tail_bytes > 0) {
        std::memcpy(work.padded_block, node.bytes + (node.byte_count - tail_bytes), tail_bytes);
      }
    }
    ++active_count_;
  }

  // Where the last block of the next `block_count` blocks is, how long, and how flagged.
  void aim_at_last(std::size_t lane, std::size_t block_count) noexcept {
    const LaneWork& work = work_[lane];
    lanes_.block_last[lane] = lanes_.blocks[lane] + (block_count - 1) * kBlockBytes;
    lanes_.bytes_last[lane] = kBlockBytes;
    lanes_.flags_last[lane] = 0;
    if (work.blocks_left != block_count) return;
    lanes_.flags_last[lane] = work.node->flags_last;
    const std::uint32_t tail_bytes = work.node->byte_count % kBlockBytes;
    if (tail_bytes > 0 || work.node->byte_count == 0) {
      lanes_.block_last[lane] = work.padded_block;
      lanes_.bytes_last[lane] = tail_bytes;
    }
  }

  // Runs all lanes until the first of them ends its node.
  void step() noexcept {
    std::size_t block_count = kLeafBytes / kBlockBytes;
    std::size_t some_active = 0;
    for (std::size_t lane = 0; lane < kernel_.lane_count; ++lane) {
      if (work_[lane].node == nullptr) continue;
      block_count = std::min(block_count, work_[lane].blocks_left);
      some_active = lane;
    }
    for (std::size_t lane = 0; lane < kernel_.lane_count; ++lane) {
      if (work_[lane].node != nullptr) aim_at_last(lane, block_count);
    }
    for (std::size_t lane = 0; lane < kernel_.lane_count; ++lane) {
      if (work_[lane].node != nullptr) continue;
      lanes_.blocks[lane] = lanes_.blocks[some_active];
      lanes_.block_last[lane] = lanes_.block_last[some_active];
    }
    kernel_.compress(lanes_, block_count);
    for (std::size_t lane = 0; lane < kernel_.lane_count; ++lane) {
      if (work_[lane].node != nullptr) advance(lane, block_count);
    }
  }

  void advance(std::size_t lane, std::size_t block_count) noexcept {
    LaneWork& work = work_[lane];
    work.blocks_left -= block_count;
    if (work.blocks_left > 0) {
      lanes_.blocks[lane] += block_count * kBlockBytes;
      lanes_.flags_first[lane] = 0;
      return;
    }
    for (std::size_t i = 0; i < 8; ++i) {
      store_le<std::uint32_t>(work.node->value + 4 * i, lanes_.value[i][lane]);
    }
    work.node = nullptr;
    --active_count_;
  }

  void finish_alone(std::size_t lane) noexcept {
    std::uint32_t value[8];
    for (std::size_t i = 0; i < 8; ++i) value[i] = lanes_.value[i][lane];
    const LaneWork& work = work_[lane];
    const Node& node = *work.node;
    std::uint32_t flags = node.flags | lanes_.flags_first[lane];
    const std::uint8_t* block = lanes_.blocks[lane];
    for (std::size_t left = work.blocks_left; left > 1; --left) {
      compress(value, {block, kBlockBytes, node.counter, flags});
      block += kBlockBytes;
      flags = node.flags;
    }
    aim_at_last(lane, work.blocks_left);
    compress(value, {lanes_.block_last[lane], lanes_.bytes_last[lane], node.counter,
                     flags | node.flags_last});
    for (std::size_t i = 0; i < 8; ++i) store_le<std::uint32_t>(node.value + 4 * i, value[i]);
  }

  const LanesKernel& kernel_;
  std::span<const Node> nodes_;
  std::size_t next_ = 0;
  std::size_t active_count_ = 0;
  std::uint32_t key_[8];
  LaneWork work_[kLanesMax];
  Lanes lanes_{};
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
