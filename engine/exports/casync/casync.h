// SPDX-License-Identifier: Apache-2.0
// A casync or desync store (.castr) and the index of one blob in it (.caibx).
//
//   const CastrFormat format(ChunkDigest::kSha512_256);
//   LETTERPRESS_TRY_ASSIGN(auto index, CaibxFile::create("/srv/mail.caibx", format, cuts));
//   LETTERPRESS_TRY_ASSIGN(auto totals,
//                          export_chunks(content, {"/srv/mail.castr", format}, *index, options));
//   LETTERPRESS_TRY(index->commit());   // now it is there, in place of an older one
//
// A chunk is one zstd frame in STORE/dddd/DIGEST.cacnk. An older index is left alone until then,
// and after an error.
#pragma once

#include <memory>
#include <string>

#include "exports/store/chunk_export.h"
#include "exports/store/index_rows.h"
#include "exports/store/new_file.h"

namespace letterpress::exports {

class CastrFormat final : public ChunkFormat {
 public:
  explicit CastrFormat(ChunkDigest digest) noexcept : digest_(digest) {}

  ChunkDigest digest() const override { return digest_; }
  std::string_view suffix() const override { return ".cacnk"; }
  void encode(ByteView chunk, ChunkCoder& coder, Bytes& out) const override;
  bool holds(ByteView file, ByteView chunk, ChunkCoder& coder) const override;

 private:
  const ChunkDigest digest_;
};

class CaibxFile final : public ChunkIndexFile {
 public:
  static Result<std::unique_ptr<CaibxFile>> create(const std::string& path,
                                                   const CastrFormat& format,
                                                   const StoreCuts& cuts);

  Status add(std::uint64_t end, const StoreDigest& digest) override;
  Status commit();

 private:
  explicit CaibxFile(NewFile file) : file_(std::move(file)) {}

  NewFile file_;
  IndexRows rows_;
};

}  // namespace letterpress::exports
