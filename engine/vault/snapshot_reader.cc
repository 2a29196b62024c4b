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
      contents_(blocks_, &digest_key_),
      tree_(root, [this](Place place) { return contents_.chunk(place); }) {}

Result<std::optional<EntryRecord>> SnapshotReader::find(std::string_view path) {
  LETTERPRESS_TRY(seek(path));
  EntryRecord record;
  LETTERPRESS_TRY_ASSIGN(const bool has, next(record));
  if (!has || record.entry.path != path) return std::optional<EntryRecord>();
  return std::optional(std::move(record));
}

}  // namespace letterpress::vault
