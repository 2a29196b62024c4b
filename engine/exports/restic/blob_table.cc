// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/blob_table.h"

#include <algorithm>

#include "base/endian.h"

namespace letterpress::restic {

class BlobTable::Shard {
 public:
  static constexpr Owner kFree = 0xffffffff;

  // The owner's place; kFree, and the id is there, if it was not known.
  Owner& owner_of(const BlobId& id) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    Slot& slot = find(id);
    if (slot.owner == kFree) {
      slot.id = id;
      ++used_;
    }
    return slot.owner;
  }
  bool has(const BlobId& id) { return !slots_.empty() && find(id).owner != kFree; }

  std::mutex mutex;

 private:
  struct Slot {
    BlobId id;
    Owner owner = kFree;
  };
  static_assert(sizeof(Slot) == 36);

  // Ids are hashes, and the first byte has chosen the shard.
  Slot& find(const BlobId& id) {
    std::size_t at = load_le<std::uint64_t>(id.bytes.data() + 8) & (slots_.size() - 1);
    while (slots_[at].owner != kFree && slots_[at].id != id) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.owner != kFree) find(slot.id) = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
};

BlobTable::BlobTable() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}
BlobTable::~BlobTable() = default;

BlobTable::Shard& BlobTable::shard_of(const BlobId& id) const {
  return (*shards_)[id.bytes[0] % kShards];
}

void BlobTable::add(const BlobId& id) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  shard.owner_of(id) = kStored;
}

bool BlobTable::has(const BlobId& id) const {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  return shard.has(id);
}

bool BlobTable::claim(const BlobId& id, Owner batch) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  Owner& owner = shard.owner_of(id);
  if (owner <= batch) return false;
  owner = batch;
  return true;
}

bool BlobTable::settle(const BlobId& id, Owner batch) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  Owner& owner = shard.owner_of(id);
  if (owner != batch) return false;
  owner = kStored;
  return true;
}

}  // namespace letterpress::restic
