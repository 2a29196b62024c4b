// SPDX-License-Identifier: Apache-2.0
#include "mail/segment_scan.h"

#include <algorithm>
#include <cstring>

#include "mail/base64_codec.h"
#include "mail/base64_transform.h"
#include "mail/from_line.h"
#include "mail/line_search.h"

namespace letterpress::mail {
namespace {

// White space of up to this many bytes before a boundary line goes with it: a piece of its own
// would cost more than it is.
constexpr std::size_t kBlankBytesMax = 16;

static_assert(kUnlabelledLineCharsMin >= kUnbrokenBytes, "or find_body_line() passes over base64");

bool is_white(std::uint8_t byte) noexcept {
  return byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t';
}

bool is_blank_line(ByteView line) noexcept {
  return line[0] == '\n' || (line.size() == 2 && line[0] == '\r' && line[1] == '\n');
}

bool ends_with_blank_line(ByteView text) noexcept {
  if (!text.empty() && text.back() == '\n') text = text.first(text.size() - 1);
  if (!text.empty() && text.back() == '\r') text = text.first(text.size() - 1);
  return text.empty() || text.back() == '\n';
}

// A line that begins with `>From ` or `From ` may stand in a header block; one that the segment
// cuts off may be a field.
bool is_header_line(ByteView line) noexcept {
  const std::string_view text = as_text(line);
  return line[0] == ' ' || line[0] == '\t' || text.back() != '\n' || !field_name(text).empty() ||
         is_quoted_from(text);
}

}  // namespace

SegmentScan::SegmentScan(SplitState& state, ByteView segment, SplitSegment& out, Before before)
    : state_(state),
      segment_(segment),
      writer_(segment, out, before.covered),
      at_(before.begin) {}

void SegmentScan::run() {
  if (at_ == segment_.size()) return flush();
  if (!state_.entry_begun) writer_.begin_message();
  state_.entry_begun = true;
  if (state_.format == Format::kPlain) {
    flush();
    return writer_.add(Kind::kPlain, segment_.size());
  }
  if (state_.place == Place::kBody) piece_kind_ = state_.body_kind;
  if (state_.place == Place::kGivenUp) piece_kind_ = Kind::kPlain;
  if (state_.in_base64) resume_base64();
  while (at_ < segment_.size()) {
    switch (state_.place) {
      case Place::kHeader:
        scan_header();
        break;
      case Place::kBody:
        scan_body();
        break;
      case Place::kGivenUp:
        skip_message();
        break;
    }
  }
  flush();
  note_unfinished_base64();
}

// Each of the three goes on until the place changes or the segment ends.
void SegmentScan::scan_header() {
  while (at_ < segment_.size() && state_.place == Place::kHeader) {
    const bool continues = state_.in_line;
    if (!continues && !state_.fields.in_field() &&
        passes_lines(best_line_kernel().find_header_line)) {
      continue;
    }
    const ByteView line = line_at(at_);
    if (!continues) {
      if (takes_message_start(line) || takes_boundary(line)) continue;
      if (is_blank_line(line)) {
        consume(line);
        end_header();
        continue;
      }
      if (!is_header_line(line)) {
        end_header();
        continue;
      }
    }
    state_.fields.add_line(line, continues || line[0] == ' ' || line[0] == '\t');
    consume(line);
  }
}

void SegmentScan::scan_body() {
  while (at_ < segment_.size() && state_.place == Place::kBody) {
    const bool is_inside = piece_kind_ == state_.body_kind && !state_.is_base64 && !state_.in_line;
    if (is_inside && passes_lines(best_line_kernel().find_body_line)) continue;
    if (may_be_base64() && takes_base64()) continue;
    const ByteView line = line_at(at_);
    bool is_blank = false;
    if (!state_.in_line) {
      if (line[0] == '-' && takes_boundary(line)) continue;
      if (line[0] == 'F' && takes_message_start(line)) continue;
      is_blank = is_blank_line(line);
    }
    // Blank lines at the start of a body stay with the header before it.
    if (!is_blank || piece_kind_ != Kind::kHeader) start_piece(state_.body_kind);
    consume(line);
  }
}

void SegmentScan::skip_message() {
  if (state_.format != Format::kMbox) return consume_to(segment_.size());
  while (at_ < segment_.size()) {
    if (!state_.in_line && passes_lines(best_line_kernel().find_body_line)) continue;
    const ByteView line = line_at(at_);
    if (!state_.in_line && takes_message_start(line)) return;
    consume(line);
  }
}

// Takes the lines up to the next that matters; false if that is this one.
bool SegmentScan::passes_lines(FindLine find) noexcept {
  const std::size_t end = find(segment_.data(), at_, segment_.size());
  if (end == at_) return false;
  consume_to(end);
  return true;
}

// The line that starts at `at`, or what the segment has of it.
ByteView SegmentScan::line_at(std::size_t at) const noexcept {
  const ByteView rest = segment_.subspan(at);
  const void* found = std::memchr(rest.data(), '\n', rest.size());
  if (found == nullptr) return rest;
  return rest.first(
      static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - rest.data()) + 1);
}

void SegmentScan::consume(ByteView line) noexcept {
  state_.after_blank_line = !state_.in_line && is_blank_line(line);
  state_.in_line = line.back() != '\n';
  at_ += line.size();
}

// Takes some lines, and perhaps part of one, at once.
void SegmentScan::consume_to(std::size_t end) noexcept {
  state_.in_line = segment_[end - 1] != '\n';
  state_.after_blank_line = !state_.in_line && ends_with_blank_line(segment_.first(end));
  at_ = end;
}

bool SegmentScan::takes_message_start(ByteView line) {
  if (state_.format != Format::kMbox || !state_.after_blank_line || !is_from_line(line)) {
    return false;
  }
  flush();
  writer_.begin_message();
  piece_kind_ = Kind::kHeader;
  state_.place = Place::kHeader;
  state_.in_part_header = false;
  state_.is_base64 = false;
  state_.boundary_lines = 0;
  state_.boundaries.depth = 0;
  state_.fields.clear();
  consume(line);
  return true;
}

bool SegmentScan::takes_boundary(ByteView line) {
  BoundaryStack& boundaries = state_.boundaries;
  if (line.size() < 3 || line[0] != '-' || line[1] != '-') return false;
  std::size_t level = boundaries.depth;
  BoundaryMatch match = BoundaryMatch::kNone;
  while (match == BoundaryMatch::kNone && level > 0) {
    match = match_boundary(as_text(line), boundaries.open[--level]);
  }
  if (match == BoundaryMatch::kNone) return false;
  if (++state_.boundary_lines > kBoundaryLinesMax) {
    give_up();
    return true;
  }
  start_header_piece();
  state_.fields.clear();
  state_.is_base64 = false;
  if (match == BoundaryMatch::kClose) {
    boundaries.depth = static_cast<std::uint8_t>(level);
    enter_body(Kind::kText, false, Kind::kAttachment);
  } else {
    // An inner multipart that was not closed ends here too.
    boundaries.depth = static_cast<std::uint8_t>(level + 1);
    state_.place = Place::kHeader;
    state_.in_part_header = true;
  }
  consume(line);
  return true;
}

void SegmentScan::end_header() {
  const PartShape shape = state_.fields.describe();
  BoundaryStack& boundaries = state_.boundaries;
  const bool is_digest_part = state_.in_part_header && boundaries.depth > 0 &&
                              boundaries.open[boundaries.depth - 1U].is_digest;
  state_.fields.clear();
  if (shape.body == Body::kMessage || (is_digest_part && !shape.is_typed && !shape.is_base64)) {
    state_.in_part_header = false;
    return;
  }
  if (shape.body == Body::kMultipart) {
    if (boundaries.depth == kNestingMax) return give_up();
    boundaries.open[boundaries.depth++] = shape.boundary;
    return enter_body(Kind::kText, false, Kind::kAttachment);
  }
  const bool is_attachment = shape.body == Body::kAttachment;
  enter_body(is_attachment && shape.is_binary ? Kind::kAttachment : Kind::kText, shape.is_base64,
             is_attachment || !shape.is_base64 ? Kind::kAttachment : Kind::kText);
}

void SegmentScan::enter_body(Kind body_kind, bool is_base64, Kind base64_kind) noexcept {
  state_.place = Place::kBody;
  state_.body_kind = body_kind;
  state_.is_base64 = is_base64;
  state_.base64_kind = base64_kind;
}

void SegmentScan::give_up() {
  start_piece(Kind::kPlain);
  state_.place = Place::kGivenUp;
}

// A cheap look that keeps ordinary text away from undo_base64().
bool SegmentScan::may_be_base64() const noexcept {
  const std::uint8_t first = segment_[at_];
  if (state_.is_base64) {
    if (state_.in_line && !resume_) return false;
    if (is_white(first)) return piece_kind_ != Kind::kHeader;
    return base64_value(first) != kNotBase64;
  }
  const std::size_t want = kUnlabelledLineCharsMin;
  return !state_.in_line && segment_.size() - at_ > want &&
         base64_prefix(segment_.data() + at_, want) == want;
}

bool SegmentScan::takes_base64() {
  const bool labelled = state_.is_base64;
  const Kind kind = labelled ? state_.base64_kind : Kind::kAttachment;
  const Base64Run run = writer_.add_base64(piece_kind_, at_, kind, labelled);
  if (run.text_bytes != 0) {
    consume_to(at_ + run.text_bytes);
    piece_kind_ = state_.body_kind;
    resume_ = labelled && !run.closed;
    run_closed_ = run.closed || !labelled;
    run_end_ = at_;
    return true;
  }
  resume_ = false;
  if (run.scanned_bytes == 0) return false;
  start_piece(state_.body_kind);
  const std::size_t last = at_ + run.scanned_bytes - 1;
  consume_to(last + line_at(last).size());
  return true;
}

// The rest of a quantum whose start the last segment kept goes as it is; then the run can go on.
void SegmentScan::resume_base64() {
  state_.in_base64 = false;
  resume_ = true;
  if (state_.base64_skip == 0) return;
  std::size_t end = 0;
  for (std::size_t left = state_.base64_skip; left > 0 && end < segment_.size(); ++end) {
    if (is_white(segment_[end])) continue;
    if (base64_value(segment_[end]) == kNotBase64) break;
    --left;
  }
  if (end == 0) return;
  start_piece(state_.body_kind);
  consume_to(end);
}

// Whether the segment ends inside a base64 run, and how much of a quantum is left over.
void SegmentScan::note_unfinished_base64() noexcept {
  state_.in_base64 = false;
  if (run_closed_ || state_.place != Place::kBody || !state_.is_base64 || state_.after_blank_line) {
    return;
  }
  constexpr std::size_t kTailMax = 16;
  const ByteView tail = segment_.subspan(run_end_);
  if (tail.size() > kTailMax) return;
  std::size_t chars = 0;
  for (const std::uint8_t byte : tail) {
    if (is_white(byte)) continue;
    if (base64_value(byte) == kNotBase64) return;
    ++chars;
  }
  state_.in_base64 = true;
  state_.base64_skip = static_cast<std::uint8_t>((4 - chars % 4) % 4);
}

void SegmentScan::start_piece(Kind kind) {
  if (kind == piece_kind_) return;
  flush();
  piece_kind_ = kind;
}

void SegmentScan::start_header_piece() {
  const ByteView pending = segment_.subspan(writer_.covered_bytes(), at_ - writer_.covered_bytes());
  if (piece_kind_ == Kind::kText && pending.size() <= kBlankBytesMax &&
      std::ranges::all_of(pending, is_white)) {
    piece_kind_ = Kind::kHeader;
  }
  start_piece(Kind::kHeader);
}

void SegmentScan::flush() {
  if (at_ > writer_.covered_bytes()) writer_.add(piece_kind_, at_);
}

}  // namespace letterpress::mail
