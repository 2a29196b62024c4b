// SPDX-License-Identifier: Apache-2.0
// The blocks that were opened last, up to a number of bytes.
//
//   BlockCache cache(96 * kMiB);
//   if (auto block = cache.find(number)) return block;
//   return cache.put(*std::move(opened));
//
// What is put stays valid for whoever holds it. Not thread-safe.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>

#include "stream/block.h"

namespace letterpress::stream {

class BlockCache {
 public:
  explicit BlockCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Null if it is not held.
  std::shared_ptr<const OpenBlock> find(std::uint64_t number);
  // The newest stays, however large.
  std::shared_ptr<const OpenBlock> put(OpenBlock&& block);

 private:
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<std::shared_ptr<const OpenBlock>> blocks_;  // newest first
  std::unordered_map<std::uint64_t, decltype(blocks_)::iterator> by_number_;
};

}  // namespace letterpress::stream
