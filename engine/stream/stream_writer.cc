// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_writer.h"

#include <utility>

#include "base/varint.h"
#include "stream/entry_codec.h"

namespace letterpress::stream {
StreamWriter::StreamWriter(const StreamHeader& header, Output output)
    : header_(header), output_(std::move(output)) {}

Status StreamWriter::write_frame(FrameType type) {
  frame_.clear();
  append_frame(type, body_, frame_);
  sums_.update(ByteView(frame_).last(kFrameSumBytes));
  bytes_written_ += frame_.size();
  return output_(frame_);
}

Status StreamWriter::write_header() {
  if (bytes_written_ > 0) return Ok{};
  body_ = encode_stream_header(header_);
  return write_frame(FrameType::kHeader);
}

Status StreamWriter::put_block(Block&& block) {
  LETTERPRESS_TRY(write_header());
  body_.clear();
  encode_block(block, true, body_);
  ++totals_.blocks;
  totals_.chunks += block.lengths.size();
  block_bytes_written_ += block.payload.size();
  return write_frame(FrameType::kBlock);
}

Status StreamWriter::put_borrowed(Block&& block) {
  if (!header_.borrows_chunks) return Sink::put_borrowed(std::move(block));
  LETTERPRESS_TRY(write_header());
  body_.clear();
  encode_borrowed(block, body_);
  ++totals_.blocks;
  totals_.chunks += block.lengths.size();
  borrowed_chunks_ += block.lengths.size();
  for (const std::uint32_t length : block.lengths) borrowed_bytes_ += length;
  return write_frame(FrameType::kBorrowed);
}

Status StreamWriter::put_entry(PressedEntry&& entry) {
  records_.push_back(static_cast<std::uint8_t>((entry.is_first ? kRecordFirst : 0) |
                                               (entry.is_last ? kRecordLast : 0) |
                                               (entry.is_abandoned ? kRecordAbandoned : 0)));
  if (entry.is_first) {
    ++totals_.entries;
    append_text(records_, entry.entry.path);
    append_metadata(records_, entry.entry.metadata);
  }
  totals_.raw_bytes += entry.raw_bytes;
  append_varint(records_, entry.content.size());
  append(records_, entry.content);
  return write_full_entries();
}

Status StreamWriter::put_moved(Moved&& moved) {
  records_.push_back(kRecordMoved);
  append_text(records_, moved.from);
  append_text(records_, moved.to);
  return write_full_entries();
}

Status StreamWriter::write_full_entries() {
  if (records_.size() < kEntriesBytesTarget) return Ok{};
  return write_entries();
}

Status StreamWriter::write_entries() {
  if (records_.empty()) return Ok{};
  LETTERPRESS_TRY(write_header());
  const codecs::Codec used = codec_.compress(Kind::kRecipe, records_, compressed_);
  body_.clear();
  body_.push_back(static_cast<std::uint8_t>(used));
  append_varint(body_, records_.size());
  append(body_, compressed_);
  records_.clear();
  return write_frame(FrameType::kEntries);
}

Status StreamWriter::end_group() {
  LETTERPRESS_TRY(write_entries());
  LETTERPRESS_TRY(write_header());
  body_.clear();
  return write_frame(FrameType::kGroupEnd);
}

Status StreamWriter::finish() {
  LETTERPRESS_TRY(write_header());
  body_.clear();
  append_varint(body_, totals_.entries);
  append_varint(body_, totals_.raw_bytes);
  append_varint(body_, totals_.blocks);
  append_varint(body_, totals_.chunks);
  append(body_, sums_.finish().bytes);
  return write_frame(FrameType::kEnd);
}

}  // namespace letterpress::stream
