// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch.h"

namespace letterpress::pipeline {

void Batch::clear() {
  raw_used = 0;
  items.clear();
  is_split = false;
  pieces.clear();
  stored.clear();
  layouts.clear();
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
  const UnsetBytes* buffer = &raw;
  if (chunk.buffer == BatchBuffer::kStored) buffer = &stored;
  if (chunk.buffer == BatchBuffer::kJoinedHeader) buffer = &joined_header;
  if (chunk.buffer == BatchBuffer::kJoinedText) buffer = &joined_text;
  return ByteView(*buffer).subspan(chunk.offset, chunk.bytes);
}

}  // namespace letterpress::pipeline
