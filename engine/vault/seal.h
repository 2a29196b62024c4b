// SPDX-License-Identifier: Apache-2.0
// The seal: every byte of packs, index runs and log entries passes here on its way between payloads
// and files (docs/FORMAT.md, "Sealed files"). Nothing else knows how a file is protected.
//
//   LETTERPRESS_TRY_ASSIGN(const Bytes file, seal(label, salt, payload));
//   ...
//   LETTERPRESS_TRY_ASSIGN(const SealHead head, open_head(first_bytes, "packs/3f/..."));
//   LETTERPRESS_TRY_ASSIGN(const ByteView payload, open_record(head, 0, record, "packs/3f/..."));
//
// A sealed file is a head and records of one fixed size, nothing after them. A record is a clear
// header {magic, salt, number, flags}, a part of the payload, and a tag over both, so that any
// change of any byte is found, and found where it is, by reading one record. The payload is filled
// up with zeros to whole records; its length is in the last 8 bytes of the last record, not in the
// head, so that once records are encrypted the size shows in whole records only.
//
// Method 0, the only one so far, is clear: a tag is the first 16 bytes of the BLAKE3 of what it
// covers, which finds accidents, not attackers. Encryption and signatures are a new method here.
//
// Pure functions; any thread. Output depends on the arguments only. Cost: one pass of BLAKE3, one
// copy of the payload. `file` in the readers is used in messages only.
#pragma once

#include "letterpress/result.h"
#include "vault/ids.h"

namespace letterpress::vault {

// Part of the format; do not change values.
enum class FileType : std::uint8_t { kPack = 1, kIndexRun = 2, kLogEntry = 3 };
enum class SealMethod : std::uint8_t { kClear = 0 };

std::string_view file_type_name(FileType type) noexcept;

// What a file is and whose. Readers compare it with what they expect, so that a good file in the
// place of another one is found.
struct SealLabel {
  FileType type = FileType::kPack;
  VaultId vault{};
  WriterId writer{};
  std::uint32_t epoch = 0;
  std::uint64_t number = 0;  // pack: its first block; index run, log entry: its sequence
  std::uint32_t count = 0;   // pack: its blocks; otherwise 0
  friend bool operator==(const SealLabel&, const SealLabel&) = default;
};

struct SealHead {
  SealLabel label{};
  Salt salt{};
  SealMethod method = SealMethod::kClear;
  std::uint32_t head_bytes = 0;
  std::uint32_t record_bytes = 0;
  std::uint32_t record_count = 0;

  std::uint32_t record_payload_bytes() const noexcept;
  std::uint64_t record_offset(std::uint64_t number) const noexcept {
    return head_bytes + number * record_bytes;
  }
  std::uint64_t file_bytes() const noexcept { return record_offset(record_count); }
  // Payload, filling and length of all records together.
  std::uint64_t capacity_bytes() const noexcept {
    return std::uint64_t{record_count} * record_payload_bytes();
  }
};

inline constexpr std::uint32_t kHeadBytesMax = 4096;
inline constexpr std::uint32_t kHeadBytesMin = 512;
inline constexpr std::uint32_t kRecordHeaderBytes = 32;
inline constexpr std::uint32_t kTagBytes = 16;
inline constexpr std::uint32_t kPayloadLengthBytes = 8;

// The whole file. kLimitExceeded if the payload is larger than kSealedPayloadBytesMax. The payload
// may come in pieces, which are put together.
Result<Bytes> seal(const SealLabel& label, const Salt& salt, std::span<const ByteView> payload);
Result<Bytes> seal(const SealLabel& label, const Salt& salt, ByteView payload);

// Reads a head from a file's first bytes (kHeadBytesMax of them, or the whole file if shorter).
// kUnsupported: made by a newer version. kCorrupt: not a sealed file, or damaged.
Result<SealHead> open_head(ByteView first_bytes, std::string_view file);

// Checks one record and gives its part of the payload, a view into `record`, which a method that
// encrypts may change.
Result<ByteView> open_record(const SealHead& head, std::uint32_t number,
                             std::span<std::uint8_t> record, std::string_view file);

// The shape of a file whose head is damaged, told by its records: head_bytes, record_bytes,
// record_count and salt are set, the label is not. False, and nothing set, if that fails.
// `first_bytes`: kShapeBytes of them, or the whole file if shorter.
inline constexpr std::uint32_t kShapeBytes = 3 * kHeadBytesMax;
bool guess_shape(ByteView first_bytes, std::uint64_t file_bytes, SealHead& head) noexcept;

}  // namespace letterpress::vault
