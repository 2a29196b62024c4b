// SPDX-License-Identifier: Apache-2.0
// Reads the payload of a sealed file, only the records it needs, each checked.
//
//   LETTERPRESS_TRY_ASSIGN(SealedReader reader, SealedReader::open(storage, path, keys, expected));
//   LETTERPRESS_TRY_ASSIGN(const std::uint64_t count, reader.payload_bytes());
//   LETTERPRESS_TRY_ASSIGN(const Bytes bytes, reader.read(0, count));
//
// The storage must outlive the reader. After open() a reader does not change: its const functions
// may be called from many threads. Errors are kCorrupt for damage (the message names file, record
// and byte range, and what was expected), kInvalidArgument if the keyring does not open the file,
// otherwise those of the storage. open() reads the head only, or the second one if the first is
// damaged, so that a file with damaged records, or cut short, can still be read elsewhere;
// check_sealed() (sealed_check.h) is what finds all damage.
#pragma once

#include "base/limits.h"
#include "vault/sealing/seal.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

// What a reader expects a file to be; fields without a value are not compared. The vault is that of
// the keyring.
struct ExpectedLabel {
  FileType type = FileType::kPack;
  std::optional<WriterId> writer = std::nullopt;
  std::optional<std::uint32_t> epoch = std::nullopt;
  std::optional<std::uint64_t> number = std::nullopt;
  std::optional<std::uint32_t> count = std::nullopt;
};

// Where a head is, if the first one is damaged.
enum class HeadPlace : std::uint8_t { kFirst, kSecond };

// A head, checked against what is expected but not against the file's size.
struct FoundHead {
  SealHead head;
  HeadPlace place = HeadPlace::kFirst;
  std::string first_damage;  // why the second one was taken
};
// `file_bytes`: of the whole file. Errors are those of the first head.
Result<FoundHead> find_head(const Storage& storage, const std::string& path, const Keyring& keys,
                            const ExpectedLabel& expected, std::uint64_t file_bytes);

// "... is cut short: it has 12 bytes, expected 4096".
Error size_error(const SealHead& head, std::uint64_t file_bytes, const std::string& file);

class SealedReader {
 public:
  static constexpr std::size_t kScratchBytesMax = kMiB;

  static Result<SealedReader> open(const Storage& storage, std::string path, const Keyring& keys,
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
  // The same into a buffer that is there: as many bytes as it has. `scratch` keeps its memory for
  // the next call, kScratchBytesMax of it; what it has does not matter.
  Status read_into(std::uint64_t offset, std::span<std::uint8_t> into, UnsetBytes& scratch) const;

  // All of it. kLimitExceeded if it is longer than bytes_max.
  Result<Bytes> read_all(std::uint64_t bytes_max) const;

 private:
  // Records on their way, some at a time.
  struct Records {
    std::uint64_t first;
    std::span<std::uint8_t> bytes;
  };
  Status check_range(std::uint64_t offset, std::uint64_t count) const;
  Status open_records(const Records& records, std::uint64_t offset,
                      std::span<std::uint8_t> into) const;

  SealedReader(const Storage& storage, std::string path, SealHead head)
      : storage_(&storage), path_(std::move(path)), head_(std::move(head)) {}

  const Storage* storage_;
  std::string path_;
  SealHead head_;
};

}  // namespace letterpress::vault
