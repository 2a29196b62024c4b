// SPDX-License-Identifier: Apache-2.0
// The blocks, or parts of them, that were opened last, up to a number of bytes.
//
//   BlockCache cache(32 * kMiB);
//   if (auto block = cache.find({number})) return block;
//   return cache.put({number}, *std::move(opened));
//
// What is put stays valid for whoever holds it; then its buffer is for the next block: see
// take_spare(). Not thread-safe, but any thread may let go of what was put.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "stream/block.h"

namespace letterpress::stream {

class BlockCache {
 public:
  struct Key {
    std::uint64_t number = 0;
    std::uint32_t part = 0;  // as the owner counts them
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // Buffers below `spare_bytes_min` are not kept as spares: malloc() is good at those.
  explicit BlockCache(std::size_t bytes_max, std::size_t spare_bytes_min = kMiB)
      : bytes_max_(bytes_max), spares_(std::make_shared<Spares>(spare_bytes_min)) {}

  // A buffer whose contents do not matter; empty if there is none.
  UnsetBytes take_spare() { return spares_->take(); }

  // Null if it is not held.
  std::shared_ptr<const OpenBlock> find(Key key);
  // Of what is held under keys of the same block up to this one, the last. Null if there is none.
  std::shared_ptr<const OpenBlock> find_up_to(Key key);
  // The newest stays, however large. What is held under the key stays instead.
  std::shared_ptr<const OpenBlock> put(Key key, OpenBlock&& block);

 private:
  // Outlives the cache, for those who still hold a block. Thread-safe.
  class Spares {
   public:
    explicit Spares(std::size_t bytes_min) : bytes_min_(bytes_min) {}
    UnsetBytes take();
    void give(UnsetBytes&& bytes);

   private:
    const std::size_t bytes_min_;
    std::mutex mutex_;
    std::vector<UnsetBytes> buffers_;
  };

  struct Held {
    Key key;
    std::shared_ptr<const OpenBlock> block;
  };
  static std::size_t bytes_of(const OpenBlock& block) noexcept {
    return block.bytes.capacity() + block.starts.size() * sizeof(block.starts[0]);
  }

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::shared_ptr<Spares> spares_;
  std::list<Held> held_;  // newest first
  std::map<Key, decltype(held_)::iterator> by_key_;
};

}  // namespace letterpress::stream
