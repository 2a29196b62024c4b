// SPDX-License-Identifier: Apache-2.0
#include "mail/splitter.h"

#include "mail/segment_scan.h"
#include "mail/tar_scan.h"

namespace letterpress::mail {

void SplitSegment::clear() noexcept {
  pieces.clear();
  stored.clear();
  layouts.clear();
}

void Splitter::split(ByteView segment, SplitSegment& out) {
  out.clear();
  // Transforms make bytes fewer. Pages that are not written cost nothing, growing would.
  out.stored.reserve(segment.size());
  append(segment, out);
}

void Splitter::append(ByteView segment, SplitSegment& out) {
  if (state_.tar.is_archive) {
    TarScan(state_, segment, out).run();
  } else {
    SegmentScan(state_, segment, out).run();
  }
}

}  // namespace letterpress::mail
