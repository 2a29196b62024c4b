// SPDX-License-Identifier: Apache-2.0
#include "stream/known_segment.h"

#include <algorithm>
#include <numeric>

#include "base/limits.h"
#include "base/varint.h"
#include "stream/rebuilder.h"

namespace letterpress::stream {

Digest segment_digest(std::span<const Digest> stretches, const HashKey* key) noexcept {
  static_assert(sizeof(Digest) == 16);
  if (stretches.empty()) return Digest{};
  if (stretches.size() == 1) return stretches.front();
  return digest_of(ByteView(stretches.front().data(), stretches.size_bytes()), key);
}

std::uint64_t raw_bytes_of(const KnownSegment& segment) noexcept {
  return std::accumulate(segment.stretch_bytes.begin(), segment.stretch_bytes.end(),
                         std::uint64_t{0});
}

void append_known_segment(Bytes& out, const KnownSegment& segment) {
  append_varint(out, segment.stretch_bytes.size());
  for (const std::uint32_t bytes : segment.stretch_bytes) append_varint(out, bytes);
  append(out, segment.digest);
  append_varint(out, segment.base64_bytes);
  append_varint(out, segment.messages);
  append_varint(out, segment.recipes.size());
  for (const ContentRef::Child& recipe : segment.recipes) {
    append_varint(out, recipe.place.block);
    append_varint(out, recipe.place.ordinal);
    append_varint(out, recipe.covered_bytes);
  }
}

bool read_known_segment(ByteCursor& cursor, KnownSegment& segment) {
  const std::uint64_t stretches = cursor.varint();
  if (stretches > cursor.remaining()) return false;
  segment.stretch_bytes.resize(static_cast<std::size_t>(stretches));
  for (std::uint32_t& bytes : segment.stretch_bytes) {
    const std::uint64_t value = cursor.varint();
    if (value > kSegmentBytesMax) return false;
    bytes = static_cast<std::uint32_t>(value);
  }
  const ByteView digest = cursor.take(segment.digest.size());
  std::copy(digest.begin(), digest.end(), segment.digest.begin());
  segment.base64_bytes = cursor.varint();
  segment.messages = cursor.varint();
  const std::uint64_t recipes = cursor.varint();
  if (recipes > cursor.remaining()) return false;
  segment.recipes.resize(static_cast<std::size_t>(recipes));
  for (ContentRef::Child& recipe : segment.recipes) {
    recipe.place.block = cursor.varint();
    const std::uint64_t ordinal = cursor.varint();
    recipe.covered_bytes = cursor.varint();
    if (recipe.place.block > kBlockNumberMax || ordinal >= kBlockChunksMax) return false;
    recipe.place.ordinal = static_cast<std::uint32_t>(ordinal);
  }
  return cursor.ok();
}

ByteView KnownSegments::find(std::uint64_t offset, std::uint64_t raw_bytes, bool is_whole) {
  while (at_ < encoded_.size() && offset_ <= offset) {
    const ByteView rest = ByteView(encoded_).subspan(at_);
    ByteCursor cursor(rest);
    if (!read_known_segment(cursor, segment_)) {
      at_ = encoded_.size();
      break;
    }
    const std::uint64_t begin = offset_;
    at_ += cursor.offset();
    offset_ += raw_bytes_of(segment_);
    if (begin < offset || raw_bytes_of(segment_) != raw_bytes) continue;
    if (segment_.recipes.empty() && !is_whole) continue;
    return rest.first(cursor.offset());
  }
  return {};
}

}  // namespace letterpress::stream
