// SPDX-License-Identifier: Apache-2.0
// The chunks whose ids begin with one byte, sorted by id and packed to 22 bytes each.
//
//   SortedShard shard;
//   shard.merge(by_id);                        // ids of one first byte, sorted, none of them known
//   std::uint64_t packed = shard.find(id);     // 0: not there
//
// A slot: bytes 2 to 15 of the id, packed place. The first byte is the shard's, the second that of
// the part of the table where the slot lies.
// Not thread-safe; the const functions may be called from many threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "letterpress/chunk.h"

namespace letterpress::index {

// The first 16 bytes of an id as numbers that sort as the bytes do.
struct IndexedId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  explicit IndexedId(const ChunkId& id) noexcept;
  IndexedId() = default;
  friend auto operator<=>(const IndexedId&, const IndexedId&) = default;

  std::size_t first_byte() const noexcept { return static_cast<std::size_t>(high >> 56); }
  std::size_t second_byte() const noexcept { return static_cast<std::size_t>(high >> 48 & 0xff); }
};

// Never 0.
std::uint64_t pack_place(Place place) noexcept;
Place unpack_place(std::uint64_t packed) noexcept;

struct IndexedPlace {
  IndexedId id;
  std::uint64_t packed_place = 0;
};

class SortedShard {
 public:
  std::uint64_t find(const IndexedId& id) const noexcept;
  // Asks for the memory that find() will read first.
  void prefetch(const IndexedId& id) const noexcept;

  void merge(std::span<const IndexedPlace> by_id);

  std::size_t size() const noexcept { return slots_.size(); }
  std::size_t memory_bytes() const noexcept { return slots_.capacity() * sizeof(Slot); }

 private:
  using Slot = std::array<std::uint8_t, 22>;

  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t guess;  // in it, unless it is empty
  };
  Range range_of(const IndexedId& id) const noexcept;

  static Slot make_slot(const IndexedPlace& chunk) noexcept;
  static std::uint64_t head_of(const Slot& slot) noexcept;

  std::vector<Slot> slots_;
  std::array<std::uint32_t, 257> begins_{};  // of each second byte, and the end
};

}  // namespace letterpress::index
