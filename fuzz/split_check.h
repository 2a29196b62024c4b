// SPDX-License-Identifier: Apache-2.0
// What must hold of a segment that was split, whatever is in it.
//
//   check_split(splitter, its_copy, segment);    // both go on behind the segment
#pragma once

#include <algorithm>

#include "mail/rebuild.h"
#include "mail/splitter.h"
#include "require.h"

namespace letterpress::fuzz {

inline void check_pieces(const mail::SplitSegment& split, ByteView segment) {
  std::size_t at = 0;
  UnsetBytes rebuilt;
  for (const mail::Piece& piece : split.pieces) {
    const bool is_raw = piece.transform == mail::Transform::kIdentity;
    const ByteView from = is_raw ? segment : ByteView(split.stored);
    require(piece.stored_offset <= from.size() &&
            piece.stored_bytes <= from.size() - piece.stored_offset);
    require(piece.layout_offset <= split.layouts.size() &&
            piece.layout_bytes <= split.layouts.size() - piece.layout_offset);
    require(piece.transform == mail::Transform::kBase64 || piece.layout_bytes == 0);
    require(piece.raw_bytes > 0 && piece.raw_bytes <= segment.size() - at);
    const ByteView stored = from.subspan(piece.stored_offset, piece.stored_bytes);
    const ByteView layout =
        ByteView(split.layouts).subspan(piece.layout_offset, piece.layout_bytes);
    rebuilt.clear();
    require(succeeds(mail::rebuild(piece.transform, layout, stored, piece.raw_bytes, rebuilt)));
    require(std::ranges::equal(rebuilt, segment.subspan(at, piece.raw_bytes)));
    at += piece.raw_bytes;
  }
  require(at == segment.size());
}

inline void check_split(mail::Splitter& splitter, mail::Splitter& again, ByteView segment) {
  mail::SplitSegment split;
  splitter.split(segment, split);
  check_pieces(split, segment);
  mail::SplitSegment second;
  again.split(segment, second);
  require(std::ranges::equal(split.stored, second.stored) && split.layouts == second.layouts &&
          split.pieces.size() == second.pieces.size());
}

}  // namespace letterpress::fuzz
