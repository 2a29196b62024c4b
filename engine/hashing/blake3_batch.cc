// SPDX-License-Identifier: Apache-2.0
#include "hashing/blake3_batch.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/assert.h"
#include "base/endian.h"

namespace letterpress::hashing {
namespace {

using Words = std::uint32_t[8];

void load_words(const ChainingValue& from, Words& to) noexcept {
  for (std::size_t i = 0; i < 8; ++i) to[i] = load_le<std::uint32_t>(from.data() + 4 * i);
}

ChainingValue store_words(const Words& from) noexcept {
  ChainingValue to;
  for (std::size_t i = 0; i < 8; ++i) store_le<std::uint32_t>(to.data() + 4 * i, from[i]);
  return to;
}

}  // namespace

ChainingValue leaf_value(const ChainingValue& key, ByteView bytes, std::uint64_t counter,
                         std::uint32_t mode, std::uint32_t root) noexcept {
  LETTERPRESS_ASSERT(bytes.size() <= kLeafBytes);
  Words value;
  load_words(key, value);
  std::uint32_t start = kLeafStart;
  while (bytes.size() > kBlockBytes) {
    compress(value, {bytes.data(), kBlockBytes, counter, mode | start});
    bytes = bytes.subspan(kBlockBytes);
    start = 0;
  }
  std::uint8_t last[kBlockBytes] = {};
  if (!bytes.empty()) std::memcpy(last, bytes.data(), bytes.size());
  const auto byte_count = static_cast<std::uint32_t>(bytes.size());
  compress(value, {last, byte_count, counter, mode | start | kLeafEnd | root});
  return store_words(value);
}

ChainingValue parent_value(const ChainingValue& key, const ChainingValue& left,
                           const ChainingValue& right, std::uint32_t flags) noexcept {
  Words value;
  load_words(key, value);
  std::uint8_t block[kBlockBytes];
  std::memcpy(block, left.data(), 32);
  std::memcpy(block + 32, right.data(), 32);
  compress(value, {block, kBlockBytes, 0, flags | kParent});
  return store_words(value);
}

void Batch::add(const BatchInput& input) noexcept {
  LETTERPRESS_ASSERT(has_room_for(input.bytes));
  const std::size_t count = leaf_count_of(input.bytes.size());
  trees_[tree_count_++] = {leaf_count_, count, input.is_whole, input.value};
  const std::uint32_t end = kLeafEnd | (count == 1 && input.is_whole ? kRoot : 0U);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = i * kLeafBytes;
    const std::size_t byte_count = std::min(kLeafBytes, input.bytes.size() - offset);
    Node& node = byte_count == kLeafBytes ? nodes_[full_count_++] : partial_[partial_count_++];
    node = {.bytes = input.bytes.data() + offset,
            .value = count == 1 ? input.value : value_at(leaf_count_ + i),
            .counter = input.first_leaf + i,
            .byte_count = static_cast<std::uint32_t>(byte_count),
            .flags = mode_,
            .flags_first = kLeafStart,
            .flags_last = end};
  }
  leaf_count_ += count;
}

// Behind the full leaves, those with more blocks first.
void Batch::add_partial_leaves() noexcept {
  constexpr std::size_t kBlocksMax = kLeafBytes / kBlockBytes;
  const auto missing_blocks = [](const Node& leaf) {
    return std::min(kBlocksMax - 1, (kLeafBytes - leaf.byte_count) / kBlockBytes);
  };
  std::size_t next[kBlocksMax + 1] = {full_count_};
  for (const Node& leaf : std::span(partial_, partial_count_)) ++next[missing_blocks(leaf) + 1];
  std::partial_sum(std::begin(next), std::end(next), std::begin(next));
  for (const Node& leaf : std::span(partial_, partial_count_)) {
    nodes_[next[missing_blocks(leaf)]++] = leaf;
  }
}

void Batch::run() noexcept {
  add_partial_leaves();
  run_nodes(kernel_, key_.data(), {nodes_, leaf_count_});
  drop_finished_trees();
  while (tree_count_ > 0) {
    run_level();
    drop_finished_trees();
  }
  leaf_count_ = full_count_ = partial_count_ = 0;
}

// Pairs the values of every tree from the left; an odd one goes up as it is. This gives BLAKE3's
// tree: every left subtree is complete, and as large as it can be.
void Batch::run_level() noexcept {
  std::size_t node_count = 0;
  for (const Tree& tree : std::span(trees_, tree_count_)) {
    const bool is_top = tree.value_count == 2;
    for (std::size_t i = 0; i < tree.value_count / 2; ++i) {
      nodes_[node_count++] = {.bytes = value_at(tree.first_value + 2 * i),
                              .value = is_top ? tree.value : value_at(tree.first_value + i),
                              .counter = 0,
                              .byte_count = kBlockBytes,
                              .flags = mode_ | kParent | (is_top && tree.is_whole ? kRoot : 0U),
                              .flags_first = 0,
                              .flags_last = 0};
    }
  }
  run_nodes(kernel_, key_.data(), {nodes_, node_count});
  for (Tree& tree : std::span(trees_, tree_count_)) {
    const std::size_t pair_count = tree.value_count / 2;
    if (tree.value_count % 2 == 1) {
      std::memcpy(value_at(tree.first_value + pair_count),
                  value_at(tree.first_value + tree.value_count - 1), 32);
    }
    tree.value_count -= pair_count;
  }
}

void Batch::drop_finished_trees() noexcept {
  const auto is_finished = [](const Tree& tree) { return tree.value_count == 1; };
  Tree* const end = std::remove_if(trees_, trees_ + tree_count_, is_finished);
  tree_count_ = static_cast<std::size_t>(end - trees_);
}

}  // namespace letterpress::hashing
