// SPDX-License-Identifier: Apache-2.0
// Writes a stream of bytes into a folder of chunks, with an index of where each ends: what casync
// and Proxmox Backup Server have in common.
//
//   LETTERPRESS_TRY_ASSIGN(StoreTotals totals,
//                          export_chunks(content, {"/srv/store.castr", format}, index, options));
//   LETTERPRESS_TRY(index.commit());
//
// When it returns, the chunks are on the disk. What is there already is compared, not written
// again. The index depends on the stream and the cuts only, never on the threads or on what was
// there. After an error chunks may have come that no index names; the next export uses them.
// Memory: `threads` + 2 batches of about 2 MiB, and 64 bytes for each of the first million chunks.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "exports/store/chunk_format.h"
#include "exports/store/stream_cutter.h"

namespace letterpress::exports {

// Takes the chunks of a stream in order.
class ChunkIndexFile {
 public:
  virtual ~ChunkIndexFile() = default;
  // `end` is behind the chunk's last byte in the stream.
  virtual Status add(std::uint64_t end, const StoreDigest& digest) = 0;
};

struct ChunkStore {
  std::string folder;  // made if it is not there
  const ChunkFormat& format;
};

struct StoreOptions {
  StoreCuts cuts = {};
  int level = 3;         // zstd's, 1 to 19
  unsigned threads = 0;  // 0: one for each processor that this process may use
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(std::uint64_t bytes)> on_progress = nullptr;
};

struct StoreTotals {
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;         // of the index
  std::uint64_t new_chunks = 0;     // that were not in the store
  std::uint64_t new_bytes = 0;      // of these, before compression
  std::uint64_t stored_bytes = 0;   // of the files that were written
  std::uint64_t mended_chunks = 0;  // that were in the store, damaged
};

Result<StoreTotals> export_chunks(stream::Content& content, const ChunkStore& store,
                                  ChunkIndexFile& index, const StoreOptions& options);

}  // namespace letterpress::exports
