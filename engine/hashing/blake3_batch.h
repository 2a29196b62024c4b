// SPDX-License-Identifier: Apache-2.0
// BLAKE3 trees of many inputs at once: all leaves in one run of the lanes, then all parents of the
// lowest level, and so on up.
//
//   Batch batch(kernel, key, mode);
//   if (!batch.has_room_for(input)) batch.run();
//   batch.add({.bytes = input, .first_leaf = 0, .is_whole = true, .value = id});
//   batch.run();
//
// Calls: (add* run)*. `add` needs has_room_for(); `run` writes the values and empties the batch.
// Not thread-safe. No allocation; about 84 KiB, meant for the stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "hashing/blake3_compress.h"
#include "hashing/blake3_lanes.h"
#include "letterpress/chunk.h"

namespace letterpress::hashing {

// Chaining values are kept as bytes, in the order in which a parent's block has them.
using ChainingValue = std::array<std::uint8_t, 32>;

// One node alone. `mode` goes into every block, `root` is kRoot or 0.
ChainingValue leaf_value(const ChainingValue& key, ByteView bytes, std::uint64_t counter,
                         std::uint32_t mode, std::uint32_t root) noexcept;
ChainingValue parent_value(const ChainingValue& key, const ChainingValue& left,
                           const ChainingValue& right, std::uint32_t flags) noexcept;

constexpr std::size_t leaf_count_of(std::size_t byte_count) noexcept {
  return byte_count <= kLeafBytes ? 1 : (byte_count - 1) / kLeafBytes + 1;
}

struct BatchInput {
  ByteView bytes;            // a whole input, or a complete subtree of one
  std::uint64_t first_leaf;  // number of the first leaf in the input that this is a part of
  bool is_whole;             // the top node is the root
  std::uint8_t* value;       // gets the 32 bytes of the top node
};

class Batch {
 public:
  static constexpr std::size_t kLeavesMax = 512;

  // `kernel` must outlive the batch.
  Batch(const LanesKernel& kernel, const ChainingValue& key, std::uint32_t mode) noexcept
      : kernel_(kernel), key_(key), mode_(mode) {}

  bool has_room_for(ByteView bytes) const noexcept {
    return leaf_count_of(bytes.size()) <= kLeavesMax - leaf_count_;
  }
  void add(const BatchInput& input) noexcept;
  void run() noexcept;

 private:
  struct Tree {
    std::size_t first_value;  // its chaining values are side by side, the lowest level at first
    std::size_t value_count;  // 1 once the top is known
    bool is_whole;
    std::uint8_t* value;
  };

  std::uint8_t* value_at(std::size_t index) noexcept { return values_ + 32 * index; }
  void add_partial_leaves() noexcept;
  void run_level() noexcept;
  void drop_finished_trees() noexcept;

  const LanesKernel& kernel_;
  const ChainingValue key_;
  const std::uint32_t mode_;
  std::size_t tree_count_ = 0;
  std::size_t leaf_count_ = 0;
  std::size_t full_count_ = 0;
  std::size_t partial_count_ = 0;
  Node nodes_[kLeavesMax];    // of the level in work; first the full leaves
  Node partial_[kLeavesMax];  // the other leaves
  Tree trees_[kLeavesMax];
  std::uint8_t values_[32 * kLeavesMax];
};

// hash_many() of blake3.h on a chosen kernel.
void hash_many_on(const LanesKernel& kernel, std::span<const ByteView> inputs, const HashKey* key,
                  ChunkId* ids) noexcept;

}  // namespace letterpress::hashing
