// SPDX-License-Identifier: Apache-2.0
// A backup in a Proxmox Backup Server datastore: chunks in .chunks, one dynamic index (.didx), and
// the manifest (index.json.blob) that makes it a snapshot.
//
//   const PbsSnapshot snapshot{.datastore = "/srv/store", .id = "mx1", .time_s = now,
//                              .archive = "mail.tar"};
//   const PbsChunkFormat format;
//   LETTERPRESS_TRY_ASSIGN(auto index, DidxFile::create(snapshot));
//   LETTERPRESS_TRY_ASSIGN(auto totals,
//                          export_chunks(content, {chunk_folder(snapshot), format}, *index,
//                          options));
//   LETTERPRESS_TRY(index->commit());   // the index, then the manifest
//
// DATASTORE/host/ID/TIME/{ARCHIVE.didx, index.json.blob}; nothing is encrypted. A snapshot that is
// there already is an error. After an error there may be an empty folder for it.
#pragma once

#include <memory>
#include <string>

#include "exports/store/chunk_export.h"
#include "exports/store/index_rows.h"
#include "exports/store/new_file.h"

namespace letterpress::exports {

struct PbsSnapshot {
  std::string datastore;
  std::string id;           // of the host whose backup it is
  std::int64_t time_s = 0;  // since 1970, UTC
  std::string archive;      // without .didx
};

// What Proxmox takes as an id, or as the name of an archive: letters, digits, and behind the first
// also '.' and '-'; '_' anywhere.
bool is_pbs_name(std::string_view name) noexcept;
std::string chunk_folder(const PbsSnapshot& snapshot);

class PbsChunkFormat final : public ChunkFormat {
 public:
  ChunkDigest digest() const override { return ChunkDigest::kSha256; }
  std::string_view suffix() const override { return ""; }
  // A blob: compressed if that is smaller.
  void encode(ByteView chunk, ChunkCoder& coder, Bytes& out) const override;
  bool holds(ByteView file, ByteView chunk, ChunkCoder& coder) const override;
};

// A blob that is not compressed.
Bytes plain_blob(ByteView bytes);

class DidxFile final : public ChunkIndexFile {
 public:
  // kInvalidArgument: a name that Proxmox does not take, a time outside of the years 1970 to 9999,
  // or a snapshot that is there already.
  static Result<std::unique_ptr<DidxFile>> create(const PbsSnapshot& snapshot);
  ~DidxFile() override;

  Status add(std::uint64_t end, const StoreDigest& digest) override;
  Status commit();
  const std::string& path() const noexcept { return path_; }

 private:
  struct Checksum;
  DidxFile(PbsSnapshot snapshot, std::string path, NewFile file);
  std::string manifest(const StoreDigest& checksum) const;

  const PbsSnapshot snapshot_;
  const std::string path_;
  NewFile file_;
  IndexRows rows_;
  std::uint64_t bytes_ = 0;  // of the stream
  std::unique_ptr<Checksum> checksum_;
};

}  // namespace letterpress::exports
