// SPDX-License-Identifier: Apache-2.0
#include "stream/block_cache.h"

#include <utility>

namespace letterpress::stream {

std::shared_ptr<const OpenBlock> BlockCache::find(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return nullptr;
  blocks_.splice(blocks_.begin(), blocks_, found->second);
  return blocks_.front();
}

std::shared_ptr<const OpenBlock> BlockCache::put(OpenBlock&& block) {
  bytes_ += block.bytes.size();
  blocks_.push_front(std::make_shared<const OpenBlock>(std::move(block)));
  by_number_[blocks_.front()->number] = blocks_.begin();
  while (bytes_ > bytes_max_ && blocks_.size() > 1) {
    bytes_ -= blocks_.back()->bytes.size();
    by_number_.erase(blocks_.back()->number);
    blocks_.pop_back();
  }
  return blocks_.front();
}

}  // namespace letterpress::stream
