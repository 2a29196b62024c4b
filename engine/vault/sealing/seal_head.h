// SPDX-License-Identifier: Apache-2.0
// The head of a sealed file (docs/FORMAT.md, "Head"): what the file is, whose, who can open it, and
// the writer's signature under all that, and under the hash of everything else in the file.
//
//   LETTERPRESS_TRY_ASSIGN(const SealHead head, open_head(first_bytes, keys, "packs/3f/..."));
//
// Pure functions; any thread. Cost of opening one: 150 microseconds, for the signature and the box.
#pragma once

#include "letterpress/result.h"
#include "vault/keys/keyring.h"

namespace letterpress::vault {

// Part of the format; do not change values.
enum class FileType : std::uint8_t { kPack = 1, kIndexRun = 2, kLogEntry = 3 };
enum class SealMethod : std::uint8_t {
  kClear = 0,     // records are clear, their tags are hashes
  kReaders = 1,   // encrypted with a key of the file's own, locked for the readers
  kIndexKey = 2,  // encrypted with the writer's index key
};

std::string_view file_type_name(FileType type) noexcept;
SealMethod method_of(FileType type) noexcept;

// What a file is and whose. Readers compare it with what they expect, so that a good file in the
// place of another one is found.
struct SealLabel {
  FileType type = FileType::kPack;
  WriterIdentity identity;
  std::uint64_t number = 0;  // pack: its first block; index run, log entry: its sequence
  std::uint32_t count = 0;   // pack: its blocks; otherwise 0
  // Index run: the sequences of lost runs that it and those before it stand for; otherwise 0.
  std::uint64_t replaces_first = 0;
  std::uint64_t replaces_last = 0;
  bool replaces_any() const noexcept { return replaces_last != 0; }
  bool replaces(std::uint64_t sequence) const noexcept {
    return sequence >= replaces_first && sequence <= replaces_last;
  }
  friend bool operator==(const SealLabel&, const SealLabel&) = default;
};

inline constexpr std::uint32_t kHeadBytesMax = 4096;
inline constexpr std::uint32_t kHeadBytesMin = 512;
inline constexpr std::uint32_t kRecordHeaderBytes = 32;
inline constexpr std::uint32_t kTagBytes = 16;
inline constexpr std::uint32_t kLeafBytes = 16;
inline constexpr std::uint32_t kPayloadLengthBytes = 8;

struct SealHead {
  SealLabel label{};
  Salt salt{};
  SealMethod method = SealMethod::kClear;
  std::uint32_t head_bytes = 0;
  std::uint32_t record_bytes = 0;
  std::uint32_t record_count = 0;
  ChunkId leaves{};         // hash of the tail's hashes
  std::string writer_name;  // that the root certified
  // What opens the records; nothing if they are clear, or if the keyring cannot open them.
  std::optional<Secret> record_key;

  bool is_clear() const noexcept { return method == SealMethod::kClear; }
  bool is_locked() const noexcept { return !is_clear() && !record_key; }
  std::uint32_t record_payload_bytes() const noexcept {
    return record_bytes - kRecordHeaderBytes - kTagBytes;
  }
  std::uint64_t record_offset(std::uint64_t number) const noexcept {
    return head_bytes + number * record_bytes;
  }
  // The tail: the hashes of the records with their filling, and the head once more.
  std::uint64_t tail_offset() const noexcept { return record_offset(record_count); }
  std::uint64_t leaves_bytes() const noexcept;
  std::uint64_t second_head_offset() const noexcept { return tail_offset() + leaves_bytes(); }
  std::uint64_t file_bytes() const noexcept { return second_head_offset() + head_bytes; }
  // Payload, filling and length of all records together.
  std::uint64_t capacity_bytes() const noexcept {
    return std::uint64_t{record_count} * record_payload_bytes();
  }
};

// The head for a payload of that many bytes: its shape, not yet its salt, keys and leaves.
SealHead shape_head(const SealLabel& label, std::uint64_t payload_bytes) noexcept;

// Sets the key of the records from the file's key; salt and shape are set before.
void set_record_key(SealHead& head, const Secret& file_key);

// The bytes of a head that has everything, signed.
Bytes encode_head(const SealHead& head, const IngestKey& key, std::span<const ReaderSlot> slots);

// Reads a head from a file's first bytes (kHeadBytesMax of them, or the whole file if shorter) or
// from where the tail repeats it, and checks who signed it. kUnsupported: made by another version.
// kCorrupt: not a sealed file, damaged, or signed by nobody who may. `file` is for messages.
Result<SealHead> open_head(ByteView bytes, const Keyring& keys, std::string_view file);

// The salts, file keys and boxes that are random otherwise; for tests.
struct SealChance {
  Salt salt;
  Secret file_key;
  std::vector<ReaderSlot> slots;  // empty: the file key is locked for the readers
};

}  // namespace letterpress::vault
