// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_transform.h"

#include <algorithm>

#include "base/limits.h"
#include "mail/base64_codec.h"
#include "mail/base64_layout.h"
#include "mail/base64_run_reader.h"

namespace letterpress::mail {
namespace {

// By how much the text grows: what is about to be written is in the cache.
constexpr std::size_t kGrowBytes = 32 * 1024;

// Appends the characters of `decoded` and their breaks to `out`, text_bytes at most. Every call
// gives false if there is no room.
class TextWriter {
 public:
  TextWriter(ByteView decoded, const LineShape& shape, std::size_t text_bytes, Bytes& out)
      : decoded_(decoded), shape_(shape), out_(out), at_(out.size()), end_(at_ + text_bytes) {
    if (out.capacity() < end_) out.reserve(std::max(end_, 2 * out.capacity()));
  }

  bool full() const noexcept { return at_ == end_; }

  bool literal(ByteView bytes) {
    if (!make_room(bytes.size())) return false;
    std::ranges::copy(bytes, out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += bytes.size();
    return true;
  }

  // The characters [from, to), as lines that start anew at `from`, without a break after the last.
  bool lines(std::uint64_t from, std::uint64_t to) {
    from = full_lines(from, to);
    while (from < to) {
      const std::uint64_t left = to - from;
      const std::uint64_t line = shape_.line_chars == 0 ? left : std::min(left, shape_.line_chars);
      if (!characters(from, line)) return false;
      from += line;
      if (from < to && !literal(shape_.ending_view())) return false;
    }
    return true;
  }

 private:
  bool make_room(std::uint64_t bytes) {
    if (bytes > end_ - at_) return false;
    const auto needed = at_ + static_cast<std::size_t>(bytes);
    if (needed > out_.size()) out_.resize(std::min(end_, needed + kGrowBytes));
    return true;
  }

  // The fast path: full lines of whole quanta with a break after each. Gives the position after
  // them.
  std::uint64_t full_lines(std::uint64_t from, std::uint64_t to) {
    const std::uint64_t stop = std::min<std::uint64_t>(to, decoded_.size() / 3 * 4);
    if (!has_whole_lines(shape_) || from % 4 != 0 || from >= stop) return from;
    std::uint64_t left = (stop - from - 1) / shape_.line_chars;
    if (left == 0) return from;
    const Base64Lines lines = whole_lines(shape_);
    left = std::min<std::uint64_t>(left, (end_ - at_) / lines.line_bytes());
    while (left > 0) {
      const std::uint64_t count =
          std::min<std::uint64_t>(left, 1 + kGrowBytes / lines.line_bytes());
      make_room(count * lines.line_bytes());
      encode_lines(decoded_.data() + from / 4 * 3, count, lines, out_.data() + at_);
      at_ += count * lines.line_bytes();
      from += count * shape_.line_chars;
      left -= count;
    }
    return from;
  }

  bool characters(std::uint64_t from, std::uint64_t count) {
    if (!make_room(count)) return false;
    for (; count > 0 && from % 4 != 0; ++from, --count) out_[at_++] = character(from);
    const std::uint64_t whole = decoded_.size() / 3;
    const std::uint64_t first = std::min(from / 4, whole);
    const std::uint64_t quanta = std::min(count / 4, whole - first);
    encode_quanta(decoded_.data() + 3 * first, quanta, out_.data() + at_);
    at_ += 4 * quanta;
    from += 4 * quanta;
    for (count -= 4 * quanta; count > 0; ++from, --count) out_[at_++] = character(from);
    return true;
  }

  std::uint8_t character(std::uint64_t position) const noexcept {
    const std::uint64_t bit = position * 6;
    const std::size_t byte = static_cast<std::size_t>(bit / 8);
    if (byte >= decoded_.size()) return '=';
    const unsigned next = byte + 1 < decoded_.size() ? decoded_[byte + 1] : 0U;
    const unsigned window = static_cast<unsigned>(decoded_[byte]) << 8 | next;
    return base64_character(window >> (10 - bit % 8));
  }

  ByteView decoded_;
  const LineShape& shape_;
  Bytes& out_;
  std::size_t at_;
  std::size_t end_;
};

bool write_text(LayoutReader& layout, std::uint64_t chars_count, TextWriter& writer) {
  std::uint64_t from = 0;
  bool ends = layout.ends();
  while (const std::optional<LayoutException> exception = layout.next()) {
    if (exception->position > chars_count) return false;
    if (!writer.lines(from, exception->position)) return false;
    for (unsigned i = 0; i < exception->repeat; ++i) {
      if (!writer.literal(layout.shape().ending_view())) return false;
    }
    if (!writer.literal(exception->literal)) return false;
    from = exception->position;
    if (from == chars_count) ends = false;
  }
  if (!layout.ok() || !writer.lines(from, chars_count)) return false;
  if (ends && !writer.literal(layout.shape().ending_view())) return false;
  return writer.full();
}

bool redo(ByteView layout, ByteView decoded, std::size_t text_bytes, Bytes& out) {
  LayoutReader reader(layout);
  if (!reader.ok() || text_bytes > kSegmentBytesMax || decoded.size() > text_bytes) return false;
  const std::uint64_t chars_count = reader.unpadded() ? (std::uint64_t{decoded.size()} * 4 + 2) / 3
                                                      : (decoded.size() + 2) / 3 * 4;
  if (chars_count > text_bytes) return false;
  TextWriter writer(decoded, reader.shape(), text_bytes, out);
  return write_text(reader, chars_count, writer);
}

}  // namespace

Base64Run undo_base64(ByteView text, bool labelled, Bytes& decoded, Bytes& layout) {
  const std::optional<LineShape> shape = choose_shape(text, labelled);
  if (!shape) return {};
  return RunReader(text, labelled, *shape, decoded, layout).read();
}

Status redo_base64(ByteView layout, ByteView decoded, std::size_t text_bytes, Bytes& out) {
  const std::size_t start = out.size();
  if (redo(layout, decoded, text_bytes, out)) return Ok{};
  out.resize(start);
  return Error(ErrorCode::kCorrupt, "base64 layout does not fit its bytes");
}

}  // namespace letterpress::mail
