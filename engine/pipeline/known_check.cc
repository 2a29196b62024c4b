// SPDX-License-Identifier: Apache-2.0
#include "pipeline/known_check.h"

#include <algorithm>
#include <span>

#include "hashing/blake3.h"

namespace letterpress::pipeline {

void KnownCheck::run(Batch& batch) {
  claims_.clear();
  views_.clear();
  for (BatchItem& item : batch.items) {
    if (item.claim.empty() || item.is_known) continue;
    claim(item);
  }
  hashes_.resize(views_.size());
  hashing::hash_many(views_, key_, hashes_.data());
  digests_.resize(views_.size());
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    std::copy_n(hashes_[i].bytes.begin(), digests_[i].size(), digests_[i].begin());
  }
  for (const Claim& claim : claims_) {
    const auto digests = std::span(digests_).subspan(claim.first_view, claim.view_count);
    claim.item->is_known = stream::segment_digest(digests, key_) == claim.digest;
  }
}

void KnownCheck::claim(BatchItem& item) {
  ByteView raw = item.raw;
  ByteCursor cursor(item.claim);
  if (!stream::read_known_segment(cursor, segment_) || !cursor.at_end()) return;
  if (stream::raw_bytes_of(segment_) != raw.size()) return;
  claims_.push_back({&item, views_.size(), segment_.stretch_bytes.size(), segment_.digest});
  for (const std::uint32_t bytes : segment_.stretch_bytes) {
    views_.push_back(raw.first(bytes));
    raw = raw.subspan(bytes);
  }
}

}  // namespace letterpress::pipeline
