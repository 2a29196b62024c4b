// SPDX-License-Identifier: Apache-2.0
#include "mail/splitter.h"

#include "mail/segment_scan.h"

namespace letterpress::mail {

void Splitter::split(ByteView segment, SplitSegment& out) {
  SegmentScan(state_, segment, out).run();
}

}  // namespace letterpress::mail
