// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch.h"

namespace letterpress::pipeline {

void Batch::clear() {
  mailbox.reset();
  raw_used = 0;
  items.clear();
  is_split = false;
  split.clear();
  joined_header.clear();
  joined_text.clear();
  stretches.clear();
  steps.clear();
  chunks.clear();
  ids.clear();
  closed.clear();
  group_entries.clear();
  problems.clear();
  ends_group = false;
  blocks.clear();
}

ByteView Batch::bytes_of(const CutChunk& chunk) const noexcept {
  ByteView buffer = joined_text;
  if (chunk.buffer == BatchBuffer::kRaw) buffer = items[chunk.item].raw;
  if (chunk.buffer == BatchBuffer::kStored) buffer = split.stored;
  if (chunk.buffer == BatchBuffer::kJoinedHeader) buffer = joined_header;
  return buffer.subspan(chunk.offset, chunk.bytes);
}

}  // namespace letterpress::pipeline
