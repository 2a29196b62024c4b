// SPDX-License-Identifier: Apache-2.0
// The vault as a sink: blocks go into packs, entries into a spool until the tree is made.
//
//   BackupSink sink(vault, ingest_key, stored, spool_folder);
//   LETTERPRESS_TRY_ASSIGN(auto report, pipeline::press(source, stored.chunks, options, sink));
//   LETTERPRESS_TRY(sink.spool().drain(...));       // by path, into a TreeWriter
//   LETTERPRESS_TRY(sink.put_block(...));           // the tree's blocks
//   LETTERPRESS_TRY(sink.commit_pack());            // what is left
//
// Packs hold whole groups, so what a killed run has committed is whole groups, which the next run
// finds through their index runs. One index run for each pack, committed right behind it.
#pragma once

#include "stream/sink.h"
#include "vault/log/log.h"
#include "vault/stored_index.h"
#include "vault/tree/entry_spool.h"

namespace letterpress::vault {

class BackupSink : public stream::Sink {
 public:
  // `vault` and `key` must outlive it. `settled_before_ns`: a file whose ctime is not before may
  // have changed since it was read without a sign of it, so it is read again next time. A dry run
  // keeps nothing of the blocks.
  BackupSink(Vault& vault, const IngestKey& key, const StoredIndex& stored,
             const std::string& spool_folder, std::int64_t settled_before_ns, bool is_dry_run);

  Status put_block(stream::Block&& block) override;
  Status put_entry(stream::PressedEntry&& entry) override;
  Status put_moved(stream::Moved&& moved) override;
  Status end_group() override;

  // Commits the open pack and its index run, if there is one.
  Status commit_pack();

  EntrySpool& spool() noexcept { return spool_; }
  std::uint64_t block_bytes() const noexcept { return block_bytes_; }
  // Of these, the chunks that did not shrink.
  std::uint64_t incompressible_bytes() const noexcept { return incompressible_bytes_; }
  const std::vector<PackRef>& packs() const noexcept { return packs_; }
  const std::vector<IndexRunRef>& runs() const noexcept { return runs_; }

 private:
  Vault& vault_;
  const IngestKey& key_;
  const std::int64_t settled_before_ns_;
  const bool is_dry_run_;
  EntrySpool spool_;
  std::uint64_t next_run_sequence_;
  std::optional<PackWriter> open_;
  std::vector<IndexedChunk> open_chunks_;  // of the open pack
  std::uint64_t block_bytes_ = 0;
  std::uint64_t incompressible_bytes_ = 0;
  std::vector<PackRef> packs_;
  std::vector<IndexRunRef> runs_;
};

}  // namespace letterpress::vault
