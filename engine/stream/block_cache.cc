// SPDX-License-Identifier: Apache-2.0
#include "stream/block_cache.h"

#include <utility>

namespace letterpress::stream {

std::shared_ptr<const OpenBlock> BlockCache::find(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  held_.splice(held_.begin(), held_, found->second);
  return held_.front().block;
}

std::shared_ptr<const OpenBlock> BlockCache::put(Key key, OpenBlock&& block) {
  if (auto held = find(key)) return held;
  bytes_ += bytes_of(block);
  held_.push_front({key, std::make_shared<const OpenBlock>(std::move(block))});
  by_key_[key] = held_.begin();
  while (bytes_ > bytes_max_ && held_.size() > 1) {
    bytes_ -= bytes_of(*held_.back().block);
    by_key_.erase(held_.back().key);
    held_.pop_back();
  }
  return held_.front().block;
}

}  // namespace letterpress::stream
