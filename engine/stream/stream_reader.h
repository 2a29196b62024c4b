// SPDX-License-Identifier: Apache-2.0
// Reads the interchange stream frame by frame (docs/STREAM.md), trusting nothing in it.
//
//   StreamReader reader([&](std::span<std::uint8_t> into) { return file.read(into); });
//   LETTERPRESS_TRY_ASSIGN(StreamHeader header, reader.read_header());
//   while (true) {
//     LETTERPRESS_TRY_ASSIGN(StreamEvent event, reader.next());
//     if (std::holds_alternative<StreamEnd>(event)) break;
//     ...
//   }
//
// Errors carry the offset in the stream. kCorrupt for damage and for a stream that is cut short:
// every event before was whole. Memory: two frames, at most 16 MiB. Not thread-safe.
#pragma once

#include <functional>
#include <variant>

#include "base/byte_cursor.h"
#include "hashing/blake3.h"
#include "stream/frame.h"
#include "stream/sink.h"
#include "stream/stream_header.h"

namespace letterpress::stream {

// A block, still encoded: decode_block() it, or keep it. Valid until the next call.
struct EncodedBlock {
  ByteView bytes;
};

// An entry or a part of one. `entry` is empty unless is_first; `recipe` is valid until the next
// call.
struct EntryRecord {
  Entry entry;
  ByteView recipe;
  bool is_first = true;
  bool is_last = true;
  bool is_abandoned = false;
};

struct GroupEnd {};
struct StreamEnd {
  StreamTotals totals;
};

using StreamEvent = std::variant<EncodedBlock, EntryRecord, Moved, GroupEnd, StreamEnd>;

class StreamReader {
 public:
  // Fills its argument; fewer bytes only at the end of the input.
  using Input = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;
  explicit StreamReader(Input input);

  Result<StreamHeader> read_header();
  Result<StreamEvent> next();

  std::uint64_t offset() const noexcept { return offset_; }  // behind the last whole frame

 private:
  Result<FrameHead> read_frame();
  Result<StreamEvent> next_record();
  Result<StreamEvent> read_end();
  Status check_order(FrameType type);
  Status open_entries();
  Error damaged(std::string_view what) const;

  Input input_;
  hashing::Hasher sums_;  // over the checksums of the frames so far
  ChunkId sums_before_;   // the same without the newest frame: what the last frame must say
  Bytes frame_;
  ByteView body_;
  codecs::BlockCodec codec_;
  Bytes records_;
  ByteCursor record_cursor_{ByteView{}};
  FrameType last_type_ = FrameType::kHeader;
  bool is_inside_entry_ = false;
  StreamTotals seen_;
  std::uint64_t offset_ = 0;
};

}  // namespace letterpress::stream
