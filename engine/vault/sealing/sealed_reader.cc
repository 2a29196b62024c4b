// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/sealed_reader.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"

namespace letterpress::vault {

namespace {

Error mismatch(const std::string& file, std::string_view what, const std::string& is,
               const std::string& expected) {
  return Error(ErrorCode::kCorrupt, file + ": is sound, but another file than expected: " +
                                        std::string(what) + " " + is + ", expected " + expected);
}

Status compare_label(const SealLabel& label, const Keyring& keys, const ExpectedLabel& expected,
                     const std::string& file) {
  if (label.type != expected.type) {
    return mismatch(file, "it is a", std::string(file_type_name(label.type)),
                    std::string(file_type_name(expected.type)));
  }
  const WriterIdentity& identity = label.identity;
  if (identity.vault != keys.vault()) {
    return mismatch(file, "it belongs to vault", to_hex(identity.vault.bytes),
                    to_hex(keys.vault().bytes));
  }
  if (expected.writer && identity.writer != *expected.writer) {
    return mismatch(file, "its writer is", to_hex(identity.writer.bytes),
                    to_hex(expected.writer->bytes));
  }
  if (expected.epoch && identity.epoch != *expected.epoch) {
    return mismatch(file, "its epoch is", std::to_string(identity.epoch),
                    std::to_string(*expected.epoch));
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

Result<SealHead> open_expected(ByteView bytes, const Keyring& keys, const ExpectedLabel& expected,
                               const std::string& file) {
  LETTERPRESS_TRY_ASSIGN(SealHead head, open_head(bytes, keys, file));
  LETTERPRESS_TRY(compare_label(head.label, keys, expected, file));
  return head;
}

}  // namespace

Error size_error(const SealHead& head, std::uint64_t file_bytes, const std::string& file) {
  return Error(ErrorCode::kCorrupt,
               file + ": " + (file_bytes < head.file_bytes() ? "is cut short" : "is too long") +
                   ": it has " + std::to_string(file_bytes) + " bytes, expected " +
                   std::to_string(head.file_bytes()));
}

Result<FoundHead> find_head(const Storage& storage, const std::string& path, const Keyring& keys,
                            const ExpectedLabel& expected, std::uint64_t file_bytes) {
  const std::string file = storage.full_path(path);
  const auto open_at = [&](std::uint64_t offset) -> Result<SealHead> {
    LETTERPRESS_TRY_ASSIGN(const Bytes bytes, storage.read(path, offset, kHeadBytesMax));
    return open_expected(bytes, keys, expected, file);
  };
  Result<SealHead> first = open_at(0);
  if (first) return FoundHead{*std::move(first), HeadPlace::kFirst, {}};
  if (first.error().code() != ErrorCode::kCorrupt && first.error().code() != ErrorCode::kIo) {
    return std::move(first).error();
  }
  for (const std::uint32_t head_bytes : {kHeadBytesMin, kHeadBytesMax}) {
    if (file_bytes < 2 * std::uint64_t{head_bytes}) break;
    Result<SealHead> second = open_at(file_bytes - head_bytes);
    if (second && second->file_bytes() == file_bytes) {
      return FoundHead{*std::move(second), HeadPlace::kSecond, first.error().message()};
    }
  }
  return std::move(first).error();
}

Result<SealedReader> SealedReader::open(const Storage& storage, std::string path,
                                        const Keyring& keys, const ExpectedLabel& expected) {
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t file_bytes, storage.size(path));
  LETTERPRESS_TRY_ASSIGN(FoundHead found, find_head(storage, path, keys, expected, file_bytes));
  // A file that is cut short or too long is read as far as its records go.
  if (file_bytes <= found.head.head_bytes) {
    return size_error(found.head, file_bytes, storage.full_path(path));
  }
  return SealedReader(storage, std::move(path), std::move(found.head));
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

Status SealedReader::check_range(std::uint64_t offset, std::uint64_t count) const {
  const std::uint64_t capacity = head_.capacity_bytes();
  if (offset <= capacity && count <= capacity - offset) return Ok{};
  return Error(ErrorCode::kCorrupt, file() + ": has no bytes " + std::to_string(offset) + " to " +
                                        std::to_string(offset + count) +
                                        " of payload, its records end at " +
                                        std::to_string(capacity));
}

// Puts what these records have of the bytes from `offset` on where it belongs in `into`.
Status SealedReader::open_records(const Records& records, std::uint64_t offset,
                                  std::span<std::uint8_t> into) const {
  const std::uint64_t part_bytes = head_.record_payload_bytes();
  const std::uint64_t wanted_end = offset + into.size();
  const std::string shown = file();
  RecordOpener opener(head_);
  std::uint64_t number = records.first;
  for (std::span<std::uint8_t> rest = records.bytes; !rest.empty(); ++number) {
    const auto record = rest.first(std::min<std::size_t>(rest.size(), head_.record_bytes));
    rest = rest.subspan(record.size());
    const std::uint64_t part_begin = number * part_bytes;
    const std::uint64_t begin = std::max(offset, part_begin);
    const std::uint64_t end = std::min(wanted_end, part_begin + part_bytes);
    const auto to = into.subspan(static_cast<std::size_t>(begin - offset),
                                 static_cast<std::size_t>(end - begin));
    if (to.size() == part_bytes) {
      LETTERPRESS_TRY(opener.open_to(static_cast<std::uint32_t>(number), record, shown, to));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const ByteView part,
                           opener.open(static_cast<std::uint32_t>(number), record, shown));
    std::memcpy(to.data(), part.data() + (begin - part_begin), to.size());
  }
  return Ok{};
}

Status SealedReader::read_into(std::uint64_t offset, std::span<std::uint8_t> into,
                               UnsetBytes& scratch) const {
  LETTERPRESS_TRY(check_range(offset, into.size()));
  if (into.empty()) return Ok{};
  const std::uint64_t part_bytes = head_.record_payload_bytes();
  const std::uint64_t last = (offset + into.size() - 1) / part_bytes;
  const std::uint64_t at_once = kScratchBytesMax / head_.record_bytes;
  for (std::uint64_t first = offset / part_bytes; first <= last; first += at_once) {
    const std::uint64_t records = std::min(at_once, last - first + 1);
    const auto bytes = static_cast<std::size_t>(records * head_.record_bytes);
    if (scratch.capacity() < bytes) scratch = UnsetBytes();  // else what it has would be copied
    scratch.resize(bytes);
    LETTERPRESS_TRY_ASSIGN(const std::size_t got,
                           storage_->read_into(path_, head_.record_offset(first), scratch));
    const std::uint64_t cut_short = first + got / head_.record_bytes;
    LETTERPRESS_TRY(open_records({first, std::span(scratch).first(got)}, offset, into));
    if (got < bytes && got % head_.record_bytes == 0) {
      // The file ends between two records: the first that is missing is named.
      return RecordOpener(head_).open_to(static_cast<std::uint32_t>(cut_short), {}, file(), {});
    }
  }
  return Ok{};
}

Result<Bytes> SealedReader::read(std::uint64_t offset, std::uint64_t count) const {
  LETTERPRESS_TRY(check_range(offset, count));
  Bytes bytes(static_cast<std::size_t>(count));
  UnsetBytes scratch;
  LETTERPRESS_TRY(read_into(offset, bytes, scratch));
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

}  // namespace letterpress::vault
