// SPDX-License-Identifier: Apache-2.0
// Chunk id -> place, in memory, at 24 bytes a chunk.
//
//   ChunkIndex index;
//   index.insert(id, Place{7, 0});
//   std::optional<Place> place = index.find(id);
//   index.find_many(ids, places);              // the same for many: memory is asked for ahead
//
// Two parts. Recent chunks are in a hash table with slots to spare, at most a sixteenth of all.
// When it is full they are merged into the others, which lie sorted and packed, without a free
// slot, in 256 shards by the id's first byte; a table by the second byte and a guess from the bytes
// behind it give where to look. Ids are keyed or cryptographic hashes: the guess is off by a few
// slots.
//
// Keeps the first 16 bytes of an id: 128 bits of a hash do not collide by chance. Ids that are not
// spread evenly cost a binary search, no more, once they are merged.
//
// Not thread-safe; the const functions may be called from many threads at once.
// Cost: a look-up reads two or three cache lines. insert() allocates only when recent chunks are
// merged, for one shard at a time; each chunk is moved some 20 times while the index doubles.
// Memory: 22 bytes a chunk, at most 1.5 more for recent ones, and 288 KiB.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "index/sorted_shard.h"
#include "letterpress/chunk.h"

namespace letterpress::index {

class ChunkIndex {
 public:
  ChunkIndex() = default;
  ChunkIndex(ChunkIndex&&) noexcept = default;
  ChunkIndex& operator=(ChunkIndex&&) noexcept = default;

  std::optional<Place> find(const ChunkId& id) const noexcept;
  // places[i] is that of ids[i]; both have one size.
  void find_many(std::span<const ChunkId> ids,
                 std::span<std::optional<Place>> places) const noexcept;
  // Remembers the place. Keeps the older one if the id is known, and says false.
  bool insert(const ChunkId& id, Place place);

  std::size_t size() const noexcept { return merged_count_ + recent_count_; }
  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kShardCount = 256;  // by the first byte of an id

  std::size_t first_slot(const IndexedId& id) const noexcept;
  std::size_t recent_slot(const IndexedId& id) const noexcept;
  std::optional<Place> find(const IndexedId& id) const noexcept;
  static std::array<std::uint64_t, 2> random_scatter() noexcept;
  void make_room();
  void merge_recent();

  // Where ids meet in recent_. Random: ids that come with a stream may have been chosen by whoever
  // wrote it. What is found does not depend on it.
  std::array<std::uint64_t, 2> scatter_ = random_scatter();
  std::unique_ptr<IndexedPlace[]> recent_;  // free where packed_place is 0
  std::size_t recent_slots_ = 0;            // a power of two
  std::size_t recent_count_ = 0;
  std::unique_ptr<std::array<SortedShard, kShardCount>> shards_;  // null until there was a merge
  std::size_t merged_count_ = 0;
};

}  // namespace letterpress::index
