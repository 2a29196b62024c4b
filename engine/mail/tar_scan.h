// SPDX-License-Identifier: Apache-2.0
// The inside of Splitter::split() for a tar archive: finds its members and splits the mail in them.
//
//   TarScan(state, segment, out).run();
//
// A member's header, and what fills the block before it, goes with the header block of the mail
// behind it: one piece, as in an mbox, whose From_ line does the same. Not thread-safe; used for
// one segment. Linear, whatever the headers say.
#pragma once

#include "base/bytes.h"
#include "mail/split_state.h"
#include "mail/splitter.h"

namespace letterpress::mail {

class TarScan {
 public:
  TarScan(SplitState& state, ByteView segment, SplitSegment& out)
      : state_(state), segment_(segment), out_(out) {}

  void run();

 private:
  void take_header();
  void take_content();
  void begin_file(ByteView content);
  void flush();

  SplitState& state_;
  const ByteView segment_;
  SplitSegment& out_;
  std::size_t at_ = 0;
  std::size_t covered_ = 0;  // by pieces; the rest up to at_ is headers, or plain where it is lost
};

}  // namespace letterpress::mail
