// SPDX-License-Identifier: Apache-2.0
#include "stream/frame.h"

#include <xxhash.h>

#include "base/assert.h"
#include "base/endian.h"

namespace letterpress::stream {

void append_frame(FrameType type, ByteView body, Bytes& out) {
  LETTERPRESS_ASSERT(body.size() <= kFrameBodyBytesMax);
  const std::size_t begin = out.size();
  out.reserve(begin + kFrameHeadBytes + body.size() + kFrameSumBytes);
  out.push_back(static_cast<std::uint8_t>(type));
  out.insert(out.end(), 3, 0);
  append_le(out, static_cast<std::uint32_t>(body.size()));
  append(out, body);
  append_le(out, frame_sum(ByteView(out).subspan(begin)));
}

FrameHead decode_frame_head(ByteView head) noexcept {
  const auto body_bytes = load_le<std::uint32_t>(head.data() + 4);
  const bool has_type = is_optional_frame(head[0]) || (head[0] >= 'A' && head[0] <= 'Z');
  const bool zeros = (head[1] | head[2] | head[3]) == 0;
  return FrameHead{head[0], body_bytes, has_type && zeros && body_bytes <= kFrameBodyBytesMax};
}

std::uint64_t frame_sum(ByteView head_and_body) noexcept {
  return XXH3_64bits(head_and_body.data(), head_and_body.size());
}

}  // namespace letterpress::stream
