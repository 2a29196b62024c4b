// SPDX-License-Identifier: Apache-2.0
// An index run: which chunks are in which packs, one immutable file (docs/FORMAT.md, "Index run").
//
//   IndexRun run{.packs = packs, .chunks = chunks};
//   LETTERPRESS_TRY_ASSIGN(const IndexRunRef ref,
//                          commit_index_run(storage, ingest_key, sequence, run));
//   ...
//   LETTERPRESS_TRY(read_index_run(storage, keys, writer, sequence, visitor));
//
// Chunks are kept in the order of their places, not of their ids: then a place costs nothing, since
// it follows from the one before, and an id costs its 16 bytes. In the order of ids a place costs
// two or three bytes more, and a reader makes a hash table in either case.
//
// Free functions; any thread. Reading takes bounded memory: half a MiB, and 56 bytes a pack.
#pragma once

#include <vector>

#include "letterpress/chunk.h"
#include "vault/packs/pack_writer.h"

namespace letterpress::vault {

// The first 16 bytes of a chunk's id.
using IdPrefix = std::array<std::uint8_t, 16>;

struct IndexedChunk {
  IdPrefix id{};
  Place place;
  friend bool operator==(const IndexedChunk&, const IndexedChunk&) = default;
};

struct IndexRun {
  std::vector<PackRef> packs;        // by first_block; their blocks do not overlap
  std::vector<IndexedChunk> chunks;  // any order; each place once, inside one of the packs
  // The sequences of lost runs that this one and those before it stand for; 0: none.
  std::uint64_t replaces_first = 0;
  std::uint64_t replaces_last = 0;
};

// Names an index run inside a log entry.
struct IndexRunRef {
  std::uint64_t sequence = 0;
  Sha256Digest sha256;  // of the file
  std::uint64_t file_bytes = 0;
  friend bool operator==(const IndexRunRef&, const IndexRunRef&) = default;
};

// Makes the file index/<writer>/<sequence>. kInvalidArgument: `run` is not as promised above;
// kLimitExceeded: too much for one run. kCorrupt: the sequence is taken by another run.
Result<IndexRunRef> commit_index_run(Storage& storage, const IngestKey& key, std::uint64_t sequence,
                                     const IndexRun& run, const SealChance* chance = nullptr);

class IndexRunVisitor {
 public:
  virtual ~IndexRunVisitor() = default;
  // Whose run it is, before anything else. False skips it: it is of another epoch.
  virtual bool wants(const WriterIdentity& identity) = 0;
  // Every pack, in order, before the first chunk. An error ends the reading and is passed on.
  virtual Status on_pack(const PackRef& pack) = 0;
  // Every chunk, by place. `pack` is the one that has it, as on_pack() gave it.
  virtual Status on_chunk(const IndexedChunk& chunk, const PackRef& pack) = 0;
};

// Reads a run; kInvalidArgument if the keyring does not open it. Nothing is promised of a run that
// ends with an error: the visitor has seen a part, all of it good.
Status read_index_run(const Storage& storage, const Keyring& keys, const WriterId& writer,
                      std::uint64_t sequence, IndexRunVisitor& visitor);

// The sequences that are there, in order; files of other names are left out.
Result<std::vector<std::uint64_t>> list_index_runs(const Storage& storage, const WriterId& writer);

}  // namespace letterpress::vault
