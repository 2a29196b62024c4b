// SPDX-License-Identifier: Apache-2.0
// Streams whose checksums are right, whatever their frames hold: a list of items (fuzz_input.h),
// each the type of a frame and its body. The sum of all frames is added to the body of the last.
//
//   const Bytes stream = sealed_frames(list);
//   const Bytes list = frames_of(stream);        // the other way; entries are stored raw in it
#pragma once

#include "base/byte_cursor.h"
#include "base/varint.h"
#include "codecs/codec.h"
#include "fuzz_input.h"
#include "hashing/blake3.h"
#include "stream/frame.h"

namespace letterpress::fuzz {

inline Bytes sealed_frames(ByteView list) {
  Bytes stream;
  hashing::Hasher sums;
  for (const ByteView item : items_of(list)) {
    if (item.empty()) continue;
    const auto type = static_cast<stream::FrameType>(item[0]);
    Bytes body(item.begin() + 1, item.end());
    if (type == stream::FrameType::kEnd) append(body, sums.finish().bytes);
    stream::append_frame(type, body, stream);
    sums.update(ByteView(stream).last(stream::kFrameSumBytes));
  }
  return stream;
}

// Of a good stream. Frames that are longer than an item are left out.
inline Bytes frames_of(ByteView stream) {
  Bytes list;
  codecs::BlockCodec codec;
  while (!stream.empty()) {
    const stream::FrameHead head = stream::decode_frame_head(stream);
    const ByteView body = stream.subspan(stream::kFrameHeadBytes, head.body_bytes);
    stream = stream.subspan(stream::kFrameHeadBytes + head.body_bytes + stream::kFrameSumBytes);
    Bytes item = {head.type};
    if (head.type == static_cast<std::uint8_t>(stream::FrameType::kEntries)) {
      ByteCursor cursor(body);
      const auto used = static_cast<codecs::Codec>(cursor.le<std::uint8_t>());
      const std::uint64_t raw_bytes = cursor.varint();
      Bytes records;
      if (!codec.decompress(used, cursor.take(cursor.remaining()),
                            static_cast<std::size_t>(raw_bytes), records)) {
        continue;
      }
      item.push_back(static_cast<std::uint8_t>(codecs::Codec::kRaw));
      append_varint(item, raw_bytes);
      append(item, records);
    } else {
      const bool is_end = head.type == static_cast<std::uint8_t>(stream::FrameType::kEnd);
      append(item, body.first(body.size() - (is_end ? sizeof(ChunkId::bytes) : 0)));
    }
    if (item.size() <= UINT16_MAX) append_item(list, item);
  }
  return list;
}

}  // namespace letterpress::fuzz
