// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_reader.h"

#include <algorithm>
#include <utility>

#include "stream/entry_codec.h"

namespace letterpress::stream {

StreamReader::StreamReader(Input input) : input_(std::move(input)) {}

Error StreamReader::damaged(std::string_view what) const {
  return Error(ErrorCode::kCorrupt,
               "stream, byte " + std::to_string(offset_) + ": " + std::string(what));
}

Result<FrameHead> StreamReader::read_frame() {
  frame_.resize(kFrameHeadBytes);
  LETTERPRESS_TRY_ASSIGN(std::size_t got, input_(frame_));
  if (got < kFrameHeadBytes) {
    return damaged("the stream ends here, before its last frame; what came before is whole");
  }
  const FrameHead head = decode_frame_head(frame_);
  if (!head.is_valid) {
    return damaged(offset_ == 0 ? "this is not a letterpress stream" : "no frame starts here");
  }
  const std::size_t rest = head.body_bytes + kFrameSumBytes;
  frame_.resize(kFrameHeadBytes + rest);
  LETTERPRESS_TRY_ASSIGN(got, input_(std::span(frame_).subspan(kFrameHeadBytes)));
  if (got < rest) return damaged("the stream ends inside this frame");
  const ByteView summed = ByteView(frame_).first(kFrameHeadBytes + head.body_bytes);
  const ByteView sum = ByteView(frame_).last(kFrameSumBytes);
  if (frame_sum(summed) != load_le<std::uint64_t>(sum.data())) {
    return damaged("the frame that starts here is damaged: its checksum does not match");
  }
  body_ = summed.subspan(kFrameHeadBytes);
  sums_before_ = sums_.finish();
  sums_.update(sum);
  offset_ += frame_.size();
  return head;
}

Result<StreamHeader> StreamReader::read_header() {
  LETTERPRESS_TRY_ASSIGN(const FrameHead head, read_frame());
  if (head.type != static_cast<std::uint8_t>(FrameType::kHeader)) {
    return Error(ErrorCode::kCorrupt, "this is not a letterpress stream");
  }
  return decode_stream_header(body_);
}

Result<StreamEvent> StreamReader::next() {
  if (!record_cursor_.at_end()) return next_record();
  LETTERPRESS_TRY_ASSIGN(const FrameHead head, read_frame());
  LETTERPRESS_TRY(check_order(static_cast<FrameType>(head.type)));
  switch (static_cast<FrameType>(head.type)) {
    case FrameType::kBlock:
      ++seen_.blocks;
      return StreamEvent(EncodedBlock{body_});
    case FrameType::kEntries:
      LETTERPRESS_TRY(open_entries());
      return next_record();
    case FrameType::kGroupEnd:
      if (!body_.empty()) return damaged("a group end has a body");
      return StreamEvent(GroupEnd{});
    case FrameType::kEnd:
      return read_end();
    default:
      return Error(ErrorCode::kUnsupported, "stream, before byte " + std::to_string(offset_) +
                                                ": a frame of type " + std::to_string(head.type) +
                                                ", which this version does not know");
  }
}

// The order is that of Sink's calls: (block* entries* group end)* end.
Status StreamReader::check_order(FrameType type) {
  const FrameType before = std::exchange(last_type_, type);
  const bool is_wrong =
      (type == FrameType::kBlock && before == FrameType::kEntries) ||
      (type == FrameType::kEnd && before != FrameType::kHeader && before != FrameType::kGroupEnd) ||
      type == FrameType::kHeader || before == FrameType::kEnd;
  if (is_wrong) return damaged("a frame stands where none of its type may");
  return Ok{};
}

Status StreamReader::open_entries() {
  ByteCursor cursor(body_);
  const auto codec = cursor.le<std::uint8_t>();
  const std::uint64_t raw_bytes = cursor.varint();
  if (!cursor.ok() || codec > 1 || raw_bytes == 0 || raw_bytes > kEntriesBytesMax) {
    return damaged("a frame of entries has a wrong head");
  }
  const ByteView stored = cursor.take(cursor.remaining());
  if (Status status = codec_.decompress(static_cast<codecs::Codec>(codec), stored,
                                        static_cast<std::size_t>(raw_bytes), records_);
      !status) {
    return damaged(status.error().message());
  }
  record_cursor_ = ByteCursor(records_);
  return Ok{};
}

Result<StreamEvent> StreamReader::next_record() {
  const auto flags = record_cursor_.le<std::uint8_t>();
  if (flags == kRecordMoved && !is_inside_entry_) {
    Moved moved;
    moved.from = read_text(record_cursor_);
    moved.to = read_text(record_cursor_);
    if (!record_cursor_.ok() || !is_valid_path(moved.from) || !is_valid_path(moved.to)) {
      return damaged("a move has a wrong path");
    }
    return StreamEvent(std::move(moved));
  }
  const bool is_abandoned_early = (flags & (kRecordLast | kRecordAbandoned)) == kRecordAbandoned;
  if (flags >= kRecordMoved || is_abandoned_early) {
    return damaged("an entry has flags that this version does not know, or that contradict");
  }
  EntryRecord record;
  record.is_first = (flags & kRecordFirst) != 0;
  record.is_last = (flags & kRecordLast) != 0;
  record.is_abandoned = (flags & kRecordAbandoned) != 0;
  if (record.is_first == is_inside_entry_) return damaged("parts of an entry are out of order");
  is_inside_entry_ = !record.is_last;
  if (record.is_first) {
    ++seen_.entries;
    record.entry.path = read_text(record_cursor_);
    LETTERPRESS_TRY_ASSIGN(record.entry.metadata, read_metadata(record_cursor_));
    if (!is_valid_path(record.entry.path)) {
      return damaged("an entry has a path that is empty, absolute or leads upwards");
    }
  }
  record.recipe = record_cursor_.take(record_cursor_.varint());
  if (!record_cursor_.ok()) return damaged("an entry is cut short");
  if (record.is_first && record.entry.metadata.type != EntryType::kFile &&
      !(record.is_last && record.recipe.empty())) {
    return damaged("an entry that is no file has content");
  }
  return StreamEvent(std::move(record));
}

Result<StreamEvent> StreamReader::read_end() {
  ByteCursor cursor(body_);
  StreamEnd end;
  end.totals.entries = cursor.varint();
  end.totals.raw_bytes = cursor.varint();
  end.totals.blocks = cursor.varint();
  end.totals.chunks = cursor.varint();
  const ByteView sums = cursor.take(sums_before_.bytes.size());
  if (!cursor.ok() || !cursor.at_end() ||
      !std::equal(sums.begin(), sums.end(), sums_before_.bytes.begin()) ||
      end.totals.entries != seen_.entries || end.totals.blocks != seen_.blocks) {
    return damaged("frames are missing or out of order: the last frame does not match them");
  }
  if (is_inside_entry_) return damaged("the last entry is not complete");
  return StreamEvent(end);
}

}  // namespace letterpress::stream
