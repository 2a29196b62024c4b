// SPDX-License-Identifier: Apache-2.0
// What a writer knows of the vault before it adds to it: its index runs, and which of their packs
// are really there. No pack is opened.
//
//   LETTERPRESS_TRY_ASSIGN(StoredIndex stored, load_stored_index(vault, ingest_key, chain));
//
// Chunks in packs that are missing, have another size than the run says, or are marked as damaged
// by a repair, count as not stored. A run that cannot be read is passed over, and noted: its chunks
// are stored again. Cost: 32 bytes a chunk, and one look at the folders of the packs.
#pragma once

#include <string>
#include <vector>

#include "index/chunk_index.h"
#include "vault/log/chain.h"
#include "vault/packs/pack_set.h"
#include "vault/vault.h"

namespace letterpress::vault {

struct StoredIndex {
  index::ChunkIndex chunks;
  PackSet packs;                 // those that are there as they should be
  bool is_whole = true;          // no pack of the log or the runs is missing
  std::uint64_t next_block = 0;  // behind every number that was ever used
  std::uint64_t next_run_sequence = 1;
  // Runs that no log entry names, with their packs: what a run that was killed has left. The next
  // log entry takes them up.
  std::vector<PackRef> unlogged_packs;
  std::vector<IndexRunRef> unlogged_runs;
  std::vector<std::string> notes;
};

Result<StoredIndex> load_stored_index(const Vault& vault, const IngestKey& key, const Chain& chain);

// Whether every block that a file's content needs lies in `packs`: an encoded ContentRef with its
// recipe inside. False for one whose recipe is in chunks, for these cannot be read here.
bool is_content_stored(ByteView content, const PackSet& packs);

}  // namespace letterpress::vault
