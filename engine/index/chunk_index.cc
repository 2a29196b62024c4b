// SPDX-License-Identifier: Apache-2.0
#include "index/chunk_index.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace letterpress::index {

namespace {

constexpr std::size_t kRecentSlotsMin = 1024;
// A recent chunk's slot for every so many chunks: 1.5 bytes a chunk.
constexpr std::size_t kChunksPerRecentSlot = 16;
// As many look-ups as have their memory on the way at once.
constexpr std::size_t kAhead = 16;

}  // namespace

std::size_t ChunkIndex::memory_bytes() const noexcept {
  std::size_t bytes = recent_slots_ * sizeof(IndexedPlace);
  if (shards_ == nullptr) return bytes;
  bytes += sizeof *shards_;
  for (const SortedShard& shard : *shards_) bytes += shard.memory_bytes();
  return bytes;
}

std::array<std::uint64_t, 2> ChunkIndex::random_scatter() noexcept {
  std::array<std::uint64_t, 2> scatter = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
  // Without a generator it is as good as a fixed one.
  std::array<std::uint64_t, 2> random{};
  if (::getrandom(random.data(), sizeof random, 0) == sizeof random) {
    for (std::size_t i = 0; i < scatter.size(); ++i) scatter[i] ^= random[i];
  }
  return scatter;
}

// Both halves of the id, folded by one multiplication of 64 bits to 128.
std::size_t ChunkIndex::first_slot(const IndexedId& id) const noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = Product{id.low ^ scatter_[0]} * Product{id.high ^ scatter_[1]};
  const auto folded =
      static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return static_cast<std::size_t>(folded) & (recent_slots_ - 1);
}

// Where the id is, or the free slot where it would be.
std::size_t ChunkIndex::recent_slot(const IndexedId& id) const noexcept {
  const std::size_t mask = recent_slots_ - 1;
  std::size_t at = first_slot(id);
  while (recent_[at].packed_place != 0 && recent_[at].id != id) at = (at + 1) & mask;
  return at;
}

std::optional<Place> ChunkIndex::find(const IndexedId& id) const noexcept {
  if (recent_slots_ == 0) return std::nullopt;
  std::uint64_t packed = recent_[recent_slot(id)].packed_place;
  if (packed == 0 && shards_ != nullptr) packed = (*shards_)[id.first_byte()].find(id);
  if (packed == 0) return std::nullopt;
  return unpack_place(packed);
}

std::optional<Place> ChunkIndex::find(const ChunkId& id) const noexcept {
  return find(IndexedId(id));
}

void ChunkIndex::find_many(std::span<const ChunkId> ids,
                           std::span<std::optional<Place>> places) const noexcept {
  LETTERPRESS_ASSERT(ids.size() == places.size());
  for (std::size_t first = 0; first < ids.size(); first += kAhead) {
    const std::size_t count = std::min(kAhead, ids.size() - first);
    if (recent_slots_ != 0) {
      for (std::size_t i = first; i < first + count; ++i) {
        const IndexedId id(ids[i]);
        __builtin_prefetch(&recent_[first_slot(id)]);
        if (shards_ != nullptr) (*shards_)[id.first_byte()].prefetch(id);
      }
    }
    for (std::size_t i = first; i < first + count; ++i) places[i] = find(ids[i]);
  }
}

bool ChunkIndex::insert(const ChunkId& chunk_id, Place place) {
  const IndexedId id(chunk_id);
  if (find(id)) return false;
  make_room();
  recent_[recent_slot(id)] = {id, pack_place(place)};
  ++recent_count_;
  return true;
}

void ChunkIndex::make_room() {
  if (recent_slots_ != 0 && (recent_count_ + 1) * 4 <= recent_slots_ * 3) return;
  if (recent_count_ > 0) merge_recent();
  const std::size_t slots =
      std::max(kRecentSlotsMin, std::bit_floor(merged_count_ / kChunksPerRecentSlot));
  if (slots != recent_slots_) recent_ = std::make_unique<IndexedPlace[]>(slots);
  recent_slots_ = slots;
}

void ChunkIndex::merge_recent() {
  if (shards_ == nullptr) shards_ = std::make_unique<std::array<SortedShard, kShardCount>>();
  const std::span slots(recent_.get(), recent_slots_);
  const auto end = std::partition(slots.begin(), slots.end(),
                                  [](const IndexedPlace& slot) { return slot.packed_place != 0; });
  std::sort(slots.begin(), end,
            [](const IndexedPlace& a, const IndexedPlace& b) { return a.id < b.id; });
  for (auto begin = slots.begin(); begin != end;) {
    const std::size_t first_byte = begin->id.first_byte();
    const auto behind = std::find_if(
        begin, end, [&](const IndexedPlace& slot) { return slot.id.first_byte() != first_byte; });
    (*shards_)[first_byte].merge({begin, behind});
    begin = behind;
  }
  std::fill(slots.begin(), slots.end(), IndexedPlace{});
  merged_count_ += recent_count_;
  recent_count_ = 0;
}

}  // namespace letterpress::index
