// SPDX-License-Identifier: Apache-2.0
// What a run stored of one segment of a file: enough to know the segment again by its bytes'
// digests, and then to take over its recipe without splitting or cutting it. A writer's state keeps
// these, in the order of the file; a vault does not.
//
//   Bytes all;
//   append_known_segment(all, segment);               // for each, in order
//
//   KnownSegments known(std::move(all));
//   ByteView one = known.find(offset, raw_bytes, is_whole);   // for each segment that is read
//
//   KnownSegment segment;                             // its buffers are used again
//   ByteCursor cursor(one);
//   if (read_known_segment(cursor, segment) && cursor.at_end()) ...
//
// Plain values. Not a format: private to one version of the program.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/byte_cursor.h"
#include "letterpress/chunk.h"
#include "stream/content_ref.h"
#include "stream/recipe.h"

namespace letterpress::stream {

struct KnownSegment {
  std::vector<std::uint32_t> stretch_bytes;  // the original bytes of each stretch
  Digest digest{};                           // segment_digest() of the stretches' digests
  std::uint64_t base64_bytes = 0;            // of the original: for totals, as is the next
  std::uint64_t messages = 0;
  // Its recipe chunks. None: the recipe is inside the file's reference; the segment is the file.
  std::vector<ContentRef::Child> recipes;
};

// Of one stretch its own digest, of several the digest of theirs, one after the other.
Digest segment_digest(std::span<const Digest> stretches, const HashKey* key) noexcept;

std::uint64_t raw_bytes_of(const KnownSegment& segment) noexcept;

void append_known_segment(Bytes& out, const KnownSegment& segment);
// False: damaged; memory is bounded by the bytes given.
bool read_known_segment(ByteCursor& cursor, KnownSegment& segment);

// The segments of one file, found by where they lie.
class KnownSegments {
 public:
  explicit KnownSegments(Bytes&& encoded) : encoded_(std::move(encoded)) {}

  // The encoded segment of `raw_bytes` bytes that begins at `offset` of the file, which is not
  // below that of the call before; empty if there is none. One whose recipe is inside the file's
  // reference is found only if it is asked for as the whole file. Valid as long as this object.
  ByteView find(std::uint64_t offset, std::uint64_t raw_bytes, bool is_whole);

 private:
  Bytes encoded_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;  // in the file, of the segment at at_
  KnownSegment segment_;
};

}  // namespace letterpress::stream
