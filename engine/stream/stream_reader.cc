// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_reader.h"

#include <algorithm>
#include <utility>

#include "stream/entry_codec.h"
#include "stream/recipe.h"

namespace letterpress::stream {

namespace {

// A path as a message has it: it may be long, and hold any bytes.
std::string quoted(std::string_view path) {
  constexpr std::size_t kShownBytesMax = 200;
  std::string text = "'" + std::string(path.substr(0, kShownBytesMax));
  return text + (path.size() > kShownBytesMax ? "...'" : "'");
}

}  // namespace

StreamReader::StreamReader(Input input) : input_(std::move(input)) {}

Error StreamReader::wrong(Fault fault, std::string_view what) {
  fault_ = StreamFault{fault, frame_offset_, std::string(what)};
  return Error(is_of_reader(fault) ? ErrorCode::kUnsupported : ErrorCode::kCorrupt,
               "stream, byte " + std::to_string(frame_offset_) + ": " + fault_->message);
}

Result<std::size_t> StreamReader::read(std::span<std::uint8_t> into) {
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, input_(into));
  input_bytes_ += got;
  return got;
}

Result<FrameHead> StreamReader::read_frame() {
  const bool is_header = offset_ == 0;
  frame_offset_ = offset_;
  frame_.resize(kFrameHeadBytes);
  LETTERPRESS_TRY_ASSIGN(std::size_t got, read(frame_));
  if (got < kFrameHeadBytes) {
    return wrong(Fault::kCutShort,
                 "the stream ends before its last frame; what came before is whole");
  }
  const FrameHead head = decode_frame_head(frame_);
  if (is_header &&
      (head.type != static_cast<std::uint8_t>(FrameType::kHeader) || !head.is_valid ||
       head.body_bytes < kHeaderBodyBytesMin || head.body_bytes > kHeaderBodyBytesMax)) {
    return wrong(Fault::kNotAStream, "this is not a letterpress stream");
  }
  if (!head.is_valid) return wrong(Fault::kBadFrame, "no frame starts here");
  const std::size_t rest = head.body_bytes + kFrameSumBytes;
  frame_.resize(kFrameHeadBytes + rest);
  LETTERPRESS_TRY_ASSIGN(got, read(std::span(frame_).subspan(kFrameHeadBytes)));
  if (got < rest) return wrong(Fault::kCutShort, "the stream ends inside this frame");
  const ByteView summed = ByteView(frame_).first(kFrameHeadBytes + head.body_bytes);
  const ByteView sum = ByteView(frame_).last(kFrameSumBytes);
  if (frame_sum(summed) != load_le<std::uint64_t>(sum.data())) {
    return wrong(Fault::kBadSum,
                 "the frame that starts here is damaged: its checksum does not match");
  }
  body_ = summed.subspan(kFrameHeadBytes);
  sums_before_ = sums_.finish();
  sums_.update(sum);
  offset_ += frame_.size();
  return head;
}

// Passes over frames that this version does not know and need not know.
Result<FrameHead> StreamReader::next_frame() {
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const FrameHead head, read_frame());
    if (!is_optional_frame(head.type)) return head;
  }
}

Result<StreamHeader> StreamReader::read_header() {
  LETTERPRESS_TRY(read_frame());
  Fault fault{};
  Result<StreamHeader> header = decode_stream_header(body_, fault);
  if (!header) return wrong(fault, header.error().message());
  borrows_chunks_ = header->borrows_chunks;
  return header;
}

Result<StreamEvent> StreamReader::next() {
  if (!record_cursor_.at_end()) return next_record();
  LETTERPRESS_TRY_ASSIGN(const FrameHead head, next_frame());
  const auto type = static_cast<FrameType>(head.type);
  LETTERPRESS_TRY(check_order(type));
  switch (type) {
    case FrameType::kBlock:
      return take_block(decode_block(body_), false);
    case FrameType::kBorrowed:
      return take_block(decode_borrowed(body_), true);
    case FrameType::kEntries:
      LETTERPRESS_TRY(open_entries());
      return next_record();
    case FrameType::kGroupEnd:
      LETTERPRESS_TRY(end_group());
      return StreamEvent(GroupEnd{});
    default:
      return read_end();
  }
}

// The order is that of Sink's calls: (block* entries* group end)* end.
Status StreamReader::check_order(FrameType type) {
  const bool is_block = type == FrameType::kBlock || type == FrameType::kBorrowed;
  const bool is_known = is_block || type == FrameType::kEntries || type == FrameType::kGroupEnd ||
                        type == FrameType::kEnd || type == FrameType::kHeader;
  if (!is_known || (type == FrameType::kBorrowed && !borrows_chunks_)) {
    return wrong(Fault::kUnknownFrame,
                 std::string("made by a newer version: needs frames of type '") +
                     static_cast<char>(type) + "'");
  }
  const FrameType before = std::exchange(last_type_, type);
  const bool is_wrong =
      (is_block && before == FrameType::kEntries) ||
      (type == FrameType::kEnd && before != FrameType::kHeader && before != FrameType::kGroupEnd) ||
      type == FrameType::kHeader || before == FrameType::kEnd;
  if (is_wrong) return wrong(Fault::kFrameOrder, "a frame stands where none of its type may");
  return Ok{};
}

Result<StreamEvent> StreamReader::take_block(Result<BlockView> view, bool is_borrowed) {
  if (!view) return wrong(Fault::kBadBlock, view.error().message());
  const std::string name = "block " + std::to_string(view->number);
  if (view->mailbox) {
    return wrong(Fault::kBadBlock, name + ": is a mailbox's, which no block of a stream is");
  }
  if (view->ids.empty()) {
    return wrong(Fault::kBadBlock, name + ": has no ids, which each block of a stream has");
  }
  if (view->number < group_first_ || !group_numbers_.insert(view->number).second) {
    return wrong(Fault::kBlockNumber, name + ": comes twice in the stream");
  }
  ++seen_.blocks;
  seen_.chunks += view->chunk_count();
  if (is_borrowed) return StreamEvent(BorrowedBlock{body_, *std::move(view)});
  return StreamEvent(EncodedBlock{body_, *std::move(view)});
}

Status StreamReader::end_group() {
  if (!body_.empty()) return wrong(Fault::kBadFrame, "a group end has a body");
  if (!group_numbers_.empty() &&
      *group_numbers_.rbegin() - group_first_ + 1 != group_numbers_.size()) {
    return wrong(Fault::kBlockNumber, "the numbers of the group's blocks have a gap");
  }
  group_first_ += group_numbers_.size();
  group_numbers_.clear();
  ++groups_;
  group_offset_ = offset_;
  return Ok{};
}

Status StreamReader::open_entries() {
  ByteCursor cursor(body_);
  const auto codec = cursor.le<std::uint8_t>();
  const std::uint64_t raw_bytes = cursor.varint();
  if (!cursor.ok() || codec > 1 || raw_bytes == 0 || raw_bytes > kEntriesBytesMax) {
    return wrong(Fault::kBadEntries, "a frame of entries has a wrong head");
  }
  const ByteView stored = cursor.take(cursor.remaining());
  if (Status status = codec_.decompress(static_cast<codecs::Codec>(codec), stored,
                                        static_cast<std::size_t>(raw_bytes), records_);
      !status) {
    records_.clear();
    record_cursor_ = ByteCursor(records_);
    return wrong(Fault::kBadPayload, status.error().message());
  }
  record_cursor_ = ByteCursor(records_);
  return Ok{};
}

Result<Entry> StreamReader::read_entry() {
  Entry entry;
  entry.path = read_text(record_cursor_);
  Result<Metadata> metadata = read_metadata(record_cursor_);
  if (!metadata) {
    return wrong(Fault::kBadRecord, quoted(entry.path) + ": " + metadata.error().message());
  }
  entry.metadata = *std::move(metadata);
  if (!is_valid_path(entry.path)) {
    return wrong(
        Fault::kBadRecord,
        "an entry has a path that is empty, absolute or leads upwards: " + quoted(entry.path));
  }
  return entry;
}

Result<StreamEvent> StreamReader::next_record() {
  const auto flags = record_cursor_.le<std::uint8_t>();
  if (flags == kRecordMoved && !is_inside_entry_) {
    Moved moved;
    moved.from = read_text(record_cursor_);
    moved.to = read_text(record_cursor_);
    if (!record_cursor_.ok()) return wrong(Fault::kBadRecord, "a move is cut short");
    for (const std::string& path : {moved.from, moved.to}) {
      if (!is_valid_path(path)) {
        return wrong(Fault::kBadRecord,
                     "a move has a path that is empty, absolute or leads upwards: " + quoted(path));
      }
    }
    return StreamEvent(std::move(moved));
  }
  const bool is_abandoned_early = (flags & (kRecordLast | kRecordAbandoned)) == kRecordAbandoned;
  if (flags >= kRecordMoved || is_abandoned_early) {
    return wrong(Fault::kBadRecord,
                 "an entry has flags that this version does not know, or that contradict");
  }
  EntryRecord record;
  record.is_first = (flags & kRecordFirst) != 0;
  record.is_last = (flags & kRecordLast) != 0;
  record.is_abandoned = (flags & kRecordAbandoned) != 0;
  if (record.is_first == is_inside_entry_) {
    return wrong(Fault::kBadRecord, "parts of an entry are out of order");
  }
  is_inside_entry_ = !record.is_last;
  if (record.is_first) {
    ++seen_.entries;
    LETTERPRESS_TRY_ASSIGN(record.entry, read_entry());
  }
  record.recipe = record_cursor_.take(record_cursor_.varint());
  if (!record_cursor_.ok()) return wrong(Fault::kBadRecord, "an entry is cut short");
  if (record.is_first && record.entry.metadata.type != EntryType::kFile &&
      !(record.is_last && record.recipe.empty())) {
    return wrong(Fault::kBadRecord, "an entry that is no file has content");
  }
  if (const Result<RecipeReach> reach = reach_of(record.recipe)) {
    record.raw_bytes = reach->raw_bytes;
    record.block_end = reach->block_end;
    seen_.raw_bytes += reach->raw_bytes;
  } else {
    has_bad_recipe_ = true;
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
  if (has_bad_recipe_) seen_.raw_bytes = end.totals.raw_bytes;
  if (!cursor.ok() || !cursor.at_end() ||
      !std::equal(sums.begin(), sums.end(), sums_before_.bytes.begin()) || end.totals != seen_) {
    return wrong(Fault::kBadEnd,
                 "frames are missing or out of order: the last frame does not match them");
  }
  if (is_inside_entry_) return wrong(Fault::kBadEnd, "the last entry is not complete");
  return StreamEvent(end);
}

}  // namespace letterpress::stream
