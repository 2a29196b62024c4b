// SPDX-License-Identifier: Apache-2.0
// Streams that have chunks which a later one borrows.
//
//   EarlierStreams earlier;
//   LETTERPRESS_TRY_ASSIGN(auto fault, earlier.add(std::move(file)));   // for each; reads all of
//   it if (earlier.has(id)) ... earlier.append(id, bytes, out);
//
// What they borrow themselves must be in others of them. Chunks are what their blocks say: who
// takes them checks what he makes of them. Memory: 24 bytes a chunk, 24 a block, and 64 MiB of
// opened blocks. Not thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "index/chunk_index.h"
#include "stream/block_cache.h"
#include "stream/fault.h"
#include "stream/stream_header.h"

namespace letterpress::stream {

class EarlierStreams {
 public:
  // Reads a stream from where the file stands. A fault, if it has one: what came before it counts.
  // An error if the file cannot be read, cannot seek, or is no stream that can be read.
  Result<std::optional<StreamFault>> add(File file);

  // Whether their ids are made as those of a stream with this header.
  bool fit(const StreamHeader& header) const noexcept;
  bool has(const ChunkId& id) const noexcept { return index_.find(id).has_value(); }
  // The bytes of a chunk that has() knows.
  Status append(const ChunkId& id, std::size_t bytes, UnsetBytes& out);

 private:
  struct Stored {
    std::uint32_t file;
    std::uint32_t bytes;
    std::uint64_t offset;
  };
  Result<std::shared_ptr<const OpenBlock>> open(std::uint64_t number);

  std::deque<File> files_;
  std::vector<StreamHeader> headers_;
  std::vector<Stored> blocks_;  // their numbers here are their places in it
  index::ChunkIndex index_;
  BlockCache cache_{64 * kMiB};
  codecs::BlockCodec codec_;
};

}  // namespace letterpress::stream
