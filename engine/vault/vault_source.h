// SPDX-License-Identifier: Apache-2.0
// A snapshot as a source of entries, as the Walker is one over files: for whatever takes entries.
//
//   LETTERPRESS_TRY_ASSIGN(auto source,
//                          VaultSource::open(vault, packs, snapshot.entry, keys, {}));
//   LETTERPRESS_TRY_ASSIGN(auto event, source->next());   // until it gives nothing
//
// Order: by stream::compare_paths(), so a folder before its contents. A hard link comes after the
// entry that it names, always: the first name that comes has the content, whichever had it when it
// was backed up. Contents stand alone (stream::Content): they may be read side by side and late,
// and an error of theirs says that the file is damaged; it has then given a prefix, each byte
// checked. A part of the tree that cannot be read is a Problem kFailed, and the walk goes on.
//
// Not thread-safe. Memory: as SnapshotReader; the paths of hard links whose other name lies behind
// them or is not asked for.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "vault/content_pull.h"
#include "vault/snapshot_reader.h"

namespace letterpress::vault {

struct VaultSourceOptions {
  std::vector<std::string> paths = {};  // entries, with what is below them; empty: everything
  // Where there is room for what several entries have (packs/late_extents.h), in a file without a
  // name: then each block is opened once. All recipes are read once more for it. Empty, or a folder
  // that does not take such a file: without.
  std::string aside_folder = {};
};

class VaultSource final : public stream::Source {
 public:
  // `vault` and `packs` must outlive it. Errors as SnapshotReader::open().
  static Result<std::unique_ptr<VaultSource>> open(const Vault& vault, const PackSet& packs,
                                                   const LogEntry& entry, const Keyring& keys,
                                                   const VaultSourceOptions& options = {});

  // kNotFound: the snapshot has none of the paths' entries.
  Result<std::optional<stream::SourceEvent>> next() override;

 private:
  VaultSource(std::unique_ptr<SnapshotReader> reader, std::vector<std::string> tops);

  void foresee(File file);
  Result<std::optional<EntryRecord>> next_record(std::optional<stream::Problem>& problem);
  Status end_top() const;
  bool is_wanted(std::string_view path) const;
  stream::SourceEvent event_of(EntryRecord&& record);
  stream::SourceEvent file_event(stream::Entry&& entry, ByteView content);
  stream::SourceEvent link_event(stream::Entry&& link);
  Result<std::optional<EntryRecord>> find_file(const std::string& path, const std::string& here);

  std::optional<LateExtents> late_;  // outlives the reader
  const std::unique_ptr<SnapshotReader> reader_;
  IdleContentReaders idle_;
  // What is asked for, by path, without what comes with another; the first one has been begun if
  // `is_in_top_`.
  const std::vector<std::string> tops_;
  std::size_t top_ = 0;
  bool is_in_top_ = false;
  bool is_damaged_ = false;  // in this top
  std::uint64_t found_ = 0;  // entries of this top
  // The content that a hard link named was given out under the link's path instead.
  std::unordered_map<std::string, std::string> given_as_;
};

}  // namespace letterpress::vault
