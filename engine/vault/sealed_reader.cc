// SPDX-License-Identifier: Apache-2.0
#include "vault/sealed_reader.h"

#include <algorithm>

#include "base/endian.h"
#include "base/limits.h"
#include "vault/sha256.h"

namespace letterpress::vault {

namespace {

Error mismatch(const std::string& file, std::string_view what, const std::string& is,
               const std::string& expected) {
  return Error(ErrorCode::kCorrupt, file + ": is sound, but another file than expected: " +
                                        std::string(what) + " " + is + ", expected " + expected);
}

Status compare_label(const SealLabel& label, const ExpectedLabel& expected,
                     const std::string& file) {
  if (label.type != expected.type) {
    return mismatch(file, "it is a", std::string(file_type_name(label.type)),
                    std::string(file_type_name(expected.type)));
  }
  if (label.vault != expected.vault) {
    return mismatch(file, "it belongs to vault", to_hex(label.vault.bytes),
                    to_hex(expected.vault.bytes));
  }
  if (expected.writer && label.writer != *expected.writer) {
    return mismatch(file, "its writer is", to_hex(label.writer.bytes),
                    to_hex(expected.writer->bytes));
  }
  if (expected.number && label.number != *expected.number) {
    const bool is_pack = label.type == FileType::kPack;
    return mismatch(file, is_pack ? "its first block is" : "its sequence is",
                    std::to_string(label.number), std::to_string(*expected.number));
  }
  if (expected.count && label.count != *expected.count) {
    return mismatch(file, "its number of blocks is", std::to_string(label.count),
                    std::to_string(*expected.count));
  }
  return Ok{};
}

// The head, checked against what is expected but not against the file's size.
Result<SealHead> open_expected(ByteView first_bytes, const ExpectedLabel& expected,
                               const std::string& file) {
  LETTERPRESS_TRY_ASSIGN(
      const SealHead head,
      open_head(first_bytes.first(std::min<std::size_t>(first_bytes.size(), kHeadBytesMax)), file));
  LETTERPRESS_TRY(compare_label(head.label, expected, file));
  return head;
}

Error size_error(const SealHead& head, std::uint64_t file_bytes, const std::string& file) {
  return Error(ErrorCode::kCorrupt,
               file + ": " + (file_bytes < head.file_bytes() ? "is cut short" : "is too long") +
                   ": it has " + std::to_string(file_bytes) + " bytes, expected " +
                   std::to_string(head.file_bytes()));
}

}  // namespace

Result<SealedReader> SealedReader::open(const Storage& storage, std::string path,
                                        const ExpectedLabel& expected) {
  const std::string file = storage.full_path(path);
  LETTERPRESS_TRY_ASSIGN(const Bytes first_bytes, storage.read(path, 0, kHeadBytesMax));
  LETTERPRESS_TRY_ASSIGN(const SealHead head, open_expected(first_bytes, expected, file));
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t file_bytes, storage.size(path));
  // A file that is cut short or too long is read as far as its records go.
  if (file_bytes <= head.head_bytes) return size_error(head, file_bytes, file);
  return SealedReader(storage, std::move(path), head);
}

Result<std::uint64_t> SealedReader::payload_bytes() const {
  const std::uint64_t capacity = head_.capacity_bytes();
  LETTERPRESS_TRY_ASSIGN(const Bytes length,
                         read(capacity - kPayloadLengthBytes, kPayloadLengthBytes));
  const auto bytes = load_le<std::uint64_t>(length.data());
  const std::uint64_t part_bytes = head_.record_payload_bytes();
  if (bytes > capacity - kPayloadLengthBytes ||
      bytes + kPayloadLengthBytes <= capacity - part_bytes) {
    return Error(ErrorCode::kCorrupt, file() + ": says that it holds " + std::to_string(bytes) +
                                          " bytes, which does not fit its records");
  }
  return bytes;
}

Result<Bytes> SealedReader::read(std::uint64_t offset, std::uint64_t count) const {
  const std::uint64_t capacity = head_.capacity_bytes();
  if (offset > capacity || count > capacity - offset) {
    return Error(ErrorCode::kCorrupt, file() + ": has no bytes " + std::to_string(offset) + " to " +
                                          std::to_string(offset + count) +
                                          " of payload, its records end at " +
                                          std::to_string(capacity));
  }
  if (count == 0) return Bytes{};
  const std::uint64_t part_bytes = head_.record_payload_bytes();
  const std::uint64_t first = offset / part_bytes;
  const std::uint64_t last = (offset + count - 1) / part_bytes;
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, storage_->read(path_, head_.record_offset(first),
                                                     (last - first + 1) * head_.record_bytes));
  // The payload is gathered at the front of the same buffer, before what is still to be read.
  std::size_t out = 0;
  for (std::uint64_t number = first; number <= last; ++number) {
    const std::size_t at = std::min<std::size_t>(
        bytes.size(), static_cast<std::size_t>((number - first) * head_.record_bytes));
    const auto record = std::span(bytes).subspan(at).first(
        std::min<std::size_t>(bytes.size() - at, head_.record_bytes));
    LETTERPRESS_TRY_ASSIGN(const ByteView part,
                           open_record(head_, static_cast<std::uint32_t>(number), record, file()));
    const std::uint64_t part_begin = number * part_bytes;
    const std::uint64_t begin = std::max(offset, part_begin);
    const std::uint64_t end = std::min(offset + count, part_begin + part_bytes);
    const ByteView wanted = part.subspan(static_cast<std::size_t>(begin - part_begin),
                                         static_cast<std::size_t>(end - begin));
    std::copy(wanted.begin(), wanted.end(), bytes.begin() + static_cast<std::ptrdiff_t>(out));
    out += wanted.size();
  }
  bytes.resize(out);
  return bytes;
}

Result<Bytes> SealedReader::read_all(std::uint64_t bytes_max) const {
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t count, payload_bytes());
  if (count > bytes_max) {
    return Error(ErrorCode::kLimitExceeded, file() + ": holds " + std::to_string(count) +
                                                " bytes, more than the allowed " +
                                                std::to_string(bytes_max));
  }
  return read(0, count);
}

namespace {

// Goes through a file front to back, whatever is in it.
class Checker {
 public:
  Checker(const Storage& storage, const std::string& path, SealedCheck& out)
      : storage_(storage), path_(path), file_(storage.full_path(path)), out_(out) {}

  Status run(const ExpectedLabel& expected) {
    LETTERPRESS_TRY_ASSIGN(out_.file_bytes, storage_.size(path_));
    const Bytes first_bytes = read_or_note(0, kShapeBytes);
    Result<SealHead> opened = open_expected(first_bytes, expected, file_);
    SealHead head;
    if (opened) {
      out_.head = *opened;
      head = *opened;
    } else if (guess_shape(first_bytes, out_.file_bytes, head)) {
      note(0, head.head_bytes, opened.error().message());
    } else {
      note(0, out_.file_bytes, opened.error().message());
      head.head_bytes =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(first_bytes.size(), kHeadBytesMin));
      head.record_bytes = 64 * kKiB;
      can_judge_records_ = false;
    }
    sha_.update(
        ByteView(first_bytes).first(std::min<std::size_t>(first_bytes.size(), head.head_bytes)));
    check_records(head);
    if (is_readable_) out_.sha256 = sha_.finish();
    return Ok{};
  }

 private:
  void note(std::uint64_t offset, std::uint64_t count, std::string what) {
    out_.damage.push_back({offset, count, std::move(what)});
  }

  // An unreadable place is damage like any other; what is behind it may still be good.
  Bytes read_or_note(std::uint64_t offset, std::uint64_t count) {
    Result<Bytes> bytes = storage_.read(path_, offset, count);
    if (bytes) return *std::move(bytes);
    is_readable_ = false;
    note(offset, std::min(count, out_.file_bytes - offset), bytes.error().message());
    return {};
  }

  void check_records(const SealHead& head) {
    std::uint64_t offset = head.head_bytes;
    for (std::uint64_t number = 0; offset < out_.file_bytes; ++number) {
      const bool is_ours = can_judge_records_ && number < head.record_count;
      Bytes record = read_or_note(offset, head.record_bytes);
      sha_.update(record);
      if (is_ours && !record.empty()) {
        Result<ByteView> part =
            open_record(head, static_cast<std::uint32_t>(number), record, file_);
        if (!part) note(offset, record.size(), part.error().message());
      }
      offset += head.record_bytes;
    }
    if (can_judge_records_ && head.file_bytes() != out_.file_bytes) {
      const std::uint64_t from = std::min(head.file_bytes(), out_.file_bytes);
      const std::uint64_t to = std::max(head.file_bytes(), out_.file_bytes);
      note(from, to - from, size_error(head, out_.file_bytes, file_).message());
    }
  }

  const Storage& storage_;
  const std::string& path_;
  const std::string file_;
  SealedCheck& out_;
  Sha256 sha_;
  bool is_readable_ = true;
  bool can_judge_records_ = true;
};

}  // namespace

Result<SealedCheck> check_sealed(const Storage& storage, const std::string& path,
                                 const ExpectedLabel& expected) {
  SealedCheck check;
  LETTERPRESS_TRY(Checker(storage, path, check).run(expected));
  return check;
}

Result<FileDigest> digest_file(const Storage& storage, const std::string& path) {
  Sha256 sha;
  std::uint64_t offset = 0;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const Bytes part, storage.read(path, offset, kMiB));
    if (part.empty()) break;
    sha.update(part);
    offset += part.size();
  }
  return FileDigest{sha.finish(), offset};
}

}  // namespace letterpress::vault
