// SPDX-License-Identifier: Apache-2.0
#include "hashing/blake3.h"

#include "base/endian.h"
#include "hashing/blake3_batch.h"

namespace letterpress::hashing {
namespace {

ChainingValue initial_value() noexcept {
  ChainingValue value;
  for (std::size_t i = 0; i < 8; ++i) {
    store_le<std::uint32_t>(value.data() + 4 * i, kInitialValue[i]);
  }
  return value;
}

ChunkId hash_one(ByteView bytes, const HashKey* key) noexcept {
  if (bytes.size() > kLeafBytes) {
    ChunkId id;
    hash_many({&bytes, 1}, key, &id);
    return id;
  }
  // One leaf is its own root: no lanes to fill.
  return key == nullptr ? ChunkId{leaf_value(initial_value(), bytes, 0, 0, kRoot)}
                        : ChunkId{leaf_value(key->bytes, bytes, 0, kKeyedHash, kRoot)};
}

}  // namespace

Hasher::Hasher() noexcept : Hasher(initial_value(), 0) {}
Hasher::Hasher(const HashKey& key) noexcept : Hasher(key.bytes, kKeyedHash) {}

ChunkId hash(ByteView bytes) noexcept { return hash_one(bytes, nullptr); }
ChunkId hash(ByteView bytes, const HashKey& key) noexcept { return hash_one(bytes, &key); }

void hash_many(std::span<const ByteView> inputs, const HashKey* key, ChunkId* ids) noexcept {
  hash_many_on(best_lanes_kernel(), inputs, key, ids);
}

void hash_many_on(const LanesKernel& kernel, std::span<const ByteView> inputs, const HashKey* key,
                  ChunkId* ids) noexcept {
  Batch batch(kernel, key != nullptr ? key->bytes : initial_value(),
              key != nullptr ? kKeyedHash : 0U);
  for (const ByteView input : inputs) {
    ChunkId& id = *ids++;
    if (leaf_count_of(input.size()) > Batch::kLeavesMax) {
      Hasher hasher = key != nullptr ? Hasher(*key) : Hasher();
      hasher.update(input);
      id = hasher.finish();
      continue;
    }
    if (!batch.has_room_for(input)) batch.run();
    batch.add({.bytes = input, .first_leaf = 0, .is_whole = true, .value = id.bytes.data()});
  }
  batch.run();
}

HashKey derive_key(std::string_view context, ByteView material) noexcept {
  Hasher of_context(initial_value(), kDeriveKeyContext);
  of_context.update(as_bytes(context));
  Hasher of_material(of_context.finish().bytes, kDeriveKeyMaterial);
  of_material.update(material);
  return HashKey{of_material.finish().bytes};
}

}  // namespace letterpress::hashing
