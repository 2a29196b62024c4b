// SPDX-License-Identifier: Apache-2.0
// A batch: the unit of parallel work. Many small entries, or one segment of a large one. What is in
// a batch is chosen by the input alone, so that output depends on neither threads nor buffers.
//
// Each stage of the pipeline fills its own part; buffers are reused from batch to batch.
#pragma once

#include <vector>

#include "mail/splitter.h"
#include "pipeline/report.h"
#include "stream/recipe.h"
#include "stream/sink.h"

namespace letterpress::pipeline {

// The most original bytes in a batch, and the most that one segment has.
inline constexpr std::size_t kBatchBytesMax = 4 * kMiB / kBufferShrink;
// Large entries end a segment at the first good border behind this.
inline constexpr std::size_t kSegmentBytesTarget = 2 * kMiB / kBufferShrink;
// Larger entries get batches of their own, and share no joined chunk with a neighbour.
inline constexpr std::size_t kSmallEntryBytesMax = 256 * kKiB / kBufferShrink;
static_assert(kBatchBytesMax <= kSegmentBytesMax);

// One event of the source, in order, with the bytes of its entry that are in this batch.
struct BatchItem {
  stream::SourceEvent event;
  ByteView raw;  // in Batch::raw, or where the source holds them
  bool is_first = true;
  bool is_last = true;
  bool is_abandoned = false;
  bool is_unsettled = false;
  bool was_read = false;  // its source gave it content; not so for folders and unchanged files

  // What an earlier run stored at this place of its file, as one encoded KnownSegment; empty: none.
  Bytes claim;
  // Its bytes are those of the claim. Found out by the cut stage or, where the splitter's state is
  // at stake, when it is read.
  bool is_known = false;

  // Cut stage, unless it is known.
  std::size_t first_stretch = 0;
  std::size_t stretch_count = 0;
  stream::Digest digest{};  // segment_digest() of its stretches
};

// Which buffer of the batch holds bytes.
enum class BatchBuffer : std::uint8_t { kRaw, kStored, kJoinedHeader, kJoinedText };

struct CutChunk {
  BatchBuffer buffer;
  Kind kind;
  std::uint32_t item;    // whose raw bytes `offset` is in, if they are in kRaw
  std::uint32_t offset;  // in its buffer
  std::uint32_t bytes;
};

// How stored bytes of one piece are made: from whole chunks, or from inside one joined chunk.
struct CutStep {
  mail::Transform transform;
  Kind kind;
  bool is_joined;
  std::uint32_t raw_bytes;
  std::uint32_t layout_offset;  // in SplitSegment::layouts
  std::uint32_t layout_bytes;
  std::uint32_t first_chunk;
  std::uint32_t chunk_count;    // 1 if joined
  std::uint32_t joined_offset;  // in the joined chunk
  std::uint32_t stored_bytes;
};

struct CutStretch {
  std::uint32_t raw_offset = 0;  // in the raw bytes of its item
  std::uint32_t raw_bytes = 0;
  std::uint32_t first_piece = 0;
  std::uint32_t piece_count = 0;
  bool begins_message = false;
  stream::Digest digest{};
  std::uint32_t first_step = 0;
  std::uint32_t step_count = 0;
};

struct Batch {
  // Read stage.
  // Whose content it has, if mailboxes are kept apart: then no batch has that of two.
  std::optional<stream::Mailbox> mailbox;
  UnsetBytes raw;            // what had to be read; allocated once, when it is needed
  std::size_t raw_used = 0;  // by all items, also by those that are not in `raw`
  std::vector<BatchItem> items;
  // A segment whose message began in an earlier one was split when it was read, because the
  // splitter has to go on where it stopped.
  bool is_split = false;

  // Cut stage.
  mail::SplitSegment split;  // of all items; stored_offset of kIdentity is in the item's raw bytes
  UnsetBytes joined_header;
  UnsetBytes joined_text;
  std::vector<CutStretch> stretches;
  std::vector<CutStep> steps;
  std::vector<CutChunk> chunks;
  std::vector<ChunkId> ids;

  // Place stage: what may leave now.
  std::vector<stream::RawBlock> closed;
  std::vector<std::variant<stream::PressedEntry, stream::Moved>> group_entries;
  std::vector<stream::Problem> problems;
  bool ends_group = false;
  PressTotals totals;  // so far

  // Compress stage.
  std::vector<stream::Block> blocks;

  void clear();
  ByteView bytes_of(const CutChunk& chunk) const noexcept;
};

}  // namespace letterpress::pipeline
