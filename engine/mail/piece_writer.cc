// SPDX-License-Identifier: Apache-2.0
#include "mail/piece_writer.h"

#include "base/assert.h"
#include "base/limits.h"
#include "mail/crlf.h"

namespace letterpress::mail {

PieceWriter::PieceWriter(ByteView segment, SplitSegment& out, std::size_t covered)
    : segment_(segment), out_(out), at_(covered) {
  LETTERPRESS_ASSERT(segment.size() <= kSegmentBytesMax);
}

// Nothing is emitted on trust: the bytes that a restore would make are made now, and compared.
void PieceWriter::add(Kind kind, std::size_t to) {
  LETTERPRESS_ASSERT(at_ < to && to <= segment_.size());
  const ByteView raw = segment_.subspan(at_, to - at_);
  const std::size_t start = out_.stored.size();
  const bool is_lines = kind == Kind::kHeader || kind == Kind::kText;
  if (is_lines && undo_crlf(raw, out_.stored)) {
    const Slice stored = {start, out_.stored.size() - start};
    if (redoes_crlf(stored_of(stored), raw)) {
      return push(kind, Transform::kCrlf, raw.size(), stored, {0, 0});
    }
    out_.stored.resize(start);
  }
  push(kind, Transform::kIdentity, raw.size(), {at_, raw.size()}, {0, 0});
}

Base64Run PieceWriter::add_base64(Kind before, std::size_t from, Kind kind, bool labelled) {
  LETTERPRESS_ASSERT(from >= at_);
  const std::size_t stored_start = out_.stored.size();
  const std::size_t layouts_start = out_.layouts.size();
  Base64Run run = undo_base64(segment_.subspan(from), labelled, out_.stored, out_.layouts);
  if (run.text_bytes == 0) return run;
  const Slice stored = {stored_start, run.decoded_bytes};
  const Slice layout = {layouts_start, run.layout_bytes};
  const ByteView layout_bytes = ByteView(out_.layouts).subspan(layout.offset, layout.size);
  if (redoes_base64(layout_bytes, stored_of(stored), segment_.subspan(from, run.text_bytes))) {
    if (from > at_) add(before, from);
    push(kind, Transform::kBase64, run.text_bytes, stored, layout);
    return run;
  }
  out_.stored.resize(stored_start);
  out_.layouts.resize(layouts_start);
  run.text_bytes = 0;
  return run;
}

void PieceWriter::push(Kind kind, Transform transform, std::size_t raw_bytes, Slice stored,
                       Slice layout) {
  Piece piece;
  piece.kind = kind;
  piece.transform = transform;
  piece.begins_message = begins_message_;
  piece.raw_bytes = static_cast<std::uint32_t>(raw_bytes);
  piece.stored_offset = static_cast<std::uint32_t>(stored.offset);
  piece.stored_bytes = static_cast<std::uint32_t>(stored.size);
  piece.layout_offset = static_cast<std::uint32_t>(layout.offset);
  piece.layout_bytes = static_cast<std::uint32_t>(layout.size);
  out_.pieces.push_back(piece);
  begins_message_ = false;
  at_ += raw_bytes;
}

ByteView PieceWriter::stored_of(Slice slice) const noexcept {
  return ByteView(out_.stored).subspan(slice.offset, slice.size);
}

}  // namespace letterpress::mail
