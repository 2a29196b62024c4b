// SPDX-License-Identifier: Apache-2.0
// Names bytes by their BLAKE3 digest: 32 bytes, plain or keyed.
//
//   const ChunkId id = hashing::hash(chunk, key);      // one chunk
//   hashing::hash_many(chunks, &key, ids.data());      // many chunks, the fast way
//
//   hashing::Hasher hasher(key);                       // bytes that come in pieces
//   hasher.update(head);
//   hasher.update(tail);
//   const ChunkId digest = hasher.finish();
//
// The digests are those of the published algorithm, whatever the CPU, the pieces and the batch:
// they are part of the formats. Nothing allocates and nothing fails. Views are read during the call
// only. Functions may be called from many threads; a Hasher is thread-compatible. Cost: linear in
// the bytes. hash_many() fills the lanes of the CPU's vectors with 1 KiB leaves of many inputs, so
// it is several times as fast as a loop over hash() when the inputs are small; it uses about 90 KiB
// of stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "letterpress/chunk.h"

namespace letterpress::hashing {

// A digest of bytes that come in pieces. Calls: update* finish; finish() may be repeated, and may
// be followed by more updates. Copies are independent. About 2.8 KiB.
class Hasher {
 public:
  Hasher() noexcept;
  explicit Hasher(const HashKey& key) noexcept;

  void update(ByteView bytes) noexcept;
  ChunkId finish() const noexcept;

 private:
  friend HashKey derive_key(std::string_view context, ByteView material) noexcept;
  // Inside, chaining values are bytes in the order in which a parent's block has them.
  using ChainingValue = std::array<std::uint8_t, 32>;

  Hasher(const ChainingValue& key, std::uint32_t mode) noexcept : key_(key), mode_(mode) {}
  std::size_t take_subtree(ByteView bytes) noexcept;
  void push(ChainingValue value, std::uint64_t leaf_count) noexcept;

  ChainingValue key_;
  std::uint32_t mode_;                   // flags of every compression
  std::uint32_t leaf_bytes_ = 0;         // in leaf_
  std::uint64_t leaf_count_ = 0;         // leaves that are finished: the number of the next one
  std::array<std::uint8_t, 1024> leaf_;  // the last leaf so far; kept, for it may be the root
  // Finished subtrees, one for each set bit of leaf_count_: 2^64 bytes have 2^54 leaves.
  std::size_t stack_count_ = 0;
  std::array<ChainingValue, 54> stack_;
};

ChunkId hash(ByteView bytes) noexcept;
ChunkId hash(ByteView bytes, const HashKey& key) noexcept;

// ids[i] = hash(inputs[i]), keyed if `key` is not null. `ids` has room for inputs.size() ids.
void hash_many(std::span<const ByteView> inputs, const HashKey* key, ChunkId* ids) noexcept;

// A key for one purpose from secret material. `context` is a constant of the program that names the
// purpose and the application, and never holds secret or variable parts.
HashKey derive_key(std::string_view context, ByteView material) noexcept;

}  // namespace letterpress::hashing
