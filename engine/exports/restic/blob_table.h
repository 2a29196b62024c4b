// SPDX-License-Identifier: Apache-2.0
// Which blobs a repository has, and which of the others is made by whom.
//
//   table.add(id);                         // stored already
//   if (table.claim(id, batch)) make(id);  // any thread
//   if (table.settle(id, batch)) put(id);  // in the order of the batches, behind their claims
//
// Batches claim at the same time, and a later one may be earlier at it. The lowest batch that
// claims a blob is the one that settles it, whatever the threads do; what a later one has made of
// it is dropped. Thread-safe. Memory: 36 bytes for each place, half to three quarters of which are
// taken.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "exports/restic/blob.h"

namespace letterpress::restic {

class BlobTable {
 public:
  using Owner = std::uint32_t;  // a batch, counted from 1
  static constexpr Owner kStored = 0;

  BlobTable();
  ~BlobTable();

  void add(const BlobId& id);
  bool has(const BlobId& id) const;
  // Whether this batch has to make the blob: nobody has it, and no batch before this one, nor this
  // one before.
  bool claim(const BlobId& id, Owner batch);
  // Whether the blob is this batch's to store; it counts as stored from then on.
  bool settle(const BlobId& id, Owner batch);

 private:
  static constexpr std::size_t kShards = 64;
  class Shard;

  Shard& shard_of(const BlobId& id) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace letterpress::restic
