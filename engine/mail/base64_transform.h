// SPDX-License-Identifier: Apache-2.0
// Undoes base64 so that it can be put back byte for byte, whatever its lines look like.
//
//   const Base64Run run = undo_base64(text, true, decoded, layout);   // appends to both buffers
//   LETTERPRESS_TRY(redo_base64(its_layout, its_decoded, run.text_bytes, out));   // and back
//
// The layout (docs/STREAM.md, "Base64 layout") is a regular shape, that is a line length and a line
// ending, and a list of literal exceptions: uneven lines, blank lines, trailing blanks. It is one
// byte for the shapes that mail programs write. Part of the formats.
// Pure functions; any thread; linear; nothing but the caller's buffers is allocated.
#pragma once

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::mail {

// Fewer decoded bytes than this are not worth a piece of their own.
inline constexpr std::size_t kDecodedBytesMin = 32;
// What is not labelled as base64 needs lines at least this long to be taken for it.
inline constexpr std::size_t kUnlabelledLineCharsMin = 60;

struct Base64Run {
  std::size_t text_bytes = 0;     // the prefix of the text that was undone; 0: leave it as it is
  std::size_t decoded_bytes = 0;  // appended to `decoded`
  std::size_t layout_bytes = 0;   // appended to `layout`
  // The prefix that was looked at. If text_bytes is 0 another try inside it is of no use, and would
  // make the time quadratic; none of its lines begins with `-` or is an mbox From_ line.
  std::size_t scanned_bytes = 0;
  // The last quantum of the text was met: padding, or its absence before the end of a line.
  bool closed = false;
};

// Undoes the longest useful run at the start of `text`, which is the start of a line or follows
// whole quanta. `labelled`: a Content-Transfer-Encoding promises base64, so that lines may be short
// and irregular; else three or more lines of one length are wanted. A run ends at padding, at
// the first line that does not fit, or where another regular shape begins.
Base64Run undo_base64(ByteView text, bool labelled, UnsetBytes& decoded, Bytes& layout);

// Appends the text_bytes bytes that `layout` and `decoded` stand for. kCorrupt, with `out` as it
// was, if they make another number of bytes or the layout is malformed. Any bytes are safe.
Status redo_base64(ByteView layout, ByteView decoded, std::size_t text_bytes, UnsetBytes& out);

// Whether redo_base64() would give exactly `text`: the same code makes it, piece by piece, and each
// piece is compared while it is in the cache.
bool redoes_base64(ByteView layout, ByteView decoded, ByteView text) noexcept;

}  // namespace letterpress::mail
