// SPDX-License-Identifier: Apache-2.0
#include "vault/snapshot_reader.h"

#include <utility>

#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

// Any pack of the writer has its id key, for its readers.
Result<HashKey> find_id_key(const Storage& storage, const PackSet& packs,
                            const WriterIdentity& identity, const Keyring& keys) {
  if (const auto known = keys.id_key(identity)) return *known;
  Error error(ErrorCode::kCorrupt, "the log names no pack of this writer");
  for (const auto& [first_block, pack] : packs.by_first_block()) {
    const auto reader = PackReader::open(storage, keys, identity, pack);
    if (const auto id_key = keys.id_key(identity)) return *id_key;
    if (!reader) error = reader.error().copy();
    if (error.code() != ErrorCode::kInvalidArgument) continue;
    error = Error(ErrorCode::kInvalidArgument,
                  storage.full_path(pack_path(pack.sha256)) +
                      ": this key does not open it; it is not the key of one of its readers");
  }
  return error;
}

}  // namespace

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const Vault& vault,
                                                             const PackSet& packs,
                                                             const LogEntry& entry,
                                                             const Keyring& keys) {
  LETTERPRESS_TRY_ASSIGN(const TreeRoot root, decode_tree_root(entry.root));
  HashKey id_key;
  if (root.entries > 0) {
    LETTERPRESS_TRY_ASSIGN(id_key, find_id_key(vault.storage(), packs, entry.identity, keys));
  }
  return std::unique_ptr<SnapshotReader>(
      new SnapshotReader(vault, packs, root, derive_digest_key(id_key), entry.identity, keys));
}

SnapshotReader::SnapshotReader(const Vault& vault, const PackSet& packs, const TreeRoot& root,
                               const HashKey& digest_key, const WriterIdentity& writer,
                               const Keyring& keys)
    : digest_key_(digest_key),
      root_(root),
      blocks_(vault.storage(), keys, writer, packs),
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
