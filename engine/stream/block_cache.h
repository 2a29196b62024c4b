// SPDX-License-Identifier: Apache-2.0
// The blocks, or parts of them, that were opened last, up to a number of bytes.
//
//   BlockCache cache(96 * kMiB);
//   if (auto block = cache.find({number})) return block;
//   return cache.put({number}, *std::move(opened));
//
// What is put stays valid for whoever holds it. Not thread-safe.
#pragma once

#include <list>
#include <map>
#include <memory>

#include "stream/block.h"

namespace letterpress::stream {

class BlockCache {
 public:
  struct Key {
    std::uint64_t number = 0;
    std::uint32_t part = 0;  // as the owner counts them
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  explicit BlockCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Null if it is not held.
  std::shared_ptr<const OpenBlock> find(Key key);
  // The newest stays, however large. What is held under the key stays instead.
  std::shared_ptr<const OpenBlock> put(Key key, OpenBlock&& block);

 private:
  struct Held {
    Key key;
    std::shared_ptr<const OpenBlock> block;
  };
  static std::size_t bytes_of(const OpenBlock& block) noexcept {
    return block.bytes.size() + block.starts.size() * sizeof(block.starts[0]);
  }

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Held> held_;  // newest first
  std::map<Key, decltype(held_)::iterator> by_key_;
};

}  // namespace letterpress::stream
