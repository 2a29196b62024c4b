// SPDX-License-Identifier: Apache-2.0
#include "stream/block_cache.h"

#include <iterator>
#include <utility>

namespace letterpress::stream {
namespace {

// One for each thread that opens a block is enough; the others are memory that nobody uses.
constexpr std::size_t kSparesMax = 2;

}  // namespace

UnsetBytes BlockCache::Spares::take() {
  const std::lock_guard lock(mutex_);
  if (buffers_.empty()) return {};
  UnsetBytes bytes = std::move(buffers_.back());
  buffers_.pop_back();
  return bytes;
}

void BlockCache::Spares::give(UnsetBytes&& bytes) {
  if (bytes.capacity() < bytes_min_) return;
  const std::lock_guard lock(mutex_);
  if (buffers_.size() < kSparesMax) buffers_.push_back(std::move(bytes));
}

std::shared_ptr<const OpenBlock> BlockCache::find(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  held_.splice(held_.begin(), held_, found->second);
  return held_.front().block;
}

std::shared_ptr<const OpenBlock> BlockCache::find_up_to(Key key) {
  const auto behind = by_key_.upper_bound(key);
  if (behind == by_key_.begin() || std::prev(behind)->first.number != key.number) return nullptr;
  return find(std::prev(behind)->first);
}

std::shared_ptr<const OpenBlock> BlockCache::put(Key key, OpenBlock&& block) {
  if (auto held = find(key)) return held;
  bytes_ += bytes_of(block);
  const auto let_go = [spares = spares_](OpenBlock* last) {
    const std::unique_ptr<OpenBlock> owned(last);
    spares->give(std::move(owned->bytes));
  };
  auto owned = std::make_unique<OpenBlock>(std::move(block));
  held_.push_front({key, std::shared_ptr<const OpenBlock>(owned.release(), let_go)});
  by_key_[key] = held_.begin();
  while (bytes_ > bytes_max_ && held_.size() > 1) {
    bytes_ -= bytes_of(*held_.back().block);
    by_key_.erase(held_.back().key);
    held_.pop_back();
  }
  return held_.front().block;
}

}  // namespace letterpress::stream
