// SPDX-License-Identifier: Apache-2.0
#include "stream/entry_codec.h"

#include "base/limits.h"
#include "base/varint.h"

namespace letterpress::stream {

void append_text(Bytes& out, std::string_view text) {
  append_varint(out, text.size());
  append(out, as_bytes(text));
}

std::string read_text(ByteCursor& cursor) {
  return std::string(as_text(cursor.take(cursor.varint())));
}

void append_metadata(Bytes& out, const Metadata& metadata) {
  out.push_back(static_cast<std::uint8_t>(metadata.type));
  append_varint(out, metadata.mode);
  append_varint(out, metadata.user_id);
  append_varint(out, metadata.group_id);
  append_le(out, static_cast<std::uint64_t>(metadata.mtime_ns));
  if (metadata.type == EntryType::kSymlink || metadata.type == EntryType::kHardLink) {
    append_text(out, metadata.target);
  }
}

Result<Metadata> read_metadata(ByteCursor& cursor) {
  Metadata metadata;
  const auto type = cursor.le<std::uint8_t>();
  const std::uint64_t mode = cursor.varint();
  const std::uint64_t user = cursor.varint();
  const std::uint64_t group = cursor.varint();
  metadata.mtime_ns = static_cast<std::int64_t>(cursor.le<std::uint64_t>());
  if (type > static_cast<std::uint8_t>(EntryType::kHardLink)) {
    return Error(ErrorCode::kUnsupported, "entry of a type that this version does not know");
  }
  metadata.type = static_cast<EntryType>(type);
  if (metadata.type == EntryType::kSymlink || metadata.type == EntryType::kHardLink) {
    metadata.target = read_text(cursor);
  }
  if (cursor.ok() && !is_valid_target(metadata)) {
    return Error(ErrorCode::kCorrupt,
                 "the target of a link is empty or has a zero byte, or that of a hard link is "
                 "absolute or leads upwards");
  }
  if (!cursor.ok() || mode > 07777 || user > UINT32_MAX || group > UINT32_MAX) {
    return Error(ErrorCode::kCorrupt, "metadata of an entry is out of range");
  }
  metadata.mode = static_cast<std::uint32_t>(mode);
  metadata.user_id = static_cast<std::uint32_t>(user);
  metadata.group_id = static_cast<std::uint32_t>(group);
  return metadata;
}

}  // namespace letterpress::stream
