// SPDX-License-Identifier: Apache-2.0
// Splits a whole entry as a reader of files does: segment after segment, borders by segment_end().
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "mail/format.h"
#include "mail/rebuild.h"
#include "mail/splitter.h"

namespace letterpress::test {

struct SegmentSizes {
  std::size_t border_from = kSegmentBytesMax / 2;  // the border is looked for from here
  std::size_t bytes_max = kSegmentBytesMax;
};

using SegmentVisitor = std::function<void(std::size_t, ByteView, const mail::SplitSegment&)>;

// Calls visit(offset of the segment, segment, its pieces) for each one; `out` is what it is shown.
inline void split_entry(ByteView entry, const SegmentSizes& sizes, mail::SplitSegment& out,
                        const SegmentVisitor& visit) {
  const mail::Format format = mail::recognise(entry);
  mail::Splitter splitter(format);
  for (std::size_t at = 0; at < entry.size();) {
    const ByteView window = entry.subspan(at, std::min(sizes.bytes_max, entry.size() - at));
    const std::size_t from = std::min(sizes.border_from, window.size());
    const std::size_t size = mail::segment_end(window, from, format);
    const ByteView segment = window.first(size == 0 ? window.size() : size);
    splitter.split(segment, out);
    visit(at, segment, out);
    at += segment.size();
  }
}

// The bytes that a piece stores.
inline ByteView stored_bytes(const mail::Piece& piece, ByteView segment,
                             const mail::SplitSegment& out) {
  const ByteView from =
      piece.transform == mail::Transform::kIdentity ? segment : ByteView(out.stored);
  return from.subspan(piece.stored_offset, piece.stored_bytes);
}

inline ByteView layout_bytes(const mail::Piece& piece, const mail::SplitSegment& out) {
  return ByteView(out.layouts).subspan(piece.layout_offset, piece.layout_bytes);
}

// What a restore makes of the pieces; empty, which no segment is, if one of them is refused.
inline UnsetBytes rebuild_segment(ByteView segment, const mail::SplitSegment& out) {
  UnsetBytes made;
  for (const mail::Piece& piece : out.pieces) {
    const Status status = mail::rebuild(piece.transform, layout_bytes(piece, out),
                                        stored_bytes(piece, segment, out), piece.raw_bytes, made);
    if (!status) return {};
  }
  return made;
}

}  // namespace letterpress::test
