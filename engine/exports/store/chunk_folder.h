// SPDX-License-Identifier: Apache-2.0
// A folder of chunks, each in a file of its own named by its digest: FOLDER/dddd/DIGEST.
//
//   ChunkFolder folder("/srv/store.castr", format);
//   LETTERPRESS_TRY_ASSIGN(auto kept, folder.keep(digest, chunk, coder));
//   LETTERPRESS_TRY(folder.sync());         // before anything says that the chunks are there
//
// A chunk that is there is compared with the one at hand, and written anew if it is not whole: so
// one that a crash left behind, or a disk lost, does no harm. Others may add to the folder
// meanwhile. Thread-safe; one coder and buffer a thread.
#pragma once

#include "exports/store/chunk_format.h"

namespace letterpress::exports {

class ChunkFolder {
 public:
  enum class Kept : std::uint8_t { kWritten, kThere, kMended };
  struct Outcome {
    Kept kept = Kept::kThere;
    std::uint64_t file_bytes = 0;  // written
  };

  // The format must outlive it.
  ChunkFolder(std::string path, const ChunkFormat& format)
      : path_(std::move(path)), format_(format) {}

  // `digest` is the chunk's. kIo: the folder cannot be read or written, or the disk is full.
  Result<Outcome> keep(const StoreDigest& digest, ByteView chunk, ChunkCoder& coder,
                       Bytes& buffer) const;
  Status sync() const;

 private:
  Result<bool> find(const std::string& path, Bytes& file, std::size_t bytes_max) const;

  const std::string path_;
  const ChunkFormat& format_;
};

}  // namespace letterpress::exports
