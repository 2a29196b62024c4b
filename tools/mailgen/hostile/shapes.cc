// SPDX-License-Identifier: Apache-2.0
#include "hostile/pattern.h"
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kOrdinaryShapes[] = {
    {"ordinary.text", "eml", "a plain text, to compare with", "{H}\n", "{t:72}\n"},
    {"ordinary.attachment", "eml", "a text and an attachment of 76 columns, to compare with",
     "{M}--x\n\n{t:72}\n--x\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n",
     "{b:76}\n", "--x--\n"},
};

}  // namespace

std::vector<Shape> hostile_shapes() {
  std::vector<Shape> all;
  for (const std::span<const Shape> family :
       {std::span<const Shape>(kOrdinaryShapes), nesting_shapes(), part_shapes(), header_shapes(),
        parameter_shapes(), line_shapes(), boundary_shapes(), base64_shapes(),
        base64_column_shapes(), encoding_shapes(), mbox_shapes(), ending_shapes(), byte_shapes(),
        tar_shapes(), compressed_shapes(), unterminated_shapes()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

void write_shape(const Shape& shape, std::uint64_t bytes, PatternText& out) {
  if (shape.write != nullptr) return shape.write(out, bytes);
  const Pattern unit(shape.unit);
  const Pattern closing(shape.closing);
  out.put(Pattern(shape.head), 0);
  // Half of the bytes if as many units again close what was opened.
  std::uint64_t count = out.put_until(unit, shape.closing.empty() ? bytes : bytes / 2);
  out.put(Pattern(shape.tail), count);
  if (shape.closing.empty()) return;
  while (count > 0) out.put(closing, --count);
}

}  // namespace mailgen
