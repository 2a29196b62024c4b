// SPDX-License-Identifier: Apache-2.0
// Makes blobs: names, compresses and seals them. One for each thread: it owns contexts and buffers.
//
//   BlobMaker maker(key, 3);
//   const BlobId id = maker.id_of(bytes);
//   LETTERPRESS_TRY_ASSIGN(std::uint64_t raw_bytes, maker.seal(bytes, out));   // appended to `out`
//
// What was compressed is decompressed and compared before it is sealed; what does not get smaller,
// or would not come back, is stored as it is. Output depends on the bytes and the level only, but
// for the random IVs.
#pragma once

#include <memory>

#include "exports/restic/blob.h"
#include "exports/restic/box.h"

namespace letterpress::restic {

class BlobMaker {
 public:
  BlobMaker(const BoxKey& key, int level);
  ~BlobMaker();
  BlobMaker(BlobMaker&&) noexcept;

  BlobId id_of(ByteView bytes);
  // `bytes` is not empty. Gives the length that the pack has to tell: 0 if it is not compressed.
  Result<std::uint64_t> seal(ByteView bytes, UnsetBytes& out);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace letterpress::restic
