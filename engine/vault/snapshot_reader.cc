// SPDX-License-Identifier: Apache-2.0
#include "vault/snapshot_reader.h"

#include <utility>

namespace letterpress::vault {

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const Vault& vault,
                                                             const PackSet& packs,
                                                             const LogEntry& entry,
                                                             const RecoveryKey& recovery) {
  LETTERPRESS_TRY(require_same_vault(recovery.vault, vault.id(), "the recovery key"));
  LETTERPRESS_TRY_ASSIGN(const TreeRoot root, decode_tree_root(entry.root));
  const IngestKey writer = derive_ingest_key(recovery, entry.identity.writer, entry.identity.epoch);
  return std::unique_ptr<SnapshotReader>(
      new SnapshotReader(vault, packs, root, derive_digest_key(writer.id_key)));
}

SnapshotReader::SnapshotReader(const Vault& vault, const PackSet& packs, const TreeRoot& root,
                               const HashKey& digest_key)
    : digest_key_(digest_key),
      root_(root),
      blocks_(vault.storage(), vault.id(), packs),
      rebuilder_(blocks_, &digest_key_),
      tree_(root, [this](Place place) { return rebuilder_.chunk(place); }) {}

Result<std::optional<EntryRecord>> SnapshotReader::find(std::string_view path) {
  LETTERPRESS_TRY(seek(path));
  EntryRecord record;
  LETTERPRESS_TRY_ASSIGN(const bool has, next(record));
  if (!has || record.entry.path != path) return std::optional<EntryRecord>();
  return std::optional(std::move(record));
}

Status SnapshotReader::read_children(const std::vector<stream::ContentRef::Child>& children,
                                     unsigned depth, const stream::Rebuilder::Output& output) {
  for (const stream::ContentRef::Child& child : children) {
    LETTERPRESS_TRY_ASSIGN(const Bytes chunk, rebuilder_.chunk(child.place));
    if (depth == 1) {
      LETTERPRESS_TRY(rebuilder_.rebuild(chunk, output));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto below, stream::decode_content_list(chunk));
    LETTERPRESS_TRY(read_children(below, depth - 1, output));
  }
  return Ok{};
}

Status SnapshotReader::read_content(ByteView content, const stream::Rebuilder::Output& output) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  std::uint64_t bytes = 0;
  const auto counted = [&](ByteView view) -> Status {
    bytes += view.size();
    return output(view);
  };
  if (ref.depth == 0) {
    LETTERPRESS_TRY(rebuilder_.rebuild(ref.recipe, counted));
  } else {
    LETTERPRESS_TRY(read_children(ref.children, ref.depth, counted));
  }
  if (bytes != ref.size_bytes) {
    return Error(ErrorCode::kCorrupt, "recipe gives " + std::to_string(bytes) +
                                          " bytes; the file had " + std::to_string(ref.size_bytes));
  }
  return Ok{};
}

}  // namespace letterpress::vault
