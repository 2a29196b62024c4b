// SPDX-License-Identifier: Apache-2.0
#include "vault/tree/entry_record.h"

#include "base/varint.h"
#include "stream/entry_codec.h"

namespace letterpress::vault {

void append_record(Bytes& out, const EntryRecord& record) {
  stream::append_text(out, record.entry.path);
  stream::append_metadata(out, record.entry.metadata);
  append_varint(out, record.content.size());
  append(out, record.content);
  append_varint(out, record.segments.size());
  append(out, record.segments);
  append_varint(out, record.identity.device);
  append_varint(out, record.identity.inode);
  append_le(out, static_cast<std::uint64_t>(record.identity.ctime_ns));
}

Result<EntryRecord> read_record(ByteCursor& cursor) {
  EntryRecord record;
  record.entry.path = stream::read_text(cursor);
  LETTERPRESS_TRY_ASSIGN(record.entry.metadata, stream::read_metadata(cursor));
  const ByteView content = cursor.take(cursor.varint());
  record.content.assign(content.begin(), content.end());
  const ByteView segments = cursor.take(cursor.varint());
  record.segments.assign(segments.begin(), segments.end());
  record.identity.device = cursor.varint();
  record.identity.inode = cursor.varint();
  record.identity.ctime_ns = static_cast<std::int64_t>(cursor.le<std::uint64_t>());
  if (!cursor.ok()) return Error(ErrorCode::kCorrupt, "record of an entry is cut short");
  return record;
}

}  // namespace letterpress::vault
