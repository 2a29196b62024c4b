// SPDX-License-Identifier: Apache-2.0
// Splits any bytes, in two segments at a border that the input chooses.
// Checks: the pieces cover the segment exactly, in order; every piece rebuilds to its bytes.
#include <algorithm>
#include <cstdlib>

#include "mail/rebuild.h"
#include "mail/splitter.h"

namespace {

using letterpress::Bytes;
using letterpress::ByteView;
namespace mail = letterpress::mail;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(mail::Splitter& splitter, ByteView segment) {
  mail::SplitSegment out;
  splitter.split(segment, out);
  std::size_t at = 0;
  UnsetBytes rebuilt;
  for (const mail::Piece& piece : out.pieces) {
    const bool is_raw = piece.transform == mail::Transform::kIdentity;
    const ByteView from = is_raw ? segment : ByteView(out.stored);
    const ByteView stored = from.subspan(piece.stored_offset, piece.stored_bytes);
    const ByteView layout = ByteView(out.layouts).subspan(piece.layout_offset, piece.layout_bytes);
    rebuilt.clear();
    require(mail::rebuild(piece.transform, layout, stored, piece.raw_bytes, rebuilt).has_value());
    require(piece.raw_bytes <= segment.size() - at);
    require(std::ranges::equal(rebuilt, segment.subspan(at, piece.raw_bytes)));
    at += piece.raw_bytes;
  }
  require(at == segment.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t border = (data[size - 2] | std::size_t{data[size - 1]} << 8) % (size - 1);
  const ByteView bytes(data, size - 2);
  const ByteView first = bytes.first(std::min(border, bytes.size()));
  mail::Splitter splitter(mail::recognise(bytes));
  check(splitter, first);
  check(splitter, bytes.subspan(first.size()));
  return 0;
}
