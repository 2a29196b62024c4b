// SPDX-License-Identifier: Apache-2.0
// The inside of Splitter::split(): one pass over one segment, line by line.
//
//   SegmentScan(state, segment, out).run();
//
// Not thread-safe; used for one segment. Linear: each byte is looked at a bounded number of times,
// and no line is compared with more than kNestingMax boundaries.
#pragma once

#include "base/bytes.h"
#include "mail/line_search.h"
#include "mail/piece_writer.h"
#include "mail/split_state.h"

namespace letterpress::mail {

class SegmentScan {
 public:
  // The bytes of the segment that come before the ones to scan: those that have their pieces, and
  // behind them, up to `begin`, some that go with what comes next as if it were a header.
  struct Before {
    std::size_t covered = 0;
    std::size_t begin = 0;
  };

  SegmentScan(SplitState& state, ByteView segment, SplitSegment& out)
      : SegmentScan(state, segment, out, Before{}) {}
  SegmentScan(SplitState& state, ByteView segment, SplitSegment& out, Before before);

  void run();

 private:
  void scan_header();
  void scan_body();
  void skip_message();

  ByteView line_at(std::size_t at) const noexcept;
  bool passes_lines(FindLine find) noexcept;
  void consume(ByteView line) noexcept;
  void consume_to(std::size_t end) noexcept;
  bool takes_message_start(ByteView line);
  bool takes_boundary(ByteView line);
  bool takes_base64();
  bool may_be_base64() const noexcept;
  void end_header();
  void enter_body(Kind body_kind, bool is_base64, Kind base64_kind) noexcept;
  void give_up();
  void resume_base64();
  void note_unfinished_base64() noexcept;
  void start_piece(Kind kind);
  void start_header_piece();
  void flush();

  SplitState& state_;
  const ByteView segment_;
  PieceWriter writer_;
  std::size_t at_;  // behind the last byte taken; the writer has those of finished pieces
  Kind piece_kind_ = Kind::kHeader;  // of the others
  bool resume_ = false;              // a base64 run ended here and may go on, in a line or not
  bool run_closed_ = true;           // the last run of this segment met its padding
  std::size_t run_end_ = 0;
};

}  // namespace letterpress::mail
