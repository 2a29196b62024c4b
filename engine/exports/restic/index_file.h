// SPDX-License-Identifier: Apache-2.0
// A repository's index: which blobs are in which pack.
//
//   LETTERPRESS_TRY(read_index(json, [&](const IndexedPack& pack) { ... }));
//
//   IndexWriter writer(folder, box);
//   LETTERPRESS_TRY(writer.add(pack));             // a pack that is in the repository
//   LETTERPRESS_TRY(writer.flush());               // what add() has not written
//
// An index is written behind every 50,000 blobs, as restic does it: what an interrupted run has put
// into packs by then is found by the next. Not thread-safe. Memory: about 150 bytes a blob of the
// open index; a read one is not held as a whole but for its text.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "exports/restic/blob.h"
#include "exports/restic/unpacked_file.h"

namespace letterpress::restic {

struct IndexedPack {
  BlobId id;  // of the pack
  std::vector<PackedBlob> blobs;

  // As long as its file has to be.
  std::uint64_t file_bytes() const noexcept;
};

// kCorrupt if the text is no index.
Status read_index(std::string_view json, const std::function<void(const IndexedPack&)>& take);

class IndexWriter {
 public:
  IndexWriter(RepositoryFolder& folder, Box& box) : folder_(folder), box_(box) {}

  Status add(const IndexedPack& pack);
  Status flush();

 private:
  RepositoryFolder& folder_;
  Box& box_;
  std::string json_;
  std::size_t blobs_ = 0;
};

}  // namespace letterpress::restic
