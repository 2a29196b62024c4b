// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/seal_head.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "hashing/blake3.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// The first byte is no text, the last is changed by a copy that takes the file for text.
constexpr std::array<std::uint8_t, 8> kSealMagic = {0x8c, 'L', 'P', 'S', 'E', 'A', 'L', '\n'};
constexpr std::string_view kHeadContext = "letterpress 2026-11 head";
constexpr std::string_view kCommitmentContext = "letterpress 2026-11 key commitment";
constexpr std::size_t kLabelBytes = 88;  // of a head: everything up to the salt
constexpr std::size_t kSignatureBytes = sizeof(Signature::bytes);
constexpr std::uint64_t kLeavesFilledTo = 512;

// Small files have small records, so that the filling stays small; larger ones have records of many
// sectors, so that headers and tags do. A head is a whole number of sectors too: in a raw image of
// a disk, records begin where blocks of the file system do.
struct Shape {
  std::uint32_t head_bytes;
  std::uint32_t record_bytes;
  std::uint64_t payload_bytes_below;  // of files that writers give this shape
};
constexpr Shape kShapes[] = {
    {512, 512, 16 * kKiB},
    {4096, 4096, kMiB},
    {4096, 65536, UINT64_MAX},
};

const Shape& shape_for(FileType type, std::uint64_t payload_bytes) noexcept {
  // Packs never have the smallest records: the sizes of blocks would show through them.
  const Shape* shape = type == FileType::kPack ? &kShapes[1] : &kShapes[0];
  while (payload_bytes >= shape->payload_bytes_below) ++shape;
  return *shape;
}

bool is_shape(std::uint32_t head_bytes, std::uint32_t record_bytes) noexcept {
  return std::any_of(std::begin(kShapes), std::end(kShapes), [&](const Shape& shape) {
    return shape.head_bytes == head_bytes && shape.record_bytes == record_bytes;
  });
}

bool is_known(FileType type) noexcept {
  return type == FileType::kPack || type == FileType::kIndexRun || type == FileType::kLogEntry;
}

std::array<std::uint8_t, kTagBytes> tag_of(ByteView covered) noexcept {
  std::array<std::uint8_t, kTagBytes> tag;
  std::copy_n(hashing::hash(covered).bytes.begin(), kTagBytes, tag.begin());
  return tag;
}

Bytes encode_label(const SealHead& head) {
  Bytes out(kSealMagic.begin(), kSealMagic.end());
  append_le(out, static_cast<std::uint16_t>(kFormatVersion));
  out.push_back(static_cast<std::uint8_t>(head.label.type));
  out.push_back(static_cast<std::uint8_t>(head.method));
  append_le(out, head.head_bytes);
  append_le(out, head.record_bytes);
  append_le(out, head.record_count);
  append(out, head.label.identity.vault.bytes);
  append(out, head.label.identity.writer.bytes);
  append_le(out, head.label.identity.epoch);
  append_le(out, head.label.count);
  append_le(out, head.label.number);
  append(out, head.salt.bytes);
  return out;
}

// Says that there is one key only: AES-GCM alone lets a record open with two.
Secret commitment_to(const Secret& record_key) {
  return derive_secret(kCommitmentContext, record_key);
}

template <std::size_t kCount>
void take(ByteCursor& cursor, std::array<std::uint8_t, kCount>& out) noexcept {
  const ByteView bytes = cursor.take(kCount);
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

Error impossible(std::string_view file) {
  return Error(ErrorCode::kCorrupt,
               std::string(file) + ": its head has values that no writer makes");
}

// Magic, version, length and tag stay where they are in every version, so that a newer file is told
// from a damaged one.
Status check_frame(ByteView bytes, std::string_view file) {
  const std::string name(file);
  if (bytes.size() < kSealMagic.size() ||
      !std::equal(kSealMagic.begin(), kSealMagic.end(), bytes.begin())) {
    return Error(ErrorCode::kCorrupt, name +
                                          ": is not a file of a vault, or its first bytes are "
                                          "damaged (expected 8c 'LPSEAL' 0a at offset 0)");
  }
  ByteCursor cursor(bytes.subspan(kSealMagic.size()));
  const auto version = cursor.le<std::uint16_t>();
  cursor.take(2);
  const auto head_bytes = cursor.le<std::uint32_t>();
  const bool has_size =
      head_bytes >= kHeadBytesMin && head_bytes <= kHeadBytesMax && head_bytes <= bytes.size();
  if (!cursor.ok() || !has_size ||
      !std::ranges::equal(tag_of(bytes.first(head_bytes - kTagBytes)),
                          bytes.subspan(head_bytes - kTagBytes, kTagBytes))) {
    return Error(
        ErrorCode::kCorrupt,
        name + ": its head (from offset 0) is damaged or cut short: its tag does not match");
  }
  if (version != kFormatVersion) {
    return Error(ErrorCode::kUnsupported,
                 name + ": was made by " +
                     (version > kFormatVersion ? "a newer" : "an older, unfinished") +
                     " letterpress (format " + std::to_string(version) +
                     "; this one reads format " + std::to_string(kFormatVersion) + ")");
  }
  return Ok{};
}

// What of a head only serves to check it.
struct Authorship {
  Secret commitment;
  WriterCertificate writer;
  std::vector<ReaderSlot> slots;
};

Result<SealHead> parse(ByteView bytes, std::string_view file, Authorship& author) {
  ByteCursor cursor(bytes.subspan(kSealMagic.size() + 2));
  SealHead head;
  head.label.type = static_cast<FileType>(cursor.le<std::uint8_t>());
  head.method = static_cast<SealMethod>(cursor.le<std::uint8_t>());
  head.head_bytes = cursor.le<std::uint32_t>();
  head.record_bytes = cursor.le<std::uint32_t>();
  head.record_count = cursor.le<std::uint32_t>();
  take(cursor, head.label.identity.vault.bytes);
  take(cursor, head.label.identity.writer.bytes);
  head.label.identity.epoch = cursor.le<std::uint32_t>();
  head.label.count = cursor.le<std::uint32_t>();
  head.label.number = cursor.le<std::uint64_t>();
  take(cursor, head.salt.bytes);
  take(cursor, head.leaves.bytes);
  take(cursor, author.commitment.bytes);
  take(cursor, author.writer.key.bytes);
  const std::string_view name = as_text(cursor.take(kWriterNameBytesMax));
  author.writer.name = name.substr(0, name.find('\0'));
  head.writer_name = author.writer.name;
  take(cursor, author.writer.signature.bytes);
  const auto slot_count = cursor.le<std::uint64_t>();
  if (!is_known(head.label.type) || head.method != method_of(head.label.type) ||
      !is_shape(head.head_bytes, head.record_bytes) || head.record_count == 0 ||
      head.capacity_bytes() > kSealedPayloadBytesMax + 2 * std::uint64_t{head.record_bytes} ||
      slot_count > (head.method == SealMethod::kReaders ? kReadersMax : 0)) {
    return impossible(file);
  }
  for (std::uint64_t i = 0; i < slot_count; ++i) {
    ReaderSlot& slot = author.slots.emplace_back();
    take(cursor, slot.reader);
    take(cursor, slot.box);
  }
  if (head.label.type == FileType::kIndexRun) {
    head.label.replaces_first = cursor.le<std::uint64_t>();
    head.label.replaces_last = cursor.le<std::uint64_t>();
  }
  return head;
}

Status find_key(SealHead& head, const Authorship& author, const Keyring& keys,
                std::string_view file) {
  const WriterIdentity& identity = head.label.identity;
  std::optional<Secret> file_key;
  if (head.method == SealMethod::kIndexKey) {
    if (const auto id_key = keys.id_key(identity)) file_key = derive_index_key(*id_key);
  } else if (head.method == SealMethod::kReaders) {
    file_key = keys.unlock(identity, author.slots);
  }
  if (!file_key) return Ok{};
  set_record_key(head, *file_key);
  if (commitment_to(*head.record_key) == author.commitment) return Ok{};
  return Error(ErrorCode::kCorrupt, std::string(file) +
                                        ": its key is not the one that its head commits to: its "
                                        "writer is broken, or not honest");
}

}  // namespace

std::string_view file_type_name(FileType type) noexcept {
  switch (type) {
    case FileType::kPack:
      return "pack";
    case FileType::kIndexRun:
      return "index run";
    case FileType::kLogEntry:
      return "log entry";
  }
  return "file of an unknown type";
}

SealMethod method_of(FileType type) noexcept {
  switch (type) {
    case FileType::kPack:
      return SealMethod::kReaders;
    case FileType::kIndexRun:
      return SealMethod::kIndexKey;
    case FileType::kLogEntry:
      break;
  }
  return SealMethod::kClear;
}

std::uint64_t SealHead::leaves_bytes() const noexcept {
  const std::uint64_t bytes = std::uint64_t{record_count} * kLeafBytes;
  return (bytes + kLeavesFilledTo - 1) / kLeavesFilledTo * kLeavesFilledTo;
}

SealHead shape_head(const SealLabel& label, std::uint64_t payload_bytes) noexcept {
  const Shape& shape = shape_for(label.type, payload_bytes);
  SealHead head;
  head.label = label;
  head.method = method_of(label.type);
  head.head_bytes = shape.head_bytes;
  head.record_bytes = shape.record_bytes;
  const std::uint64_t part_bytes = head.record_payload_bytes();
  head.record_count = static_cast<std::uint32_t>(
      (payload_bytes + kPayloadLengthBytes + part_bytes - 1) / part_bytes);
  return head;
}

// The key of the records follows from the file's key and from what the head says the file is: so no
// part of one file is ever taken for that of another, whoever has the key.
void set_record_key(SealHead& head, const Secret& file_key) {
  head.record_key = Secret(hashing::hash(encode_label(head), HashKey{file_key.bytes}).bytes);
}

Bytes encode_head(const SealHead& head, const IngestKey& key, std::span<const ReaderSlot> slots) {
  Bytes out = encode_label(head);
  out.reserve(head.head_bytes);
  append(out, head.leaves.bytes);
  append(out, head.record_key ? commitment_to(*head.record_key).bytes : Secret().bytes);
  append(out, key.signing.public_key().bytes);
  append(out, as_bytes(key.certificate.name));
  out.resize(kLabelBytes + 3 * 32 + kWriterNameBytesMax);
  append(out, key.certificate.signature.bytes);
  append_le(out, static_cast<std::uint64_t>(slots.size()));
  for (const ReaderSlot& slot : slots) {
    append(out, slot.reader);
    append(out, slot.box);
  }
  if (head.label.type == FileType::kIndexRun) {
    append_le(out, head.label.replaces_first);
    append_le(out, head.label.replaces_last);
  }
  out.resize(head.head_bytes - kTagBytes - kSignatureBytes);
  append(out, key.signing.sign(kHeadContext, out).bytes);
  append(out, tag_of(out));
  return out;
}

Result<SealHead> open_head(ByteView bytes, const Keyring& keys, std::string_view file) {
  LETTERPRESS_TRY(check_frame(bytes, file));
  Authorship author;
  LETTERPRESS_TRY_ASSIGN(SealHead head, parse(bytes, file, author));
  const ByteView signed_bytes = bytes.first(head.head_bytes - kTagBytes - kSignatureBytes);
  Signature signature;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(signed_bytes.size()), kSignatureBytes,
              signature.bytes.begin());
  if (!is_signed(author.writer.key, kHeadContext, signed_bytes, signature)) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": its head was changed: the signature does not match");
  }
  if (!keys.is_writer(head.label.identity, author.writer)) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": was signed by somebody whom this vault does not know");
  }
  LETTERPRESS_TRY(find_key(head, author, keys, file));
  return head;
}

}  // namespace letterpress::vault
