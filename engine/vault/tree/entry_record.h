// SPDX-License-Identifier: Apache-2.0
// What a backup knows of one entry: what goes into the tree, and what the writer's state remembers.
#pragma once

#include "base/byte_cursor.h"
#include "stream/source.h"

namespace letterpress::vault {

struct EntryRecord {
  stream::Entry entry;
  Bytes content;   // files: an encoded ContentRef (stream/content_ref.h)
  Bytes segments;  // files: see stream/known_segment.h; not in the tree
  // For finding the file unchanged; zero in the tree, and for a file that must be read again.
  stream::SourceEntry::Identity identity;
};

// The encoding of spool and state: private to one program version on one machine.
void append_record(Bytes& out, const EntryRecord& record);
Result<EntryRecord> read_record(ByteCursor& cursor);

}  // namespace letterpress::vault
