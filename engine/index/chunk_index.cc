// SPDX-License-Identifier: Apache-2.0
#include "index/chunk_index.h"

#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace letterpress::index {

static_assert(kBlockChunksMax <= 65536, "an ordinal has 16 bits in a slot");

ChunkIndex::Slot ChunkIndex::make_slot(const ChunkId& id, Place place) noexcept {
  LETTERPRESS_ASSERT(place.block <= kBlockNumberMax && place.ordinal < kBlockChunksMax);
  Slot slot;
  std::memcpy(slot.id, id.bytes.data(), sizeof slot.id);
  slot.place_plus_one = (place.block << 16 | place.ordinal) + 1;
  return slot;
}

ChunkIndex::Slot& ChunkIndex::slot_for(const Slot& wanted) const noexcept {
  const std::size_t mask = slot_count_ - 1;
  std::size_t at = static_cast<std::size_t>(wanted.id[0]) & mask;
  while (slots_[at].place_plus_one != 0 &&
         (slots_[at].id[0] != wanted.id[0] || slots_[at].id[1] != wanted.id[1])) {
    at = (at + 1) & mask;
  }
  return slots_[at];
}

std::optional<Place> ChunkIndex::find(const ChunkId& id) const noexcept {
  if (slot_count_ == 0) return std::nullopt;
  const std::uint64_t packed = slot_for(make_slot(id, Place{})).place_plus_one;
  if (packed == 0) return std::nullopt;
  return Place{(packed - 1) >> 16, static_cast<std::uint32_t>((packed - 1) & 0xffff)};
}

bool ChunkIndex::insert(const ChunkId& id, Place place) {
  if ((count_ + 1) * 4 > slot_count_ * 3) grow();
  const Slot wanted = make_slot(id, place);
  Slot& slot = slot_for(wanted);
  if (slot.place_plus_one != 0) return false;
  slot = wanted;
  ++count_;
  return true;
}

void ChunkIndex::grow() {
  const std::size_t old_count = slot_count_;
  const std::unique_ptr<Slot[]> old = std::move(slots_);
  slot_count_ = old_count == 0 ? 1024 : old_count * 2;
  slots_ = std::make_unique<Slot[]>(slot_count_);
  for (std::size_t i = 0; i < old_count; ++i) {
    if (old[i].place_plus_one != 0) slot_for(old[i]) = old[i];
  }
}

}  // namespace letterpress::index
