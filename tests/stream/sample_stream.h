// SPDX-License-Identifier: Apache-2.0
// A small stream that has everything a stream can have, and what it must become.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"

namespace letterpress::stream {

struct SampleStream {
  Bytes bytes;
  // Files and what they hold, after the moves; abandoned ones are not there.
  std::map<std::string, std::string> files;
};

// Two groups; three kinds; all transforms; extents that go on, jump, come in number and span
// chunks; a file in parts over the group's end; folder, links, a move, an abandoned and an empty
// file. `filler_bytes` of text that compresses go into one more file, so that there is zstd, too.
SampleStream make_sample_stream(std::size_t filler_bytes);

}  // namespace letterpress::stream
