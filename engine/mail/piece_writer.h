// SPDX-License-Identifier: Apache-2.0
// Adds the pieces of one segment to a SplitSegment, each checked by running it backwards.
//
//   PieceWriter writer(segment, out);
//   writer.begin_message();
//   writer.add(Kind::kHeader, to);          // covers the segment up to `to`
//   const Base64Run run = writer.add_base64(Kind::kText, from, Kind::kAttachment, true);
//
// Not thread-safe; the segment and `out` must outlive it. Allocates only as `out` grows.
#pragma once

#include "base/bytes.h"
#include "mail/base64_transform.h"
#include "mail/splitter.h"

namespace letterpress::mail {

class PieceWriter {
 public:
  // Adds to `out`, which has pieces for the bytes before `covered`.
  PieceWriter(ByteView segment, SplitSegment& out, std::size_t covered = 0);

  // The next piece is the first of a message.
  void begin_message() noexcept { begins_message_ = true; }

  // The bytes up to `to`, which is past what is covered already, as they are or without the
  // carriage returns of their CRLF lines.
  void add(Kind kind, std::size_t to);

  // The bytes from `from` on, as many as undo_base64() takes, as a piece of `kind`; those before it
  // that are not covered yet become a piece of kind `before`. Nothing is added if text_bytes is 0.
  Base64Run add_base64(Kind before, std::size_t from, Kind kind, bool labelled);

  std::size_t covered_bytes() const noexcept { return at_; }

 private:
  // Parts of SplitSegment::stored and ::layouts.
  struct Slice {
    std::size_t offset;
    std::size_t size;
  };
  void push(Kind kind, Transform transform, std::size_t raw_bytes, Slice stored, Slice layout);
  bool comes_back(Transform transform, ByteView raw, Slice stored, Slice layout);

  ByteView segment_;
  SplitSegment& out_;
  std::size_t at_;  // the pieces cover [0, at_) of the segment
  bool begins_message_ = false;
};

}  // namespace letterpress::mail
