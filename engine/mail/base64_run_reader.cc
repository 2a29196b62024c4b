// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_run_reader.h"

#include <algorithm>
#include <cstring>

#include "mail/base64_codec.h"
#include "mail/limits.h"

namespace letterpress::mail {
namespace {

// So many odd lines in a row decide whether a run goes on.
constexpr unsigned kStreakLines = 8;
// Up to here, a line that turns out not to be base64 at its end is left whole, so that a footer
// that begins with a word is the same text everywhere.
constexpr std::size_t kWordCharsMax = 128;
// What a piece costs in a recipe, about, and how much worse layout bytes are than stored ones:
// they are not deduplicated.
constexpr std::size_t kPieceCostBytes = 8;
constexpr std::size_t kLayoutWeight = 2;
// Three lines of the shortest kind, nearly: chance does not make them.
constexpr std::size_t kUnlabelledDecodedBytesMin = 128;
// By how much the decoded bytes grow, and how many at once are decoded; they stay in the cache.
constexpr std::size_t kGrowBytes = 4 * 1024;
constexpr std::size_t kBatchBytesMax = 32 * 1024;

// Of breaks, which are a byte or two: without a call.
bool is_same(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool starts_with(ByteView text, ByteView prefix) noexcept {
  return text.size() >= prefix.size() && is_same(text.first(prefix.size()), prefix);
}

}  // namespace

RunReader::RunReader(ByteView text, bool labelled, const LineShape& shape, UnsetBytes& decoded,
                     Bytes& layout)
    : text_(text),
      labelled_(labelled),
      shape_(shape),
      decoded_(decoded),
      layout_bytes_(layout),
      decoded_start_(decoded.size()),
      layout_start_(layout.size()),
      layout_(shape, layout),
      decoded_at_(decoded.size()),
      whole_{0, 0, decoded.size(), layout_.mark()},
      streak_{whole_, 0, false, 0, {}} {}

Base64Run RunReader::read() {
  do {
    read_full_lines();
  } while (read_odd_line());
  return finish();
}

// The hot loop: full lines of whole quanta with the regular ending, many in a call. No more room is
// made than was needed so far, so that short runs cost little.
void RunReader::read_full_lines() {
  if (!has_whole_lines(shape_) || quantum_chars_ != 0 || closed_) return;
  if (!labelled_ && !pending_is_regular()) return;
  const Base64Lines lines = whole_lines(shape_);
  const std::size_t line_bytes = lines.line_bytes();
  const std::size_t start = at_;
  while (text_.size() - at_ >= line_bytes) {
    const std::size_t batch =
        std::clamp(decoded_at_ - decoded_start_, kGrowBytes, kBatchBytesMax) / (3 * lines.quanta);
    const std::size_t line_count =
        std::clamp<std::size_t>(batch, 1, (text_.size() - at_) / line_bytes);
    ensure(line_count * 3 * lines.quanta);
    const std::size_t done =
        decode_lines(text_.data() + at_, line_count, lines, decoded_.data() + decoded_at_);
    if (done != 0) note_full_lines(done);
    if (done != line_count) break;
  }
  if (at_ == start) return;
  streak_.lines = 0;
  whole_ = {break_at_, chars_, decoded_at_, layout_.mark()};
}

void RunReader::note_full_lines(std::size_t count) {
  commit_break();
  const std::size_t chars = static_cast<std::size_t>(shape_.line_chars);
  decoded_at_ += count * (chars / 4 * 3);
  chars_ += count * chars;
  column_ = chars;
  at_ += count * (chars + shape_.ending_bytes);
  break_at_ = at_ - shape_.ending_bytes;
  break_bytes_ = shape_.ending_bytes;
}

// Any other line. False ends the run.
bool RunReader::read_odd_line() {
  if (closed_ || at_ == text_.size()) return false;
  if (layout_.size_bytes() > kLayoutBytesMax / 2) return false;
  const Base64Line line = parse_base64_line(text_.subspan(at_));
  if (!accepts(line)) {
    close_unpadded();
    return false;
  }
  if (line.chars + line.pad == 0) {
    note_break(line.break_bytes);
    return true;
  }
  const Mark before = whole_;
  take(line.chars);
  if (line.pad != 0) take_padding(line.pad);
  if (line.pad != 0 || !line.fits) return false;
  const ByteView ending = text_.subspan(at_, line.break_bytes);
  note_break(line.break_bytes);
  if (!labelled_ && line.chars < shape_.line_chars) return false;
  // Only the beginning of the ending if blank lines are part of it: they are met by themselves.
  const bool is_regular =
      line.chars == shape_.line_chars && starts_with(shape_.ending_view(), ending);
  if (!is_regular) return streak_goes_on(line, ending, before);
  streak_.lines = 0;
  return true;
}

bool RunReader::accepts(const Base64Line& line) const noexcept {
  if (!labelled_) {
    const std::size_t chars = line.chars + line.pad;
    return line.fits && chars > 0 && chars % 4 == 0 && chars <= shape_.line_chars &&
           pending_is_regular();
  }
  if (line.chars == 0) {
    return line.fits && line.pad == 0 && break_bytes_ + line.break_bytes <= kBreakBytesMax;
  }
  if (!line.fits && line.pad == 0 && line.chars <= kWordCharsMax) return false;
  const bool too_long = shape_.line_chars != 0 && line.chars > kLongLineFactor * shape_.line_chars;
  return !too_long || quantum_chars_ != 0;
}

bool RunReader::pending_is_regular() const noexcept {
  if (chars_ == 0) return break_bytes_ == 0;
  return column_ == shape_.line_chars &&
         is_same(text_.subspan(break_at_, break_bytes_), shape_.ending_view());
}

// Counts an odd line. After enough of them the run ends before the first if they are of one other
// shape, or cost more than they save.
bool RunReader::streak_goes_on(const Base64Line& line, ByteView ending, const Mark& before) {
  if (streak_.lines == 0) streak_ = {before, 0, true, line.chars, ending};
  streak_.alike = streak_.alike && line.chars == streak_.chars && is_same(ending, streak_.ending);
  if (++streak_.lines < kStreakLines) return true;
  const bool go_on = !streak_.alike && is_worth(streak_.start, whole_);
  if (!go_on) {
    whole_ = streak_.start;
    closed_ = false;
  }
  streak_.lines = 0;
  return go_on;
}

bool RunReader::is_worth(const Mark& from, const Mark& to) const noexcept {
  const std::size_t layout = to.layout.layout_bytes - from.layout.layout_bytes;
  return to.decoded_at - from.decoded_at + kLayoutWeight * layout < to.text_at - from.text_at;
}

void RunReader::note_break(std::size_t bytes) noexcept {
  if (break_bytes_ == 0) break_at_ = at_;
  break_bytes_ += bytes;
  at_ += bytes;
}

void RunReader::commit_break() {
  if (break_bytes_ != 0) {
    if (!pending_is_regular()) {
      layout_.add_exception(chars_, text_.subspan(break_at_, break_bytes_));
    }
    column_ = 0;
  }
  break_bytes_ = 0;
}

void RunReader::take(std::size_t chars) {
  commit_break();
  ensure(chars / 4 * 3 + 3);
  while (chars > 0) {
    if (shape_.line_chars != 0 && column_ == shape_.line_chars) {
      layout_.add_exception(chars_, {});
      column_ = 0;
    }
    const std::size_t step =
        shape_.line_chars == 0
            ? chars
            : static_cast<std::size_t>(std::min<std::uint64_t>(chars, shape_.line_chars - column_));
    decode(step);
    at_ += step;
    chars_ += step;
    column_ += step;
    chars -= step;
    // If this step holds the end of a whole quantum, no break lies between that and here.
    if (quantum_chars_ < step) {
      whole_ = {at_ - quantum_chars_, chars_ - quantum_chars_, decoded_at_, layout_.mark()};
    }
  }
}

// Decodes characters that are known to be of the alphabet; quanta may lie across lines.
void RunReader::decode(std::size_t chars) {
  const std::uint8_t* from = text_.data() + at_;
  while (chars > 0 && quantum_chars_ != 0) {
    quantum_[quantum_chars_++] = *from++;
    --chars;
    if (quantum_chars_ < 4) continue;
    decode_quanta(quantum_.data(), 1, decoded_.data() + decoded_at_);
    decoded_at_ += 3;
    quantum_chars_ = 0;
  }
  const std::size_t quanta = chars / 4;
  decode_quanta(from, quanta, decoded_.data() + decoded_at_);
  decoded_at_ += 3 * quanta;
  from += 4 * quanta;
  for (chars -= 4 * quanta; chars > 0; --chars) quantum_[quantum_chars_++] = *from++;
}

// The run ends here, with its padding or, if that is not what an encoder writes, before it.
void RunReader::take_padding(std::size_t pad) {
  const std::size_t need = 4 - quantum_chars_;
  if (quantum_chars_ < 2 || pad < need || !tail_is_canonical()) return;
  if (shape_.line_chars != 0 && column_ == shape_.line_chars) {
    layout_.add_exception(chars_, {});
    column_ = 0;
  }
  if (shape_.line_chars != 0 && column_ + need > shape_.line_chars) return;
  decode_tail();
  at_ += need;
  chars_ += need;
  column_ += need;
  whole_ = {at_, chars_, decoded_at_, layout_.mark()};
  closed_ = true;
}

// Some programs leave out the padding. Not at the end of the text, where more may follow in the
// next segment.
void RunReader::close_unpadded() {
  if (!labelled_ || break_bytes_ == 0 || !tail_is_canonical()) return;
  decode_tail();
  whole_ = {break_at_, chars_, decoded_at_, layout_.mark()};
  closed_ = true;
  unpadded_ = true;
}

// Whether the bits of an unfinished quantum that make no byte are zero, as an encoder leaves them.
bool RunReader::tail_is_canonical() const noexcept {
  if (quantum_chars_ < 2) return false;
  const unsigned unused = quantum_chars_ == 2 ? 0x0fU : 0x03U;
  return (base64_value(quantum_[quantum_chars_ - 1]) & unused) == 0;
}

void RunReader::decode_tail() {
  ensure(4);
  std::uint8_t bytes[3];
  for (std::size_t i = quantum_chars_; i < 4; ++i) quantum_[i] = 'A';
  decode_quanta(quantum_.data(), 1, bytes);
  std::copy_n(bytes, quantum_chars_ - 1, decoded_.data() + decoded_at_);
  decoded_at_ += quantum_chars_ - 1;
  quantum_chars_ = 0;
}

void RunReader::ensure(std::size_t bytes) {
  if (decoded_.size() - decoded_at_ >= bytes) return;
  decoded_.resize(decoded_at_ + std::max(bytes, kGrowBytes));
}

Base64Run RunReader::finish() {
  if (streak_.lines != 0 && !is_worth(streak_.start, whole_)) {
    whole_ = streak_.start;
    closed_ = false;
    unpadded_ = false;
  }
  layout_.cut_back(whole_.layout);
  const ByteView ending = shape_.ending_view();
  const bool ends = !ending.empty() && starts_with(text_.subspan(whole_.text_at), ending);
  layout_.finish(ends, unpadded_);
  Base64Run run;
  run.text_bytes = whole_.text_at + (ends ? ending.size() : 0);
  run.decoded_bytes = whole_.decoded_at - decoded_start_;
  run.layout_bytes = layout_.size_bytes();
  run.scanned_bytes = at_;
  run.closed = closed_;
  const std::size_t decoded_min = labelled_ ? kDecodedBytesMin : kUnlabelledDecodedBytesMin;
  if (run.decoded_bytes < decoded_min || run.layout_bytes > kLayoutBytesMax ||
      run.decoded_bytes + kLayoutWeight * run.layout_bytes + kPieceCostBytes > run.text_bytes) {
    run = {0, 0, 0, at_, false};
  }
  decoded_.resize(decoded_start_ + run.decoded_bytes);
  layout_bytes_.resize(layout_start_ + run.layout_bytes);
  return run;
}

}  // namespace letterpress::mail
