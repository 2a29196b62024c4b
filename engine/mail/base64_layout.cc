// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_layout.h"

#include <algorithm>

#include "base/assert.h"
#include "base/endian.h"
#include "base/varint.h"

namespace letterpress::mail {
namespace {

// The head byte: shape number, and two flags above it; the highest bit is zero.
constexpr std::uint8_t kShapeMask = 0x1f;
constexpr std::uint8_t kEndsBit = 0x20;
constexpr std::uint8_t kUnpaddedBit = 0x40;

struct KnownShape {
  std::uint64_t line_chars;
  std::string_view ending;
};

// Shape numbers count from 1; 0 is a shape written out. Part of the formats; only append.
constexpr KnownShape kKnownShapes[] = {{76, "\n"}, {76, "\r\n"}, {72, "\n"},  {72, "\r\n"},
                                       {64, "\n"}, {64, "\r\n"}, {60, "\n"},  {60, "\r\n"},
                                       {0, "\n"},  {0, "\r\n"},  {76, " \n"}, {76, " \r\n"}};

// What an exception's low two bits say.
enum ExceptionCode : std::uint8_t { kEnding = 0, kNothing = 1, kEndingTwice = 2, kLiteral = 3 };

bool same(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

std::uint8_t shape_number(const LineShape& shape) noexcept {
  std::uint8_t number = 0;
  for (const KnownShape& known : kKnownShapes) {
    ++number;
    if (known.line_chars == shape.line_chars && same(as_bytes(known.ending), shape.ending_view())) {
      return number;
    }
  }
  return 0;
}

ExceptionCode exception_code(const LineShape& shape, ByteView literal) noexcept {
  const ByteView ending = shape.ending_view();
  if (literal.empty()) return kNothing;
  if (same(literal, ending)) return kEnding;
  const bool twice = literal.size() == 2 * ending.size() &&
                     same(literal.first(ending.size()), ending) &&
                     same(literal.last(ending.size()), ending);
  return twice ? kEndingTwice : kLiteral;
}

}  // namespace

LineShape make_shape(std::uint64_t line_chars, ByteView ending) noexcept {
  LETTERPRESS_ASSERT(ending.size() <= kEndingBytesMax);
  LineShape shape;
  shape.line_chars = line_chars;
  shape.ending_bytes = static_cast<std::uint8_t>(ending.size());
  std::ranges::copy(ending, shape.ending.begin());
  return shape;
}

bool has_whole_lines(const LineShape& shape) noexcept {
  return shape.line_chars != 0 && shape.line_chars % 4 == 0;
}

Base64Lines whole_lines(const LineShape& shape) noexcept {
  static_assert(kEndingBytesMax == sizeof(std::uint64_t));
  return {static_cast<std::size_t>(shape.line_chars / 4), shape.ending_bytes,
          load_le<std::uint64_t>(shape.ending.data())};
}

LayoutWriter::LayoutWriter(const LineShape& shape, Bytes& layout)
    : shape_(shape), layout_(layout), start_(layout.size()) {
  const std::uint8_t number = shape_number(shape);
  layout_.push_back(number);
  if (number != 0) return;
  append_varint(layout_, shape.line_chars);
  layout_.push_back(shape.ending_bytes);
  append(layout_, shape.ending_view());
}

void LayoutWriter::add_exception(std::uint64_t position, ByteView literal) {
  const ExceptionCode code = exception_code(shape_, literal);
  append_varint(layout_, (position - last_position_) << 2 | code);
  last_position_ = position;
  if (code != kLiteral) return;
  append_varint(layout_, literal.size());
  append(layout_, literal);
}

void LayoutWriter::cut_back(const Mark& mark) {
  layout_.resize(mark.layout_bytes);
  last_position_ = mark.last_position;
}

void LayoutWriter::finish(bool ends, bool unpadded) noexcept {
  std::uint8_t& head = layout_[start_];
  if (ends) head |= kEndsBit;
  if (unpadded) head |= kUnpaddedBit;
}

LayoutReader::LayoutReader(ByteView layout) noexcept : cursor_(layout) {
  const auto head = cursor_.le<std::uint8_t>();
  const std::uint8_t number = head & kShapeMask;
  ends_ = (head & kEndsBit) != 0;
  unpadded_ = (head & kUnpaddedBit) != 0;
  ok_ = (head & 0x80) == 0 && number <= std::size(kKnownShapes);
  if (!ok()) return;
  if (number != 0) {
    const KnownShape& known = kKnownShapes[number - 1];
    shape_ = make_shape(known.line_chars, as_bytes(known.ending));
    return;
  }
  const std::uint64_t line_chars = cursor_.varint();
  const auto ending_bytes = cursor_.le<std::uint8_t>();
  ok_ = ending_bytes <= kEndingBytesMax;
  if (ok()) shape_ = make_shape(line_chars, cursor_.take(ending_bytes));
}

std::optional<LayoutException> LayoutReader::next() noexcept {
  if (!ok() || cursor_.at_end()) return std::nullopt;
  const std::uint64_t coded = cursor_.varint();
  const std::uint64_t delta = coded >> 2;
  LayoutException exception{position_ + delta, 0, {}};
  // Positions rise strictly, so that none of a hostile layout's exceptions is free of characters.
  ok_ = first_ || delta != 0;
  first_ = false;
  position_ = exception.position;
  switch (coded & 3) {
    case kEnding:
      exception.repeat = 1;
      break;
    case kEndingTwice:
      exception.repeat = 2;
      break;
    case kLiteral:
      exception.literal = cursor_.take(cursor_.varint());
      break;
    default:
      break;
  }
  if (!ok()) return std::nullopt;
  return exception;
}

}  // namespace letterpress::mail
