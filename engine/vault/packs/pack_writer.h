// SPDX-License-Identifier: Apache-2.0
// Assembles a pack in memory and commits it as one file.
//
//   PackWriter writer(ingest_key);
//   while (writer.payload_bytes() < kPackBytesTarget) {
//     LETTERPRESS_TRY(writer.append(number, std::move(encoded_block)));
//   }
//   LETTERPRESS_TRY_ASSIGN(const PackRef pack, writer.commit(storage));   // durable now
//
// Order of calls: append+ commit+. Blocks come in any order, each number once; together they must
// be contiguous. commit() may be called again, after an error or a success: it gives the same bytes
// and the same name each time, so a pack whose folder could not be synced is not lost. No append
// after it. A writer that is thrown away leaves nothing behind.
// Not thread-safe. Blocks are copied once, into the file. Memory: the payload, and twice that
// during the first commit.
#pragma once

#include <optional>
#include <vector>

#include "vault/limits.h"
#include "vault/packs/pack.h"
#include "vault/sealing/seal.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

class PackWriter {
 public:
  // `key` must outlive the writer. `chance` is for tests.
  explicit PackWriter(const IngestKey& key, std::optional<SealChance> chance = std::nullopt)
      : key_(&key), chance_(std::move(chance)) {}

  // kLimitExceeded: the block or the pack would be larger than the format allows; the pack is
  // unchanged and can be committed. kInvalidArgument: an empty block, or after commit().
  // `rest`: what of the block does not lie in `encoded_block` itself.
  Status append(std::uint64_t block_number, Bytes encoded_block, Bytes rest = {});

  // So far, without the directory.
  std::size_t payload_bytes() const noexcept { return payload_bytes_; }
  std::uint32_t block_count() const noexcept { return static_cast<std::uint32_t>(blocks_.size()); }

  // kInvalidArgument: no block, or numbers that are not contiguous; nothing was written. Otherwise
  // the errors of Storage::put_if_absent.
  Result<PackRef> commit(Storage& storage);

 private:
  struct Block {
    std::uint64_t number;
    std::uint32_t offset;  // of the encoded block, behind its frame
    std::uint32_t bytes;
  };

  Status close();

  const IngestKey* key_;
  std::optional<SealChance> chance_;
  std::vector<Bytes> payload_;  // in pieces
  std::size_t payload_bytes_ = 0;
  std::vector<Block> blocks_;
  Bytes file_;  // the sealed file, once closed; then payload_ is empty
  PackRef ref_;
};

}  // namespace letterpress::vault
