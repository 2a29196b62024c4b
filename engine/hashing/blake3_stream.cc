// SPDX-License-Identifier: Apache-2.0
// Hasher: leaves and subtrees become chaining values as soon as it is known that more bytes follow
// them. Until then they might be the root, which is compressed with a flag of its own.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "hashing/blake3.h"
#include "hashing/blake3_batch.h"

namespace letterpress::hashing {

void Hasher::update(ByteView bytes) noexcept {
  while (!bytes.empty()) {
    if (leaf_bytes_ == kLeafBytes) {
      push(leaf_value(key_, leaf_, leaf_count_, mode_, 0), 1);
      leaf_bytes_ = 0;
    }
    if (leaf_bytes_ == 0 && bytes.size() > kLeafBytes) {
      bytes = bytes.subspan(take_subtree(bytes));
      continue;
    }
    const std::size_t taken = std::min(bytes.size(), kLeafBytes - leaf_bytes_);
    std::memcpy(leaf_.data() + leaf_bytes_, bytes.data(), taken);
    leaf_bytes_ += static_cast<std::uint32_t>(taken);
    bytes = bytes.subspan(taken);
  }
}

// Hashes the largest complete subtree that starts here, ends before the last of `bytes`, and is no
// larger than a batch. Gives its length.
std::size_t Hasher::take_subtree(ByteView bytes) noexcept {
  std::size_t count = std::min(Batch::kLeavesMax, std::bit_floor((bytes.size() - 1) / kLeafBytes));
  if (leaf_count_ > 0) {
    // A subtree of 2^k leaves starts at a multiple of 2^k.
    count = std::min(count, std::size_t{1} << std::min(20, std::countr_zero(leaf_count_)));
  }
  ChainingValue value;
  const ByteView subtree = bytes.first(count * kLeafBytes);
  Batch batch(best_lanes_kernel(), key_, mode_);
  batch.add(
      {.bytes = subtree, .first_leaf = leaf_count_, .is_whole = false, .value = value.data()});
  batch.run();
  push(value, count);
  return subtree.size();
}

// Joins the new subtree with those before it that are of its size, then of twice its size, ...: one
// join for each carry of the addition to leaf_count_.
void Hasher::push(ChainingValue value, std::uint64_t leaf_count) noexcept {
  for (std::uint64_t size = leaf_count; (leaf_count_ & size) != 0; size *= 2) {
    value = parent_value(key_, stack_[--stack_count_], value, mode_);
  }
  leaf_count_ += leaf_count;
  LETTERPRESS_ASSERT(stack_count_ < stack_.size());
  stack_[stack_count_++] = value;
}

ChunkId Hasher::finish() const noexcept {
  const ByteView leaf = ByteView(leaf_).first(leaf_bytes_);
  ChainingValue value = leaf_value(key_, leaf, leaf_count_, mode_, stack_count_ == 0 ? kRoot : 0U);
  for (std::size_t i = stack_count_; i-- > 0;) {
    value = parent_value(key_, stack_[i], value, mode_ | (i == 0 ? kRoot : 0U));
  }
  return ChunkId{value};
}

}  // namespace letterpress::hashing
