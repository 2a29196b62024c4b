// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_transform.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "mail/base64_codec.h"
#include "mail/base64_layout.h"
#include "mail/base64_run_reader.h"

namespace letterpress::mail {
namespace {

// Writes the characters of `decoded` and their breaks into a span of fixed size. Every call gives
// false, and writes nothing past the end, if there is no room.
class TextWriter {
 public:
  TextWriter(ByteView decoded, const LineShape& shape, std::span<std::uint8_t> text) noexcept
      : decoded_(decoded), shape_(shape), text_(text) {}

  bool full() const noexcept { return at_ == text_.size(); }

  bool literal(ByteView bytes) noexcept {
    if (bytes.size() > room()) return false;
    std::ranges::copy(bytes, text_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += bytes.size();
    return true;
  }

  // The characters [from, to), as lines that start anew at `from`, without a break after the last.
  bool lines(std::uint64_t from, std::uint64_t to) noexcept {
    from = whole_lines(from, to);
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
  std::size_t room() const noexcept { return text_.size() - at_; }

  // The fast path: full lines of whole quanta with a break after each. Gives the position after
  // them. Endings are stored as 8 bytes, of which the next line overwrites what is too much.
  std::uint64_t whole_lines(std::uint64_t from, std::uint64_t to) noexcept {
    const std::uint64_t chars = shape_.line_chars;
    if (chars == 0 || chars % 4 != 0 || from % 4 != 0) return from;
    const std::uint64_t stop = std::min<std::uint64_t>(to, decoded_.size() / 3 * 4);
    while (stop - std::min(from, stop) > chars && room() >= chars + kEndingBytesMax) {
      encode_quanta(decoded_.data() + from / 4 * 3, chars / 4, text_.data() + at_);
      at_ += chars;
      std::memcpy(text_.data() + at_, shape_.ending.data(), kEndingBytesMax);
      at_ += shape_.ending_bytes;
      from += chars;
    }
    return from;
  }

  bool characters(std::uint64_t from, std::uint64_t count) noexcept {
    if (count > room()) return false;
    for (; count > 0 && from % 4 != 0; ++from, --count) text_[at_++] = character(from);
    const std::uint64_t whole = decoded_.size() / 3;
    const std::uint64_t first = std::min(from / 4, whole);
    const std::uint64_t quanta = std::min(count / 4, whole - first);
    encode_quanta(decoded_.data() + 3 * first, quanta, text_.data() + at_);
    at_ += 4 * quanta;
    from += 4 * quanta;
    for (count -= 4 * quanta; count > 0; ++from, --count) text_[at_++] = character(from);
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
  std::span<std::uint8_t> text_;
  std::size_t at_ = 0;
};

bool write_text(LayoutReader& layout, ByteView decoded, std::uint64_t chars_count,
                std::span<std::uint8_t> text) noexcept {
  TextWriter writer(decoded, layout.shape(), text);
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

Error corrupt_layout() { return {ErrorCode::kCorrupt, "base64 layout does not fit its bytes"}; }

}  // namespace

Base64Run undo_base64(ByteView text, bool labelled, Bytes& decoded, Bytes& layout) {
  const std::optional<LineShape> shape = choose_shape(text, labelled);
  if (!shape) return {};
  return RunReader(text, labelled, *shape, decoded, layout).read();
}

Status redo_base64(ByteView layout, ByteView decoded, std::size_t text_bytes, Bytes& out) {
  LayoutReader reader(layout);
  if (!reader.ok() || text_bytes > kSegmentBytesMax || decoded.size() > text_bytes) {
    return corrupt_layout();
  }
  const std::uint64_t chars_count = reader.unpadded() ? (std::uint64_t{decoded.size()} * 4 + 2) / 3
                                                      : (decoded.size() + 2) / 3 * 4;
  if (chars_count > text_bytes) return corrupt_layout();
  const std::size_t start = out.size();
  out.resize(start + text_bytes);
  if (!write_text(reader, decoded, chars_count, std::span(out).subspan(start))) {
    out.resize(start);
    return corrupt_layout();
  }
  return Ok{};
}

}  // namespace letterpress::mail
