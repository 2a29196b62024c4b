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

// How much of the text is made at a time: it is still in the cache when it is compared, or when the
// rest of its page is written.
constexpr std::size_t kPieceBytes = 8 * 1024;
static_assert(kPieceBytes % 4 == 0);

// Where text goes. room() gives where its next bytes are to be written, before the next call; null
// if they do not belong there. is_full() says whether all of it was made.

// Behind what `out` has.
class AppendedText {
 public:
  AppendedText(std::size_t text_bytes, UnsetBytes& out)
      : out_(out), at_(out.size()), end_(at_ + text_bytes) {
    if (out.capacity() < end_) out.reserve(std::max(end_, 2 * out.capacity()));
  }

  std::uint8_t* room(std::size_t bytes) {
    if (bytes > end_ - at_) return nullptr;
    if (at_ + bytes > out_.size()) out_.resize(std::min(end_, at_ + bytes + kGrowBytes));
    at_ += bytes;
    return out_.data() + (at_ - bytes);
  }
  bool is_full() noexcept { return at_ == end_; }

 private:
  static constexpr std::size_t kGrowBytes = 32 * 1024;

  UnsetBytes& out_;
  std::size_t at_;
  const std::size_t end_;
};

// Compared with a text that is there.
class ComparedText {
 public:
  explicit ComparedText(ByteView text) : text_(text) {}

  std::uint8_t* room(std::size_t bytes) noexcept {
    if (made_bytes_ + bytes > kPieceBytes && !compare()) return nullptr;
    if (bytes > text_.size() - made_bytes_) return nullptr;
    made_bytes_ += bytes;
    return made_ + (made_bytes_ - bytes);
  }
  bool is_full() noexcept { return compare() && text_.empty(); }

 private:
  bool compare() noexcept {
    const bool is_same = std::memcmp(made_, text_.data(), made_bytes_) == 0;
    text_ = text_.subspan(made_bytes_);
    made_bytes_ = 0;
    return is_same;
  }

  ByteView text_;  // what was not compared yet
  std::size_t made_bytes_ = 0;
  std::uint8_t made_[kPieceBytes];
};

// Writes the characters of `decoded` and their breaks. Every call gives false if there is no room.
template <class Text>
class TextWriter {
 public:
  TextWriter(ByteView decoded, const LineShape& shape, Text& text)
      : decoded_(decoded), shape_(shape), text_(text) {}

  bool literal(ByteView bytes) {
    while (!bytes.empty()) {
      const ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytes));
      std::uint8_t* const to = text_.room(piece.size());
      if (to == nullptr) return false;
      std::ranges::copy(piece, to);
      bytes = bytes.subspan(piece.size());
    }
    return true;
  }

  // The characters [from, to), as lines that start anew at `from`, without a break after the last.
  bool lines(std::uint64_t from, std::uint64_t to) {
    if (!full_lines(from, to) || !short_lines(from, to)) return false;
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
  // The fast path: full lines of whole quanta with a break after each. Moves `from` behind them.
  bool full_lines(std::uint64_t& from, std::uint64_t to) {
    const std::uint64_t stop = std::min<std::uint64_t>(to, decoded_.size() / 3 * 4);
    if (!has_whole_lines(shape_) || from % 4 != 0 || from >= stop) return true;
    const Base64Lines lines = whole_lines(shape_);
    const std::uint64_t lines_max = kPieceBytes / lines.line_bytes();
    if (lines_max == 0) return true;
    for (std::uint64_t left = (stop - from - 1) / shape_.line_chars; left > 0;) {
      const auto count = static_cast<std::size_t>(std::min(left, lines_max));
      std::uint8_t* const text = text_.room(count * lines.line_bytes());
      if (text == nullptr) return false;
      encode_lines(decoded_.data() + from / 4 * 3, count, lines, text);
      from += count * shape_.line_chars;
      left -= count;
    }
    return true;
  }

  // Short lines that are not whole quanta, many at a time: the characters of all of them, then
  // their breaks put between. Moves `from` behind them; some are left.
  bool short_lines(std::uint64_t& from, std::uint64_t to) {
    constexpr std::uint64_t kManyLinesChars = 32;
    if (shape_.line_chars == 0 || shape_.line_chars > kManyLinesChars) return true;
    const auto line_chars = static_cast<std::size_t>(shape_.line_chars);
    const std::size_t line_bytes = line_chars + shape_.ending_bytes;
    std::uint8_t made[kPieceBytes];
    const ByteView ending = shape_.ending_view();
    while (to - from > line_chars) {
      const std::uint64_t lines =
          std::min<std::uint64_t>((to - from - 1) / line_chars, kPieceBytes / line_bytes);
      const auto count = static_cast<std::size_t>(lines);
      std::uint8_t* text = text_.room(count * line_bytes);
      if (text == nullptr) return false;
      write_characters(from, count * line_chars, made);
      const std::uint8_t* next = made;
      for (std::size_t line = 0; line < count; ++line) {
        for (std::size_t i = 0; i < line_chars; ++i) *text++ = *next++;
        for (const std::uint8_t byte : ending) *text++ = byte;
      }
      from += count * line_chars;
    }
    return true;
  }

  bool characters(std::uint64_t from, std::uint64_t count) {
    while (count > 0) {
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, kPieceBytes));
      std::uint8_t* const text = text_.room(piece);
      if (text == nullptr) return false;
      write_characters(from, piece, text);
      from += piece;
      count -= piece;
    }
    return true;
  }

  void write_characters(std::uint64_t from, std::size_t count, std::uint8_t* text) const noexcept {
    for (; count > 0 && from % 4 != 0; ++from, --count) *text++ = character(from);
    const std::uint64_t whole = decoded_.size() / 3;
    const std::uint64_t first = std::min(from / 4, whole);
    const auto quanta = static_cast<std::size_t>(std::min<std::uint64_t>(count / 4, whole - first));
    encode_quanta(decoded_.data() + 3 * first, quanta, text);
    text += 4 * quanta;
    from += 4 * quanta;
    for (count -= 4 * quanta; count > 0; ++from, --count) *text++ = character(from);
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
  Text& text_;
};

template <class Text>
bool write_lines(LayoutReader& layout, std::uint64_t chars_count, TextWriter<Text>& writer) {
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
  return !ends || writer.literal(layout.shape().ending_view());
}

template <class Text>
bool write_text(ByteView layout, ByteView decoded, std::size_t text_bytes, Text&& text) {
  LayoutReader reader(layout);
  if (!reader.ok() || text_bytes > kSegmentBytesMax || decoded.size() > text_bytes) return false;
  const std::uint64_t chars_count = reader.unpadded() ? (std::uint64_t{decoded.size()} * 4 + 2) / 3
                                                      : (decoded.size() + 2) / 3 * 4;
  if (chars_count > text_bytes) return false;
  TextWriter<Text> writer(decoded, reader.shape(), text);
  return write_lines(reader, chars_count, writer) && text.is_full();
}

}  // namespace

Base64Run undo_base64(ByteView text, bool labelled, UnsetBytes& decoded, Bytes& layout) {
  const std::optional<LineShape> shape = choose_shape(text, labelled);
  if (!shape) return {};
  return RunReader(text, labelled, *shape, decoded, layout).read();
}

Status redo_base64(ByteView layout, ByteView decoded, std::size_t text_bytes, UnsetBytes& out) {
  const std::size_t start = out.size();
  if (write_text(layout, decoded, text_bytes, AppendedText(text_bytes, out))) return Ok{};
  out.resize(start);
  return Error(ErrorCode::kCorrupt, "base64 layout does not fit its bytes");
}

bool redoes_base64(ByteView layout, ByteView decoded, ByteView text) noexcept {
  return write_text(layout, decoded, text.size(), ComparedText(text));
}

}  // namespace letterpress::mail
