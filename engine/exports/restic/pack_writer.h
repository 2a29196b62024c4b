// SPDX-License-Identifier: Apache-2.0
// Collects sealed blobs of one type into packs of about 16 MiB.
//
//   PackWriter writer(BlobType::kData, folder, box, index);
//   LETTERPRESS_TRY(writer.add(blob));            // in order
//   LETTERPRESS_TRY(writer.close());              // the last pack
//
// A pack is in the repository before the index hears of it. Not thread-safe. Memory: one pack.
#pragma once

#include "exports/restic/index_file.h"

namespace letterpress::restic {

class PackWriter {
 public:
  PackWriter(BlobType type, RepositoryFolder& folder, Box& box, IndexWriter& index)
      : type_(type), folder_(folder), box_(box), index_(index) {}

  Status add(const SealedBlob& blob);
  Status close();

  std::uint64_t blobs() const noexcept { return blobs_; }
  std::uint64_t packs() const noexcept { return packs_; }
  std::uint64_t bytes() const noexcept { return bytes_; }  // of the packs

 private:
  const BlobType type_;
  RepositoryFolder& folder_;
  Box& box_;
  IndexWriter& index_;
  UnsetBytes pack_;
  IndexedPack rows_;
  std::uint64_t blobs_ = 0;
  std::uint64_t packs_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace letterpress::restic
