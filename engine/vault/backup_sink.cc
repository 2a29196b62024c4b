// SPDX-License-Identifier: Apache-2.0
#include "vault/backup_sink.h"

#include <algorithm>
#include <utility>

namespace letterpress::vault {

BackupSink::BackupSink(Vault& vault, const IngestKey& key, const StoredIndex& stored,
                       const std::string& spool_folder, std::int64_t settled_before_ns,
                       bool is_dry_run)
    : vault_(vault),
      key_(key),
      settled_before_ns_(settled_before_ns),
      is_dry_run_(is_dry_run),
      spool_(spool_folder),
      next_run_sequence_(stored.next_run_sequence) {}

Status BackupSink::put_block(stream::Block&& block) {
  if (block.codec == codecs::Codec::kRaw) incompressible_bytes_ += block.payload.size();
  if (is_dry_run_) return Ok{};
  if (!open_) open_.emplace(key_);
  Bytes table;
  stream::encode_block_table(block, false, table);
  block_bytes_ += table.size() + block.payload.size();
  LETTERPRESS_TRY(open_->append(block.number, std::move(table), std::move(block.payload)));
  for (std::size_t i = 0; i < block.ids.size(); ++i) {
    IndexedChunk chunk;
    std::copy_n(block.ids[i].bytes.begin(), chunk.id.size(), chunk.id.begin());
    chunk.place = Place{block.number, static_cast<std::uint32_t>(i)};
    open_chunks_.push_back(chunk);
  }
  return Ok{};
}

Status BackupSink::put_entry(stream::PressedEntry&& entry) {
  if (entry.is_abandoned) return Ok{};
  const bool is_settled = !entry.is_unsettled && entry.identity.ctime_ns < settled_before_ns_;
  return spool_.add({std::move(entry.entry), std::move(entry.content), std::move(entry.segments),
                     is_settled ? entry.identity : stream::SourceEntry::Identity{}});
}

Status BackupSink::put_moved(stream::Moved&& moved) {
  return spool_.rename(std::move(moved.from), std::move(moved.to));
}

Status BackupSink::end_group() {
  if (!open_) return Ok{};
  const bool is_full =
      open_->payload_bytes() >= kPackBytesTarget / 2 || open_->block_count() >= kPackBlocksMax / 2;
  return is_full ? commit_pack() : Status(Ok{});
}

Status BackupSink::commit_pack() {
  if (!open_) return Ok{};
  LETTERPRESS_TRY_ASSIGN(const PackRef pack, open_->commit(vault_.storage()));
  IndexRun run{{pack}, std::exchange(open_chunks_, {})};
  Result<IndexRunRef> committed = commit_index_run(vault_.storage(), key_, next_run_sequence_, run);
  if (!committed && committed.error().code() == ErrorCode::kCorrupt) {
    return std::move(committed).error().while_doing(
        "another backup of this writer was faster; run it again");
  }
  LETTERPRESS_TRY_ASSIGN(const IndexRunRef ref, std::move(committed));
  ++next_run_sequence_;
  packs_.push_back(pack);
  runs_.push_back(ref);
  open_.reset();
  return Ok{};
}

}  // namespace letterpress::vault
