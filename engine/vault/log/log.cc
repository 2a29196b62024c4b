// SPDX-License-Identifier: Apache-2.0
#include "vault/log/log.h"

#include <algorithm>
#include <utility>

#include "base/byte_cursor.h"
#include "base/varint.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"
#include "vault/storage/put_in_folder.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change. Tag 1: alarm.cc.
constexpr std::uint64_t kBehindDamageTag = 2;

// The fewest bytes that a reference takes, to bound counts by the bytes that are there.
constexpr std::size_t kRefBytesMin = 34;

std::string entry_path(const WriterId& writer, std::uint64_t sequence) {
  return log_folder(writer) + '/' + sequence_name(sequence);
}

bool is_valid(const IndexRunRef& run) noexcept {
  return run.sequence >= 1 && run.sequence <= kSequenceMax;
}

// What is wrong with an entry's fields, for writers and readers alike; empty: nothing.
std::string_view find_fault(const LogEntry& entry) {
  if (entry.sequence < 1 || entry.sequence > kSequenceMax) return "its sequence is out of range";
  if ((entry.sequence == 1) != (entry.previous == Sha256Digest{})) {
    return "it links to no entry, or is the first and links to one";
  }
  if (entry.host.size() > kHostBytesMax) return "its host name is too long";
  if (entry.sources.size() > kSourceNamesMax) return "it has too many sources";
  if (std::any_of(entry.sources.begin(), entry.sources.end(),
                  [](const std::string& name) { return name.size() > kPathBytesMax; })) {
    return "the name of a source is too long";
  }
  if (entry.root.size() > kRootBytesMax) return "its root is too long";
  for (std::size_t i = 0; i < entry.packs.size(); ++i) {
    if (!is_valid(entry.packs[i])) return "it names a pack that cannot be";
    if (i > 0 && entry.packs[i].first_block <
                     entry.packs[i - 1].first_block + entry.packs[i - 1].block_count) {
      return "its packs are out of order or overlap";
    }
  }
  for (std::size_t i = 0; i < entry.index_runs.size(); ++i) {
    if (!is_valid(entry.index_runs[i])) return "it names an index run that cannot be";
    if (i > 0 && entry.index_runs[i].sequence <= entry.index_runs[i - 1].sequence) {
      return "its index runs are out of order";
    }
  }
  for (std::size_t i = 1; i < entry.extensions.size(); ++i) {
    if (entry.extensions[i].tag <= entry.extensions[i - 1].tag) {
      return "its extensions are out of order";
    }
  }
  for (const LogExtension& extension : entry.extensions) {
    const std::size_t bytes = extension.value.size();
    if (extension.tag == kBehindDamageTag && bytes != 0 && bytes != sizeof(Sha256Digest::bytes)) {
      return "what it says of the damaged entry before it is no SHA-256";
    }
  }
  return {};
}

void append_field(Bytes& out, ByteView bytes) {
  append_varint(out, bytes.size());
  append(out, bytes);
}

// Views into the payload: nothing is copied before its length was checked.
ByteView read_field(ByteCursor& cursor) noexcept { return cursor.take(cursor.varint()); }

std::string read_name(ByteCursor& cursor) { return std::string(as_text(read_field(cursor))); }

Bytes read_bytes(ByteCursor& cursor) {
  const ByteView bytes = read_field(cursor);
  return Bytes(bytes.begin(), bytes.end());
}

Sha256Digest read_sha256(ByteCursor& cursor) noexcept {
  Sha256Digest digest;
  const ByteView bytes = cursor.take(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

// A count of things that take at least `bytes_min` each; more than there is room for becomes zero
// things and a failed cursor.
std::size_t read_count(ByteCursor& cursor, std::size_t bytes_min) noexcept {
  const std::uint64_t count = cursor.varint();
  if (count <= cursor.remaining() / bytes_min) return static_cast<std::size_t>(count);
  cursor.take(UINT64_MAX);
  return 0;
}

void read_references(ByteCursor& cursor, LogEntry& entry) {
  const std::size_t pack_count = read_count(cursor, kRefBytesMin);
  entry.packs.reserve(pack_count);
  for (std::size_t i = 0; i < pack_count && cursor.ok(); ++i) {
    entry.packs.push_back(read_pack_ref(cursor));
  }
  const std::size_t run_count = read_count(cursor, kRefBytesMin);
  entry.index_runs.reserve(run_count);
  for (std::size_t i = 0; i < run_count && cursor.ok(); ++i) {
    IndexRunRef& run = entry.index_runs.emplace_back();
    run.sequence = cursor.varint();
    run.sha256 = read_sha256(cursor);
    run.file_bytes = cursor.varint();
  }
}

}  // namespace

LogExtension behind_damage(const std::optional<Sha256Digest>& good) {
  LogExtension extension{kBehindDamageTag, {}};
  if (good) append(extension.value, good->bytes);
  return extension;
}

bool follows(const LogEntry& entry, const Sha256Digest& before) {
  if (entry.previous == before) return true;
  return std::ranges::any_of(entry.extensions, [&](const LogExtension& extension) {
    return extension.tag == kBehindDamageTag &&
           (extension.value.empty() || std::ranges::equal(extension.value, before.bytes));
  });
}

Result<Bytes> encode_log_entry(const LogEntry& entry) {
  if (const std::string_view fault = find_fault(entry); !fault.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "a log entry cannot be written: " + std::string(fault));
  }
  Bytes out;
  append(out, entry.previous.bytes);
  append_le(out, static_cast<std::uint64_t>(entry.time_ns));
  append_le(out, entry.alarms);
  append_field(out, as_bytes(entry.host));
  append_varint(out, entry.sources.size());
  for (const std::string& name : entry.sources) append_field(out, as_bytes(name));
  append_field(out, entry.root);
  append_varint(out, entry.packs.size());
  for (const PackRef& pack : entry.packs) append_pack_ref(out, pack);
  append_varint(out, entry.index_runs.size());
  for (const IndexRunRef& run : entry.index_runs) {
    append_varint(out, run.sequence);
    append(out, run.sha256.bytes);
    append_varint(out, run.file_bytes);
  }
  const SnapshotTotals& totals = entry.totals;
  for (const std::uint64_t total : {totals.entries, totals.messages, totals.source_bytes,
                                    totals.stored_bytes, totals.problems}) {
    append_varint(out, total);
  }
  for (const LogExtension& extension : entry.extensions) {
    append_varint(out, extension.tag);
    append_field(out, extension.value);
  }
  if (out.size() > kLogPayloadBytesMax) {
    return Error(ErrorCode::kLimitExceeded, "a log entry of " + std::to_string(out.size()) +
                                                " bytes: it has at most " +
                                                std::to_string(kLogPayloadBytesMax));
  }
  return out;
}

Result<LogEntry> decode_log_entry(const SealLabel& label, ByteView payload, std::string_view file) {
  LogEntry entry;
  entry.identity = label.identity;
  entry.sequence = label.number;
  ByteCursor cursor(payload);
  entry.previous = read_sha256(cursor);
  entry.time_ns = static_cast<std::int64_t>(cursor.le<std::uint64_t>());
  entry.alarms = cursor.le<std::uint32_t>();
  entry.host = read_name(cursor);
  const std::size_t source_count = read_count(cursor, 1);
  for (std::size_t i = 0; i < source_count && cursor.ok(); ++i) {
    if (i == kSourceNamesMax) break;
    entry.sources.push_back(read_name(cursor));
  }
  if (source_count > kSourceNamesMax) cursor.take(UINT64_MAX);
  entry.root = read_bytes(cursor);
  read_references(cursor, entry);
  SnapshotTotals& totals = entry.totals;
  for (std::uint64_t* total : {&totals.entries, &totals.messages, &totals.source_bytes,
                               &totals.stored_bytes, &totals.problems}) {
    *total = cursor.varint();
  }
  while (cursor.ok() && !cursor.at_end()) {
    LogExtension& extension = entry.extensions.emplace_back();
    extension.tag = cursor.varint();
    extension.value = read_bytes(cursor);
  }
  const std::string_view fault =
      cursor.ok() ? find_fault(entry) : "a field goes over the end of the payload";
  if (!fault.empty()) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": is no log entry: " + std::string(fault));
  }
  return entry;
}

Result<LogHead> append_log(Storage& storage, const IngestKey& key, const LogEntry& entry,
                           const SealChance* chance) {
  LETTERPRESS_TRY_ASSIGN(const Bytes payload, encode_log_entry(entry));
  const WriterId& writer = entry.identity.writer;
  if (entry.sequence > 1) {
    const Result<std::uint64_t> previous = storage.size(entry_path(writer, entry.sequence - 1));
    LETTERPRESS_TRY_ASSIGN(const SetAsideEntry aside, find_set_aside_entry(storage, writer));
    if (!previous && aside.sequence != entry.sequence - 1) {
      return Error(ErrorCode::kInvalidArgument, "the log entry before number " +
                                                    std::to_string(entry.sequence) +
                                                    " is not there: " + previous.error().message());
    }
  }
  const SealLabel label{
      .type = FileType::kLogEntry, .identity = entry.identity, .number = entry.sequence};
  LETTERPRESS_TRY_ASSIGN(const Bytes file, seal(label, key, payload, chance));
  Status put = put_in_folder(storage, log_folder(writer), sequence_name(entry.sequence), file);
  if (!put && put.error().code() == ErrorCode::kCorrupt) {
    return std::move(put).error().while_doing(
        "another backup of this writer was faster; run it again");
  }
  LETTERPRESS_TRY(std::move(put));
  return LogHead{entry.sequence, sha256(file)};
}

Result<LogHead> read_log_head(const Storage& storage, const WriterId& writer) {
  Result<std::vector<StoredName>> names = storage.list(log_folder(writer));
  if (!names && names.error().code() == ErrorCode::kNotFound) return LogHead{};
  if (!names) return std::move(names).error();
  LogHead head;
  for (const StoredName& name : *names) {
    const auto sequence = parse_sequence_name(name.name);
    if (sequence && !name.is_folder) head.sequence = std::max(head.sequence, *sequence);
  }
  std::string path = entry_path(writer, head.sequence);
  LETTERPRESS_TRY_ASSIGN(SetAsideEntry aside, find_set_aside_entry(storage, writer));
  if (aside.sequence > head.sequence) {
    head.sequence = aside.sequence;
    path = std::move(aside.path);
  }
  if (head.sequence == 0) return head;
  LETTERPRESS_TRY_ASSIGN(const FileDigest digest, digest_file(storage, path));
  head.sha256 = digest.sha256;
  return head;
}

Result<SetAsideEntry> find_set_aside_entry(const Storage& storage, const WriterId& writer) {
  SetAsideEntry last;
  unsigned last_number = 0;
  const Result<std::vector<StoredName>> names = storage.list(std::string(kSetAsideFolder));
  if (!names && names.error().code() == ErrorCode::kNotFound) return last;
  if (!names) return names.error().copy();
  for (const StoredName& name : *names) {
    const auto found = parse_set_aside_name(name.name);
    if (!found || name.is_folder) continue;
    const PathParts parts = split_path(found->path);
    const auto sequence = parse_sequence_name(parts.name);
    if (!sequence || parts.folder != log_folder(writer)) continue;
    if (std::pair(*sequence, found->number) < std::pair(last.sequence, last_number)) continue;
    last = {*sequence, std::string(kSetAsideFolder) + '/' + name.name};
    last_number = found->number;
  }
  return last;
}

Result<ReadLogEntry> read_log_entry(const Storage& storage, const Keyring& keys,
                                    const WriterId& writer, std::uint64_t sequence) {
  const std::string path = entry_path(writer, sequence);
  const ExpectedLabel expected{.type = FileType::kLogEntry, .writer = writer, .number = sequence};
  LETTERPRESS_TRY_ASSIGN(const SealedCheck check, check_sealed(storage, path, keys, expected));
  if (!check.damage.empty()) return Error(ErrorCode::kCorrupt, check.damage.front().what);
  LETTERPRESS_TRY_ASSIGN(const SealedReader reader,
                         SealedReader::open(storage, path, keys, expected));
  LETTERPRESS_TRY_ASSIGN(const Bytes payload, reader.read_all(kLogPayloadBytesMax));
  LETTERPRESS_TRY_ASSIGN(LogEntry entry,
                         decode_log_entry(reader.head().label, payload, reader.file()));
  return ReadLogEntry{std::move(entry), reader.head().writer_name, *check.sha256};
}

}  // namespace letterpress::vault
