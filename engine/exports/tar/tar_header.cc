// SPDX-License-Identifier: Apache-2.0
#include "exports/tar/tar_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace letterpress::exports {
namespace {

using stream::EntryType;

// POSIX.1-2017, "pax", "ustar Interchange Format".
struct Field {
  std::size_t at;
  std::size_t bytes;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUserId{108, 8};
constexpr Field kGroupId{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kMtime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr std::size_t kTypeAt = 156;
constexpr Field kLinkName{157, 100};
constexpr Field kUstarMagic{257, 8};
constexpr Field kPrefix{345, 155};

constexpr std::uint32_t kIdMax = 07777777;
constexpr std::uint64_t kSizeMax = 077777777777;
constexpr std::int64_t kSecondsMax = 077777777777;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

using Block = std::array<std::uint8_t, kTarBlockBytes>;

void put_text(Block& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.bytes), block.begin() + field.at);
}

// Octal digits, with a NUL behind.
void put_number(Block& block, Field field, std::uint64_t value) {
  for (std::size_t i = field.bytes - 1; i > 0; --i) {
    block[field.at + i - 1] = static_cast<std::uint8_t>('0' + (value & 7));
    value >>= 3;
  }
}

struct SplitName {
  std::string_view prefix;
  std::string_view name;
};

// In two fields if one does not do; nothing if it is too long for both.
std::optional<SplitName> split_name(std::string_view path) {
  if (path.size() <= kName.bytes) return SplitName{{}, path};
  if (path.size() > kPrefix.bytes + 1 + kName.bytes) return std::nullopt;
  // The first slash that leaves a short enough name; not the one that a folder ends with.
  const std::size_t slash = path.find('/', path.size() - kName.bytes - 1);
  if (slash == path.npos || slash + 1 == path.size() || slash > kPrefix.bytes) return std::nullopt;
  return SplitName{path.substr(0, slash), path.substr(slash + 1)};
}

// RFC 3629: shortest form, no surrogates, at most 0x10ffff.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < static_cast<std::size_t>(more)) {
      return false;
    }
    const auto next = static_cast<unsigned char>(text[i]);
    if ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next > 0x9f) ||
        (lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next > 0x8f)) {
      return false;
    }
    for (int k = 0; k < more; ++k) {
      if ((static_cast<unsigned char>(text[i++]) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

// "LENGTH KEY=VALUE\n", where the length counts itself.
void add_record(std::string& records, std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) {
    length = rest + std::to_string(length).size();
  }
  records += std::to_string(length);
  records += ' ';
  records += key;
  records += '=';
  records += value;
  records += '\n';
}

// Decimal seconds. A time before 1970 is its distance with a sign, so its fraction counts downward.
std::string pax_time_text(std::int64_t time_ns) {
  const bool is_negative = time_ns < 0;
  const std::uint64_t distance =
      is_negative ? ~static_cast<std::uint64_t>(time_ns) + 1 : static_cast<std::uint64_t>(time_ns);
  const std::uint64_t nanoseconds = distance % kNanoseconds;
  std::string text = is_negative ? "-" : "";
  text += std::to_string(distance / kNanoseconds);
  if (nanoseconds == 0) return text;
  const std::string digits = std::to_string(nanoseconds);
  text += '.';
  text.append(9 - digits.size(), '0');
  text += digits;
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

// The seconds of the old field, rounded down.
std::uint64_t mtime_field(std::int64_t time_ns) {
  const std::int64_t seconds = time_ns < 0 ? 0 : time_ns / kNanoseconds;
  return static_cast<std::uint64_t>(std::min(seconds, kSecondsMax));
}

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::kFolder:
      return '5';
    case EntryType::kSymlink:
      return '2';
    case EntryType::kHardLink:
      return '1';
    case EntryType::kFile:
      break;
  }
  return '0';
}

void append_block(Bytes& out, Block& block) {
  put_text(block, kUstarMagic,
           std::string_view("ustar\0"
                            "00",
                            8));
  std::fill_n(block.begin() + kChecksum.at, kChecksum.bytes, std::uint8_t{' '});
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  put_number(block, {kChecksum.at, kChecksum.bytes - 1}, sum);
  block[kChecksum.at + 6] = 0;
  block[kChecksum.at + 7] = ' ';
  out.insert(out.end(), block.begin(), block.end());
}

std::string pax_records(const stream::Entry& entry, std::string_view name, std::uint64_t size) {
  const stream::Metadata& metadata = entry.metadata;
  std::string records;
  const bool has_long_name = !split_name(name);
  const bool has_long_link = metadata.target.size() > kLinkName.bytes;
  // For all names of this header, so it comes before them.
  if ((has_long_name && !is_utf8(name)) || (has_long_link && !is_utf8(metadata.target))) {
    add_record(records, "hdrcharset", "BINARY");
  }
  if (has_long_name) add_record(records, "path", name);
  if (has_long_link) add_record(records, "linkpath", metadata.target);
  if (size > kSizeMax) add_record(records, "size", std::to_string(size));
  if (metadata.user_id > kIdMax) add_record(records, "uid", std::to_string(metadata.user_id));
  if (metadata.group_id > kIdMax) add_record(records, "gid", std::to_string(metadata.group_id));
  if (metadata.mtime_ns % kNanoseconds != 0 || metadata.mtime_ns < 0 ||
      metadata.mtime_ns / kNanoseconds > kSecondsMax) {
    add_record(records, "mtime", pax_time_text(metadata.mtime_ns));
  }
  return records;
}

// A member of its own, about the one behind it.
void append_pax_header(Bytes& out, const stream::Entry& entry, std::string_view records) {
  Block block{};
  const std::string_view last =
      std::string_view(entry.path).substr(entry.path.find_last_of('/') + 1);
  put_text(block, kName, "PaxHeaders/");
  put_text(block, {kName.at + 11, kName.bytes - 11}, last);
  put_number(block, kMode, 0644);
  put_number(block, kUserId, 0);
  put_number(block, kGroupId, 0);
  put_number(block, kSize, records.size());
  put_number(block, kMtime, mtime_field(entry.metadata.mtime_ns));
  block[kTypeAt] = 'x';
  append_block(out, block);
  append(out, as_bytes(records));
  append_tar_filling(out, records.size());
}

}  // namespace

void append_tar_header(Bytes& out, const stream::Entry& entry, std::uint64_t size_bytes) {
  const stream::Metadata& metadata = entry.metadata;
  std::string name = entry.path;
  if (metadata.type == EntryType::kFolder) name += '/';
  const std::string records = pax_records(entry, name, size_bytes);
  if (!records.empty()) append_pax_header(out, entry, records);
  Block block{};
  const std::optional<SplitName> split = split_name(name);
  put_text(block, kName, split ? split->name : std::string_view(name));
  if (split) put_text(block, kPrefix, split->prefix);
  put_number(block, kMode, metadata.mode & 07777);
  put_number(block, kUserId, std::min(metadata.user_id, kIdMax));
  put_number(block, kGroupId, std::min(metadata.group_id, kIdMax));
  put_number(block, kSize, std::min(size_bytes, kSizeMax));
  put_number(block, kMtime, mtime_field(metadata.mtime_ns));
  block[kTypeAt] = static_cast<std::uint8_t>(type_flag(metadata.type));
  put_text(block, kLinkName, metadata.target);
  // Empty device numbers, as others write them.
  put_number(block, {329, 8}, 0);
  put_number(block, {337, 8}, 0);
  append_block(out, block);
}

void append_tar_filling(Bytes& out, std::uint64_t size_bytes) {
  out.resize(out.size() + tar_filling_bytes(size_bytes));
}

void append_tar_end(Bytes& out, std::uint64_t archive_bytes) {
  const std::uint64_t end = archive_bytes + 2 * kTarBlockBytes;
  const std::uint64_t filling = (kTarRecordBytes - end % kTarRecordBytes) % kTarRecordBytes;
  out.resize(out.size() + 2 * kTarBlockBytes + static_cast<std::size_t>(filling));
}

}  // namespace letterpress::exports
