// SPDX-License-Identifier: Apache-2.0
#include "mail/tar_scan.h"

#include <algorithm>

#include "mail/piece_writer.h"
#include "mail/segment_scan.h"
#include "mail/tar.h"

namespace letterpress::mail {

void TarScan::run() {
  TarPlace& tar = state_.tar;
  while (at_ < segment_.size()) {
    if (tar.content_left > 0) {
      take_content();
    } else if (tar.blank_left > 0) {
      const auto bytes = std::min<std::uint64_t>(tar.blank_left, segment_.size() - at_);
      tar.blank_left -= bytes;
      at_ += static_cast<std::size_t>(bytes);
    } else {
      take_header();
    }
  }
  flush();
}

// A block that is no header is passed over; the next may be one. What the segment has of a block
// that it cuts off is taken for such a one too.
void TarScan::take_header() {
  TarPlace& tar = state_.tar;
  const ByteView block = segment_.subspan(at_, std::min(kTarBlockBytes, segment_.size() - at_));
  const std::optional<TarHeader> header = read_tar_header(block);
  if (tar.is_lost != !header) flush();
  tar.is_lost = !header;
  at_ += block.size();
  tar.blank_left = kTarBlockBytes - block.size();
  if (!header) return;
  tar.content_left = header->is_file ? header->content_bytes : 0;
  tar.blank_left = header->padded_bytes() - tar.content_left;
  tar.has_begun = false;
}

void TarScan::take_content() {
  TarPlace& tar = state_.tar;
  const auto end = at_ + static_cast<std::size_t>(
                             std::min<std::uint64_t>(tar.content_left, segment_.size() - at_));
  if (!tar.has_begun) begin_file(segment_.subspan(at_, end - at_));
  tar.content_left -= end - at_;
  SegmentScan(state_, segment_.first(end), out_, {covered_, at_}).run();
  at_ = covered_ = end;
}

// A file in which no mail is found begins no message; in an mbox, From_ lines do.
void TarScan::begin_file(ByteView content) {
  const TarPlace tar = state_.tar;
  state_ = SplitState{};
  state_.tar = tar;
  state_.tar.has_begun = true;
  state_.format = recognise(content);
  if (state_.format == Format::kTar) state_.format = Format::kPlain;
  state_.entry_begun = state_.format != Format::kMessage;
}

void TarScan::flush() {
  if (at_ == covered_) return;
  PieceWriter(segment_, out_, covered_).add(state_.tar.is_lost ? Kind::kPlain : Kind::kHeader, at_);
  covered_ = at_;
}

}  // namespace letterpress::mail
