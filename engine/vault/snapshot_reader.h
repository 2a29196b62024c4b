// SPDX-License-Identifier: Apache-2.0
// Reads one snapshot: its entries by path, and the bytes of its files. Needs no index.
//
//   LETTERPRESS_TRY_ASSIGN(auto reader, SnapshotReader::open(vault, packs, snapshot.entry, keys));
//   LETTERPRESS_TRY(reader->seek(""));
//   EntryRecord record;
//   LETTERPRESS_TRY_ASSIGN(bool more, reader->next(record));   // until false
//   LETTERPRESS_TRY(reader->read_content(record.content, output));
//
// Memory: a BlockStore's, and one node of the tree a level. Not thread-safe; contents may be read
// by other threads meanwhile, each with a reader from make_content_reader().
#pragma once

#include "vault/content_reader.h"
#include "vault/keys/keys.h"
#include "vault/log/log.h"
#include "vault/packs/block_store.h"
#include "vault/tree/tree.h"
#include "vault/vault.h"

namespace letterpress::vault {

class SnapshotReader {
 public:
  // `vault` and `packs` must outlive the reader. kInvalidArgument: `keys` opens none of the packs.
  static Result<std::unique_ptr<SnapshotReader>> open(const Vault& vault, const PackSet& packs,
                                                      const LogEntry& entry, const Keyring& keys);

  // As in TreeReader.
  Status seek(std::string_view path) { return tree_.seek(path); }
  Result<bool> next(EntryRecord& record) { return tree_.next(record); }
  std::uint64_t lost_entries() const noexcept { return tree_.lost_entries(); }
  std::uint64_t entry_count() const noexcept { return root_.entries; }

  // The entry of exactly this path, if there is one. Moves the position.
  Result<std::optional<EntryRecord>> find(std::string_view path);

  Status read_content(ByteView content, const stream::Rebuilder::Output& output) {
    return contents_.read(content, output);
  }
  // As ContentReader::read_range().
  Status read_range(ByteView content, stream::Rebuilder::Range range,
                    const stream::Rebuilder::Output& output) {
    return contents_.read_range(content, range, output);
  }
  // For what is read from now on: see BlockStore::use().
  void use(LateExtents& late) noexcept { blocks_.use(late); }

  // For a thread of its own. Must not outlive this reader. Thread-safe.
  ContentReader make_content_reader() { return {blocks_, &digest_key_}; }

 private:
  SnapshotReader(const Vault& vault, const PackSet& packs, const TreeRoot& root,
                 const HashKey& digest_key, const WriterIdentity& writer, const Keyring& keys);

  const HashKey digest_key_;
  const TreeRoot root_;
  BlockStore blocks_;
  ContentReader contents_;
  TreeReader tree_;
};

}  // namespace letterpress::vault
