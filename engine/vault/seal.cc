// SPDX-License-Identifier: Apache-2.0
#include "vault/seal.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "hashing/blake3.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// The first byte is no text, the last is changed by a copy that takes the file for text.
constexpr std::array<std::uint8_t, 8> kHeadMagic = {0x8c, 'L', 'P', 'S', 'E', 'A', 'L', '\n'};
constexpr std::array<std::uint8_t, 4> kRecordMagic = {'L', 'P', 'R', '1'};
constexpr std::uint32_t kFlagLastRecord = 1;

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

void store_tag(std::span<std::uint8_t> sealed) noexcept {
  const ByteView covered = ByteView(sealed).first(sealed.size() - kTagBytes);
  const ChunkId digest = hashing::hash(covered);
  std::copy_n(digest.bytes.begin(), kTagBytes, sealed.end() - kTagBytes);
}

bool has_good_tag(ByteView sealed) noexcept {
  const ChunkId digest = hashing::hash(sealed.first(sealed.size() - kTagBytes));
  return std::equal(sealed.end() - kTagBytes, sealed.end(), digest.bytes.begin());
}

bool is_known(FileType type) noexcept {
  return type == FileType::kPack || type == FileType::kIndexRun || type == FileType::kLogEntry;
}

bool starts_with(ByteView bytes, ByteView magic) noexcept {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

Bytes make_head(const SealHead& head) {
  Bytes out(kHeadMagic.begin(), kHeadMagic.end());
  out.reserve(head.head_bytes);
  append_le(out, static_cast<std::uint16_t>(kFormatVersion));
  out.push_back(static_cast<std::uint8_t>(head.label.type));
  out.push_back(static_cast<std::uint8_t>(head.method));
  append_le(out, head.head_bytes);
  append_le(out, head.record_bytes);
  append_le(out, head.record_count);
  append(out, head.label.vault.bytes);
  append(out, head.label.writer.bytes);
  append_le(out, head.label.epoch);
  append_le(out, head.label.count);
  append_le(out, head.label.number);
  append(out, head.salt.bytes);
  out.resize(head.head_bytes);
  store_tag(out);
  return out;
}

// Goes through pieces as if they were one.
class PieceReader {
 public:
  explicit PieceReader(std::span<const ByteView> pieces) : rest_(pieces) {}

  // The next `count` bytes, or what is left.
  void append_to(Bytes& out, std::size_t count) {
    while (count > 0 && !rest_.empty()) {
      const ByteView piece = rest_.front().subspan(offset_);
      const ByteView taken = piece.first(std::min(count, piece.size()));
      append(out, taken);
      count -= taken.size();
      offset_ += taken.size();
      if (taken.size() == piece.size()) {
        rest_ = rest_.subspan(1);
        offset_ = 0;
      }
    }
  }

 private:
  std::span<const ByteView> rest_;
  std::size_t offset_ = 0;  // in the first piece
};

template <std::size_t kCount>
void take(ByteCursor& cursor, std::array<std::uint8_t, kCount>& out) noexcept {
  const ByteView bytes = cursor.take(kCount);
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

// The error of one record, with its place in the file.
Error record_error(const SealHead& head, std::uint32_t number, std::string_view file,
                   std::string_view what) {
  const std::uint64_t offset = head.record_offset(number);
  return Error(ErrorCode::kCorrupt, std::string(file) + ": record " + std::to_string(number) +
                                        " (bytes " + std::to_string(offset) + " to " +
                                        std::to_string(offset + head.record_bytes - 1) + ") " +
                                        std::string(what));
}

// Magic, version, length and tag stay where they are in every version, so that a newer file is told
// from a damaged one.
Result<SealHead> parse_head(ByteView first_bytes, std::string_view file) {
  const std::string name(file);
  if (!starts_with(first_bytes, kHeadMagic)) {
    return Error(ErrorCode::kCorrupt, name +
                                          ": is not a file of a vault, or its first bytes are "
                                          "damaged (expected 8c 'LPSEAL' 0a at offset 0)");
  }
  ByteCursor cursor(first_bytes.subspan(kHeadMagic.size()));
  SealHead head;
  const auto version = cursor.le<std::uint16_t>();
  const auto type = cursor.le<std::uint8_t>();
  const auto method = cursor.le<std::uint8_t>();
  head.head_bytes = cursor.le<std::uint32_t>();
  head.record_bytes = cursor.le<std::uint32_t>();
  head.record_count = cursor.le<std::uint32_t>();
  take(cursor, head.label.vault.bytes);
  take(cursor, head.label.writer.bytes);
  head.label.epoch = cursor.le<std::uint32_t>();
  head.label.count = cursor.le<std::uint32_t>();
  head.label.number = cursor.le<std::uint64_t>();
  take(cursor, head.salt.bytes);
  const bool has_size = head.head_bytes >= kHeadBytesMin && head.head_bytes <= kHeadBytesMax &&
                        head.head_bytes <= first_bytes.size();
  if (!cursor.ok() || !has_size || !has_good_tag(first_bytes.first(head.head_bytes))) {
    return Error(
        ErrorCode::kCorrupt,
        name + ": its head (from offset 0) is damaged or cut short: its tag does not match");
  }
  if (version > kFormatVersion || method != static_cast<std::uint8_t>(SealMethod::kClear)) {
    return Error(ErrorCode::kUnsupported, name + ": was made by a newer letterpress (format " +
                                              std::to_string(version) + ", seal method " +
                                              std::to_string(method) + "; this one reads format " +
                                              std::to_string(kFormatVersion) + ", seal method 0)");
  }
  if (version == 0) return Error(ErrorCode::kCorrupt, name + ": its head has version 0");
  head.label.type = static_cast<FileType>(type);
  head.method = static_cast<SealMethod>(method);
  return head;
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

std::uint32_t SealHead::record_payload_bytes() const noexcept {
  return record_bytes - kRecordHeaderBytes - kTagBytes;
}

Result<Bytes> seal(const SealLabel& label, const Salt& salt, std::span<const ByteView> payload) {
  std::uint64_t payload_bytes = 0;
  for (const ByteView piece : payload) payload_bytes += piece.size();
  if (payload_bytes > kSealedPayloadBytesMax) {
    return Error(ErrorCode::kLimitExceeded, std::string(file_type_name(label.type)) + " of " +
                                                std::to_string(payload_bytes) +
                                                " bytes: a vault's files hold at most " +
                                                std::to_string(kSealedPayloadBytesMax));
  }
  const Shape& shape = shape_for(label.type, payload_bytes);
  SealHead head{.label = label,
                .salt = salt,
                .head_bytes = shape.head_bytes,
                .record_bytes = shape.record_bytes};
  const std::uint64_t part_bytes = head.record_payload_bytes();
  head.record_count = static_cast<std::uint32_t>(
      (payload_bytes + kPayloadLengthBytes + part_bytes - 1) / part_bytes);

  Bytes file;
  file.reserve(static_cast<std::size_t>(head.file_bytes()));
  append(file, make_head(head));
  PieceReader pieces(payload);
  for (std::uint32_t number = 0; number < head.record_count; ++number) {
    const bool is_last = number + 1 == head.record_count;
    const std::size_t begin = file.size();
    append(file, kRecordMagic);
    append(file, salt.bytes);
    append_le(file, number);
    append_le(file, is_last ? kFlagLastRecord : 0U);
    append_le(file, std::uint32_t{0});
    pieces.append_to(file, static_cast<std::size_t>(part_bytes));
    file.resize(begin + head.record_bytes);
    const auto record = std::span(file).subspan(begin);
    if (is_last) {
      const std::size_t at = head.record_bytes - kTagBytes - kPayloadLengthBytes;
      store_le(record.data() + at, payload_bytes);
    }
    store_tag(record);
  }
  return file;
}

Result<Bytes> seal(const SealLabel& label, const Salt& salt, ByteView payload) {
  return seal(label, salt, std::span(&payload, 1));
}

Result<SealHead> open_head(ByteView first_bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(SealHead head, parse_head(first_bytes, file));
  if (!is_known(head.label.type) || !is_shape(head.head_bytes, head.record_bytes) ||
      head.record_count == 0 ||
      head.capacity_bytes() > kSealedPayloadBytesMax + 2 * std::uint64_t{head.record_bytes}) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": its head has values that no writer makes");
  }
  return head;
}

Result<ByteView> open_record(const SealHead& head, std::uint32_t number,
                             std::span<std::uint8_t> record, std::string_view file) {
  if (record.size() != head.record_bytes) return record_error(head, number, file, "is cut short");
  if (!has_good_tag(record)) {
    return record_error(head, number, file, "is damaged: its tag does not match");
  }
  const bool is_last = number + 1 == head.record_count;
  if (!starts_with(record, kRecordMagic) ||
      !std::equal(head.salt.bytes.begin(), head.salt.bytes.end(), record.begin() + 4) ||
      load_le<std::uint32_t>(record.data() + 20) != number) {
    return record_error(head, number, file, "is a good record, but of another place or file");
  }
  if (load_le<std::uint32_t>(record.data() + 24) != (is_last ? kFlagLastRecord : 0U) ||
      load_le<std::uint32_t>(record.data() + 28) != 0) {
    return record_error(head, number, file, "has flags that no writer sets there");
  }
  return ByteView(record).subspan(kRecordHeaderBytes, head.record_payload_bytes());
}

bool guess_shape(ByteView first_bytes, std::uint64_t file_bytes, SealHead& head) noexcept {
  const auto is_record_at = [&](std::size_t at) {
    return at < first_bytes.size() && starts_with(first_bytes.subspan(at), kRecordMagic);
  };
  for (const Shape& shape : kShapes) {
    const std::uint32_t second = shape.head_bytes + shape.record_bytes;
    const bool is_whole =
        file_bytes >= second && (file_bytes - shape.head_bytes) % shape.record_bytes == 0;
    const bool shows_second =
        second == file_bytes || second >= first_bytes.size() || is_record_at(second);
    if (!is_whole || !shows_second || !is_record_at(shape.head_bytes)) continue;
    const ByteView salt = first_bytes.subspan(shape.head_bytes + 4).first(head.salt.bytes.size());
    std::copy(salt.begin(), salt.end(), head.salt.bytes.begin());
    head.head_bytes = shape.head_bytes;
    head.record_bytes = shape.record_bytes;
    head.record_count =
        static_cast<std::uint32_t>((file_bytes - shape.head_bytes) / shape.record_bytes);
    return true;
  }
  return false;
}

}  // namespace letterpress::vault
