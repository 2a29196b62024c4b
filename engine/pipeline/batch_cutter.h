// SPDX-License-Identifier: Apache-2.0
// The cut stage: splits a batch's entries, undoes transforms, cuts and joins chunks, and hashes
// them.
//
//   BatchCutter cutter(cuts, keys);
//   cutter.cut(batch);
//
// A pure function of the batch's read part; one cutter a thread, for its scratch buffers.
#pragma once

#include "chunking/cut_scan.h"
#include "pipeline/batch.h"
#include "pipeline/known_check.h"

namespace letterpress::pipeline {

// Null pointers: unkeyed BLAKE3. The keys must outlive their users.
struct HashKeys {
  const HashKey* ids = nullptr;
  const HashKey* digests = nullptr;
};

class BatchCutter {
 public:
  BatchCutter(const chunking::CutParams& cuts, HashKeys keys)
      : cuts_(cuts), keys_(keys), known_(keys.digests) {}

  void cut(Batch& batch);

 private:
  // The chunk of joined small pieces of one kind that still takes more.
  struct Join {
    Kind kind;
    BatchBuffer buffer;
    UnsetBytes* bytes;
    std::uint32_t begin;  // of the open chunk
    std::uint32_t chunk;  // its index, once it has bytes
    bool is_open;
  };

  void split_items(Batch& batch);
  void add_stretches(Batch& batch, const BatchItem& item, std::size_t first_piece);
  void digest_stretches(Batch& batch);
  void cut_stretch(Batch& batch, std::uint32_t item, CutStretch& stretch);
  void cut_piece(Batch& batch, std::uint32_t item, const mail::Piece& piece);
  void join_piece(Batch& batch, std::uint32_t item, const mail::Piece& piece, Join& join);
  void close_join(Batch& batch, Join& join);
  void hash_chunks(Batch& batch);

  const chunking::CutParams cuts_;
  const HashKeys keys_;
  KnownCheck known_;
  std::array<Join, 2> joins_{};  // header, text
  std::vector<ByteView> views_;
  std::vector<ChunkId> hashes_;
  std::vector<stream::Digest> digests_;
};

}  // namespace letterpress::pipeline
