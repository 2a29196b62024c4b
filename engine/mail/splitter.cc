// SPDX-License-Identifier: Apache-2.0
#include "mail/splitter.h"

#include "mail/segment_scan.h"
#include "mail/tar_scan.h"

namespace letterpress::mail {

void Splitter::split(ByteView segment, SplitSegment& out) {
  out.pieces.clear();
  out.stored.clear();
  out.layouts.clear();
  if (state_.tar.is_archive) {
    TarScan(state_, segment, out).run();
  } else {
    SegmentScan(state_, segment, out).run();
  }
}

}  // namespace letterpress::mail
