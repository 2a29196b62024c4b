// SPDX-License-Identifier: Apache-2.0
#include "index/sorted_shard.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/endian.h"
#include "base/limits.h"

namespace letterpress::index {

static_assert(kBlockChunksMax <= 65536, "an ordinal has 16 bits in a packed place");

namespace {

constexpr std::size_t kPlaceOffset = 14;

std::uint64_t load_be64(const std::uint8_t* from) noexcept {
  return __builtin_bswap64(load_le<std::uint64_t>(from));
}

void store_be64(std::uint8_t* to, std::uint64_t value) noexcept {
  store_le(to, __builtin_bswap64(value));
}

// Bytes 2 to 9 of an id.
std::uint64_t head_of(const IndexedId& id) noexcept { return id.high << 16 | id.low >> 48; }

}  // namespace

IndexedId::IndexedId(const ChunkId& id) noexcept
    : high(load_be64(id.bytes.data())), low(load_be64(id.bytes.data() + 8)) {}

std::uint64_t pack_place(Place place) noexcept {
  LETTERPRESS_ASSERT(place.block <= kBlockNumberMax && place.ordinal < kBlockChunksMax);
  return (place.block << 16 | place.ordinal) + 1;
}

Place unpack_place(std::uint64_t packed) noexcept {
  return {(packed - 1) >> 16, static_cast<std::uint32_t>((packed - 1) & 0xffff)};
}

SortedShard::Slot SortedShard::make_slot(const IndexedPlace& chunk) noexcept {
  Slot slot;
  store_be64(slot.data(), index::head_of(chunk.id));
  store_be64(slot.data() + 6, chunk.id.low);  // its first two bytes are there already
  store_le(slot.data() + kPlaceOffset, chunk.packed_place);
  return slot;
}

std::uint64_t SortedShard::head_of(const Slot& slot) noexcept { return load_be64(slot.data()); }

SortedShard::Range SortedShard::range_of(const IndexedId& id) const noexcept {
  const std::size_t begin = begins_[id.second_byte()];
  const std::size_t end = begins_[id.second_byte() + 1];
  // Evenly spread ids are as far into the range as their next bytes are into what these can be.
  const std::uint64_t next = id.high << 16 >> 32;  // 32 bits
  return {begin, end, begin + static_cast<std::size_t>(next * (end - begin) >> 32)};
}

void SortedShard::prefetch(const IndexedId& id) const noexcept {
  __builtin_prefetch(slots_.data() + range_of(id).guess);
}

std::uint64_t SortedShard::find(const IndexedId& id) const noexcept {
  const auto [begin, end, guess] = range_of(id);
  if (begin == end) return 0;
  const std::uint64_t head = index::head_of(id);
  const auto is_before = [&](std::size_t at) {
    const std::uint64_t slot_head = head_of(slots_[at]);
    return slot_head < head || (slot_head == head && load_be64(&slots_[at][6]) < id.low);
  };
  // From the guess on in steps that double, until the id can only lie in [low, high].
  std::size_t low = guess;
  std::size_t high = guess;
  std::size_t step = 4;
  if (is_before(guess)) {
    for (; end - low > step && is_before(low + step); step *= 2) low += step;
    high = low + std::min(step, end - low);
  } else {
    for (; high - begin > step && !is_before(high - step); step *= 2) high -= step;
    low = high - std::min(step, high - begin);
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (is_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == end || head_of(slots_[low]) != head || load_be64(&slots_[low][6]) != id.low) return 0;
  return load_le<std::uint64_t>(&slots_[low][kPlaceOffset]);
}

void SortedShard::merge(std::span<const IndexedPlace> by_id) {
  if (by_id.empty()) return;
  std::vector<Slot> merged;
  merged.reserve(slots_.size() + by_id.size());
  std::array<std::uint32_t, 257> begins{};
  auto next = by_id.begin();
  for (std::size_t second = 0; second < 256; ++second) {
    begins[second] = static_cast<std::uint32_t>(merged.size());
    std::size_t old = begins_[second];
    for (; next != by_id.end() && next->id.second_byte() == second; ++next) {
      const Slot slot = make_slot(*next);
      while (old < begins_[second + 1] &&
             std::memcmp(slots_[old].data(), slot.data(), kPlaceOffset) < 0) {
        merged.push_back(slots_[old++]);
      }
      merged.push_back(slot);
    }
    merged.insert(merged.end(), slots_.begin() + static_cast<std::ptrdiff_t>(old),
                  slots_.begin() + begins_[second + 1]);
  }
  LETTERPRESS_ASSERT(next == by_id.end());
  begins[256] = static_cast<std::uint32_t>(merged.size());
  slots_ = std::move(merged);
  begins_ = begins;
}

}  // namespace letterpress::index
