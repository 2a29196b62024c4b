// SPDX-License-Identifier: Apache-2.0
// Finds the items of a batch that are what an earlier run stored, by their digests.
//
//   KnownCheck check(digest_key);
//   check.run(batch);     // sets BatchItem::is_known of every item whose claim holds
//
// A known item is neither split nor cut: its recipe is taken over. That saves work, and bytes too:
// its small parts were joined with other neighbours then, and would be stored again now.
//
// One a thread, for its scratch buffers. Costs one pass of BLAKE3 over the items that have claims.
#pragma once

#include <vector>

#include "pipeline/batch.h"
#include "stream/known_segment.h"

namespace letterpress::pipeline {

class KnownCheck {
 public:
  // A null pointer: unkeyed BLAKE3. The key must outlive this.
  explicit KnownCheck(const HashKey* digest_key) : key_(digest_key) {}

  void run(Batch& batch);

 private:
  struct Claim {
    BatchItem* item;
    std::size_t first_view;
    std::size_t view_count;
    stream::Digest digest;
  };
  void claim(BatchItem& item);

  const HashKey* key_;
  stream::KnownSegment segment_;
  std::vector<Claim> claims_;
  std::vector<ByteView> views_;
  std::vector<ChunkId> hashes_;
  std::vector<stream::Digest> digests_;
};

}  // namespace letterpress::pipeline
