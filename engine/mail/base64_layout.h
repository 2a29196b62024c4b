// SPDX-License-Identifier: Apache-2.0
// How the lines of a run of base64 lie: one regular shape, and literal exceptions from it.
// The bytes are defined in docs/STREAM.md, "Base64 layout". Part of the formats.
//
//   LayoutWriter writer(shape, layout);
//   writer.add_exception(position, literal);   // by rising position
//   writer.finish(ends, unpadded);
//
//   LayoutReader reader(layout);               // head first, then the exceptions one by one
//   while (std::optional<LayoutException> next = reader.next()) ...
//   if (!reader.ok()) ...
//
// Positions count base64 characters, padding included, from the start of the run. Views stay valid
// as long as the layout's bytes. Not thread-safe; nothing but the layout itself is allocated.
#pragma once

#include <array>
#include <optional>

#include "base/byte_cursor.h"
#include "base/bytes.h"
#include "mail/base64_codec.h"

namespace letterpress::mail {

inline constexpr std::size_t kEndingBytesMax = 8;
// Longer breaks end a run when it is written; a reader takes any that are in the layout.
inline constexpr std::size_t kBreakBytesMax = 32;

struct LineShape {
  std::uint64_t line_chars = 0;  // 0: no line is ever full
  std::uint8_t ending_bytes = 0;
  std::array<std::uint8_t, kEndingBytesMax> ending{};

  ByteView ending_view() const noexcept { return {ending.data(), ending_bytes}; }
};

// Requires ending.size() <= kEndingBytesMax.
LineShape make_shape(std::uint64_t line_chars, ByteView ending) noexcept;

// Whether a full line is whole quanta; then whole_lines() gives these lines as the codec wants
// them.
bool has_whole_lines(const LineShape& shape) noexcept;
Base64Lines whole_lines(const LineShape& shape) noexcept;

// Instead of the regular break, if one were due here, this literal; a line starts after it.
struct LayoutException {
  std::uint64_t position;
  std::uint8_t repeat;  // how often the regular ending stands here, if `literal` does not
  ByteView literal;
};

class LayoutWriter {
 public:
  // What undoes everything that was added later.
  struct Mark {
    std::size_t layout_bytes;
    std::uint64_t last_position;
  };

  // Appends to `layout`, which must outlive the writer.
  LayoutWriter(const LineShape& shape, Bytes& layout);

  void add_exception(std::uint64_t position, ByteView literal);
  std::size_t size_bytes() const noexcept { return layout_.size() - start_; }
  Mark mark() const noexcept { return {layout_.size(), last_position_}; }
  void cut_back(const Mark& mark);
  // `ends`: the regular ending follows the last character. `unpadded`: without its `=`.
  void finish(bool ends, bool unpadded) noexcept;

 private:
  LineShape shape_;
  Bytes& layout_;
  std::size_t start_;
  std::uint64_t last_position_ = 0;
};

class LayoutReader {
 public:
  explicit LayoutReader(ByteView layout) noexcept;

  // False after malformed bytes were met. next() then gives nothing.
  bool ok() const noexcept { return ok_ && cursor_.ok(); }
  const LineShape& shape() const noexcept { return shape_; }
  bool ends() const noexcept { return ends_; }
  bool unpadded() const noexcept { return unpadded_; }
  std::optional<LayoutException> next() noexcept;

 private:
  ByteCursor cursor_;
  LineShape shape_;
  bool ends_ = false;
  bool unpadded_ = false;
  bool ok_ = true;
  bool first_ = true;
  std::uint64_t position_ = 0;
};

}  // namespace letterpress::mail
