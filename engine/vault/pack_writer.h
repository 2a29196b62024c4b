// SPDX-License-Identifier: Apache-2.0
// Assembles a pack in memory and commits it as one file.
//
//   LETTERPRESS_TRY_ASSIGN(PackWriter writer, PackWriter::start({vault, writer_id, epoch}));
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
#include "vault/pack.h"
#include "vault/storage.h"

namespace letterpress::vault {

// Whose file it is.
struct WriterIdentity {
  VaultId vault;
  WriterId writer;
  std::uint32_t epoch = 0;
  friend bool operator==(const WriterIdentity&, const WriterIdentity&) = default;
};

class PackWriter {
 public:
  // `salt`: for tests; otherwise random. An error only if the system has no random numbers.
  static Result<PackWriter> start(const WriterIdentity& identity,
                                  std::optional<Salt> salt = std::nullopt);

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

  PackWriter(const WriterIdentity& identity, const Salt& salt) : identity_(identity), salt_(salt) {}
  Status close();

  WriterIdentity identity_;
  Salt salt_;
  std::vector<Bytes> payload_;  // in pieces
  std::size_t payload_bytes_ = 0;
  std::vector<Block> blocks_;
  Bytes file_;  // the sealed file, once closed; then payload_ is empty
  PackRef ref_;
};

}  // namespace letterpress::vault
