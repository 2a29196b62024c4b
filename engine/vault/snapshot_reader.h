// SPDX-License-Identifier: Apache-2.0
// Reads one snapshot: its entries by path, and the bytes of its files. Needs no index.
//
//   SnapshotReader reader(vault, packs, snapshot.entry, recovery_key);
//   LETTERPRESS_TRY(reader.seek(""));
//   EntryRecord record;
//   LETTERPRESS_TRY_ASSIGN(bool more, reader.next(record));   // until false
//   LETTERPRESS_TRY(reader.read_content(record.content, output));
//
// Every byte that `output` gets was checked against the digest that the backup kept; after an error
// it has got a prefix. Memory: a BlockStore's, and one node of the tree a level. Not thread-safe.
#pragma once

#include "stream/content_ref.h"
#include "vault/block_store.h"
#include "vault/keys.h"
#include "vault/log.h"
#include "vault/tree.h"
#include "vault/vault.h"

namespace letterpress::vault {

class SnapshotReader {
 public:
  // `vault` and `packs` must outlive the reader.
  static Result<std::unique_ptr<SnapshotReader>> open(const Vault& vault, const PackSet& packs,
                                                      const LogEntry& entry,
                                                      const RecoveryKey& recovery);

  // As in TreeReader.
  Status seek(std::string_view path) { return tree_.seek(path); }
  Result<bool> next(EntryRecord& record) { return tree_.next(record); }
  std::uint64_t entry_count() const noexcept { return root_.entries; }

  // The entry of exactly this path, if there is one. Moves the position.
  Result<std::optional<EntryRecord>> find(std::string_view path);

  Status read_content(ByteView content, const stream::Rebuilder::Output& output);

 private:
  SnapshotReader(const Vault& vault, const PackSet& packs, const TreeRoot& root,
                 const HashKey& digest_key);
  Status read_children(const std::vector<stream::ContentRef::Child>& children, unsigned depth,
                       const stream::Rebuilder::Output& output);

  const HashKey digest_key_;
  const TreeRoot root_;
  BlockStore blocks_;
  stream::Rebuilder rebuilder_;
  TreeReader tree_;
};

}  // namespace letterpress::vault
