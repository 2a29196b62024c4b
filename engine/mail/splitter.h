// SPDX-License-Identifier: Apache-2.0
// Splits mail into pieces of one kind and undoes their transforms, so that what is stored
// deduplicates.
//
//   Splitter splitter(recognise(first_bytes));
//   SplitSegment out;
//   splitter.split(segment, out);          // once for each segment of the entry, in order
//   for (const Piece& piece : out.pieces) ...
//
// The pieces of a segment cover its bytes exactly, in order; rebuild() (mail/rebuild.h) makes the
// bytes of each again. Every transform was run backwards and compared with the segment before its
// piece was emitted; a piece that would not come back is kIdentity.
// Iterative, linear in the segment, memory bounded by the segment and fixed limits, whatever the
// message. A Splitter is a value of about 6 KiB: copy it to remember the state between two
// segments. Not thread-safe. Cannot fail: what is not understood is a piece of kind text or plain.
#pragma once

#include "base/bytes.h"
#include "letterpress/chunk.h"
#include "mail/format.h"
#include "mail/split_state.h"

namespace letterpress::mail {

// How stored bytes become original bytes. Part of the formats; do not change values.
enum class Transform : std::uint8_t { kIdentity = 0, kCrlf = 1, kBase64 = 2 };

struct Piece {
  Kind kind;
  Transform transform;
  bool begins_message;          // the first piece of a message of an mbox, or of another entry
  std::uint32_t raw_bytes;      // original bytes that this piece covers
  std::uint32_t stored_offset;  // identity: into the segment; otherwise into SplitSegment::stored
  std::uint32_t stored_bytes;
  std::uint32_t layout_offset;  // base64: its layout, in SplitSegment::layouts (base64_transform.h)
  std::uint32_t layout_bytes;   // 0 for other transforms
};

// Buffers are reused from segment to segment: clear() keeps their capacity.
struct SplitSegment {
  std::vector<Piece> pieces;
  UnsetBytes stored;
  Bytes layouts;

  void clear() noexcept;
};

class Splitter {
 public:
  explicit Splitter(Format format) noexcept {
    state_.tar.is_archive = format == Format::kTar;
    state_.format = format == Format::kTar ? Format::kPlain : format;
  }
  // Starts inside a tar archive, so many bytes before its next header.
  static Splitter before_tar_header(std::uint64_t bytes_to_header) noexcept {
    Splitter splitter(Format::kTar);
    splitter.state_.tar.content_left = bytes_to_header;
    return splitter;
  }

  // Requires segment.size() <= kSegmentBytesMax. Borders may lie anywhere without harm to the
  // bytes; those of segment_end() keep lines whole, and the messages of an mbox.
  void split(ByteView segment, SplitSegment& out);
  // The same behind what `out` has: many small entries share one.
  void append(ByteView segment, SplitSegment& out);

 private:
  SplitState state_;
};

}  // namespace letterpress::mail
