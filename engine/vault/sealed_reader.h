// SPDX-License-Identifier: Apache-2.0
// Reads the payload of a sealed file, only the records it needs, each checked.
//
//   LETTERPRESS_TRY_ASSIGN(SealedReader reader, SealedReader::open(storage, path, expected));
//   LETTERPRESS_TRY_ASSIGN(const std::uint64_t count, reader.payload_bytes());
//   LETTERPRESS_TRY_ASSIGN(const Bytes bytes, reader.read(0, count));
//
// The storage must outlive the reader. After open() a reader does not change: its const functions
// may be called from many threads. Errors are kCorrupt for damage (the message names file, record
// and byte range, and what was expected), otherwise those of the storage. open() reads the head
// only, so that a file with damaged records, or cut short, can still be read elsewhere;
// check_sealed() is what finds all damage.
#pragma once

#include <optional>

#include "vault/seal.h"
#include "vault/storage.h"

namespace letterpress::vault {

// What a reader expects a file to be; fields without a value are not compared.
struct ExpectedLabel {
  FileType type = FileType::kPack;
  VaultId vault{};
  std::optional<WriterId> writer = std::nullopt;
  std::optional<std::uint64_t> number = std::nullopt;
  std::optional<std::uint32_t> count = std::nullopt;
};

class SealedReader {
 public:
  static Result<SealedReader> open(const Storage& storage, std::string path,
                                   const ExpectedLabel& expected);

  const SealHead& head() const noexcept { return head_; }
  const std::string& path() const noexcept { return path_; }
  // As the user knows it.
  std::string file() const { return storage_->full_path(path_); }

  // Reads the last record, which has the length. Every call reads it again.
  Result<std::uint64_t> payload_bytes() const;

  // The payload's bytes [offset, offset + count). A range beyond the records is kCorrupt. Filling
  // zeros count as payload here; callers stay below payload_bytes(), or know what they look for.
  Result<Bytes> read(std::uint64_t offset, std::uint64_t count) const;

  // All of it. kLimitExceeded if it is longer than bytes_max.
  Result<Bytes> read_all(std::uint64_t bytes_max) const;

 private:
  SealedReader(const Storage& storage, std::string path, SealHead head) noexcept
      : storage_(&storage), path_(std::move(path)), head_(head) {}

  const Storage* storage_;
  std::string path_;
  SealHead head_;
};

struct DamagedRange {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t count = 0;
  std::string what;
};

// What a look at every byte of a sealed file found.
struct SealedCheck {
  std::optional<SealHead> head;        // if it is good and as expected
  std::optional<Sha256Digest> sha256;  // of the file, if every byte could be read
  std::uint64_t file_bytes = 0;
  std::vector<DamagedRange> damage;  // in order; empty: the file is sound
};

// Reads the whole file, a record at a time, and lists every damaged place; a damaged head does not
// hide damaged records. An error only if the file is not there or cannot be opened.
Result<SealedCheck> check_sealed(const Storage& storage, const std::string& path,
                                 const ExpectedLabel& expected);

// SHA-256 and length of any file, in bounded memory.
struct FileDigest {
  Sha256Digest sha256;
  std::uint64_t bytes = 0;
};
Result<FileDigest> digest_file(const Storage& storage, const std::string& path);

}  // namespace letterpress::vault
