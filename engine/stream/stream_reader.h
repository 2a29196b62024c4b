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
// Errors carry the offset in the stream; fault() has it too, with a name for what is wrong.
// kCorrupt for damage and for a stream that is cut short: every event before was whole.
// kUnsupported for what a newer version made. Memory: two frames, at most 16 MiB, and the numbers
// of a group's blocks. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <variant>

#include "base/byte_cursor.h"
#include "hashing/blake3.h"
#include "stream/fault.h"
#include "stream/frame.h"
#include "stream/sink.h"
#include "stream/stream_header.h"

namespace letterpress::stream {

// A block, still encoded: open_block() its view, or keep the bytes. Valid until the next call.
struct EncodedBlock {
  ByteView bytes;
  BlockView view;
};

// Chunks that entries need and that the stream does not carry. Valid until the next call.
struct BorrowedBlock {
  ByteView bytes;
  BlockView view;
};

// An entry or a part of one. `entry` is empty unless is_first; `recipe` is valid until the next
// call.
struct EntryRecord {
  Entry entry;
  ByteView recipe;
  std::optional<std::uint64_t> raw_bytes;  // that the recipe makes; none if it is damaged
  std::uint64_t block_end = 0;             // see RecipeReach
  bool is_first = true;
  bool is_last = true;
  bool is_abandoned = false;
};

struct GroupEnd {};
struct StreamEnd {
  StreamTotals totals;
};

using StreamEvent =
    std::variant<EncodedBlock, BorrowedBlock, EntryRecord, Moved, GroupEnd, StreamEnd>;

class StreamReader {
 public:
  // Fills its argument; fewer bytes only at the end of the input.
  using Input = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;
  explicit StreamReader(Input input);

  Result<StreamHeader> read_header();
  Result<StreamEvent> next();

  std::uint64_t offset() const noexcept { return offset_; }  // behind the last whole frame
  std::uint64_t frame_offset() const noexcept { return frame_offset_; }  // where that one begins
  std::uint64_t blocks() const noexcept { return seen_.blocks; }
  std::uint64_t groups() const noexcept { return groups_; }              // that have ended
  std::uint64_t group_offset() const noexcept { return group_offset_; }  // behind the last of them
  // What came out of the input: more than offset() if it ends inside a frame.
  std::uint64_t input_bytes() const noexcept { return input_bytes_; }
  // Of the error that was given, if it is one of the stream and not of its input.
  const std::optional<StreamFault>& fault() const noexcept { return fault_; }

 private:
  Result<std::size_t> read(std::span<std::uint8_t> into);
  Result<FrameHead> read_frame();
  Result<FrameHead> next_frame();
  Result<StreamEvent> take_block(Result<BlockView> view, bool is_borrowed);
  Result<StreamEvent> next_record();
  Result<StreamEvent> read_end();
  Status check_order(FrameType type);
  Status open_entries();
  Result<Entry> read_entry();
  Status end_group();
  Error wrong(Fault fault, std::string_view what);

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
  bool borrows_chunks_ = false;
  StreamTotals seen_;
  bool has_bad_recipe_ = false;  // and so seen_.raw_bytes is not all
  std::uint64_t group_first_ = 0;
  std::set<std::uint64_t> group_numbers_;  // of the blocks of the open group
  std::uint64_t groups_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t frame_offset_ = 0;
  std::uint64_t group_offset_ = 0;
  std::uint64_t input_bytes_ = 0;
  std::optional<StreamFault> fault_;
};

}  // namespace letterpress::stream
