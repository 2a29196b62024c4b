// SPDX-License-Identifier: Apache-2.0
/// A shape of hostile mail: what a sender would write to make a reader slow, large or wrong.
///
///     for (const Shape& shape : hostile_shapes()) write_shape(shape, bytes, out);
///
/// A shape is a pattern that is repeated until the mail has the bytes that were asked for, so that
/// n and 2n bytes of one shape can be compared. Patterns are text with insertions (pattern.h).
/// Tables of constants; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mailgen {

class PatternText;

struct Shape {
  std::string_view name;       // family.shape; also the name of its file
  std::string_view extension;  // eml, mbox, tar or bin
  std::string_view what;
  std::string_view head;
  std::string_view unit;          // repeated
  std::string_view tail = {};     // once
  std::string_view closing = {};  // as often as the unit, numbered backwards
  bool is_one_line = false;       // `large` is 1 GiB of it
  void (*write)(PatternText& out, std::uint64_t bytes) = nullptr;  // instead of the patterns
};

/// One table a family.
std::span<const Shape> nesting_shapes();
std::span<const Shape> part_shapes();
std::span<const Shape> header_shapes();
std::span<const Shape> parameter_shapes();
std::span<const Shape> line_shapes();
std::span<const Shape> boundary_shapes();
std::span<const Shape> base64_shapes();
std::span<const Shape> base64_column_shapes();
std::span<const Shape> encoding_shapes();
std::span<const Shape> mbox_shapes();
std::span<const Shape> ending_shapes();
std::span<const Shape> byte_shapes();
std::span<const Shape> tar_shapes();
std::span<const Shape> compressed_shapes();
std::span<const Shape> unterminated_shapes();

/// All of them, by family.
std::vector<Shape> hostile_shapes();

/// Writes at least `bytes` of the shape, and little more.
void write_shape(const Shape& shape, std::uint64_t bytes, PatternText& out);

}  // namespace mailgen
