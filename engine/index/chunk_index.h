// SPDX-License-Identifier: Apache-2.0
// Chunk id -> place, in memory: a flat table of 24 bytes a slot, at most three quarters full.
//
//   ChunkIndex index;
//   index.insert(id, Place{7, 0});
//   std::optional<Place> place = index.find(id);
//
// Keeps the first 16 bytes of an id: ids are keyed or cryptographic hashes, so 128 bits do not
// collide by chance, and slots need no further hash. Not thread-safe; find() is const.
// insert() allocates only when the table doubles.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/chunk_id.h"
#include "base/place.h"

namespace letterpress::index {

class ChunkIndex {
 public:
  ChunkIndex() = default;
  ChunkIndex(ChunkIndex&&) noexcept = default;
  ChunkIndex& operator=(ChunkIndex&&) noexcept = default;

  std::optional<Place> find(const ChunkId& id) const noexcept;
  // Remembers the place. Keeps the older one if the id is known, and says false.
  bool insert(const ChunkId& id, Place place);

  std::size_t size() const noexcept { return count_; }
  std::size_t memory_bytes() const noexcept { return slot_count_ * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t id[2];
    std::uint64_t place_plus_one;  // 0: free; otherwise block << 16 | ordinal, plus one
  };
  static Slot make_slot(const ChunkId& id, Place place) noexcept;
  Slot& slot_for(const Slot& wanted) const noexcept;
  void grow();

  std::unique_ptr<Slot[]> slots_;
  std::size_t slot_count_ = 0;  // a power of two
  std::size_t count_ = 0;
};

}  // namespace letterpress::index
