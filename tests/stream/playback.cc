// SPDX-License-Identifier: Apache-2.0
#include "stream/playback.h"

#include <algorithm>
#include <cstdlib>

#include "base/byte_cursor.h"

namespace letterpress::stream {

Status MapBlocks::add(ByteView encoded) {
  LETTERPRESS_TRY_ASSIGN(BlockView view, decode_block(encoded));
  if (blocks_.contains(view.number)) return Error(ErrorCode::kCorrupt, "a block comes twice");
  LETTERPRESS_TRY_ASSIGN(OpenBlock block, open_block(std::move(view), codec_));
  add(std::move(block));
  return Ok{};
}

void MapBlocks::add(OpenBlock&& block) {
  chunk_count_ += block.chunk_count();
  const std::uint64_t number = block.number;
  blocks_[number] = std::make_shared<const OpenBlock>(std::move(block));
}

Result<std::shared_ptr<const OpenBlock>> MapBlocks::block(std::uint64_t number) {
  const auto at = blocks_.find(number);
  if (at == blocks_.end()) return Error(ErrorCode::kCorrupt, "no such block");
  return at->second;
}

OpenBlock make_open_block(std::uint64_t number, const std::vector<std::string>& chunks) {
  OpenBlock block;
  block.number = number;
  block.starts.push_back(0);
  for (const std::string& chunk : chunks) {
    append(block.bytes, as_bytes(chunk));
    block.starts.push_back(static_cast<std::uint32_t>(block.bytes.size()));
  }
  return block;
}

namespace {

Status play_record(const EntryRecord& record, Rebuilder& rebuilder, std::string& path,
                   Playback& played) {
  if (record.is_first) {
    path = record.entry.path;
    played.entries[path] = Playback::File{record.entry.metadata, "", false};
  }
  Playback::File& file = played.entries[path];
  LETTERPRESS_TRY(rebuilder.rebuild(record.recipe, [&](ByteView bytes) -> Status {
    file.content += as_text(bytes);
    played.stretches.emplace_back(as_text(bytes));
    played.raw_bytes += bytes.size();
    return Ok{};
  }));
  file.is_abandoned = record.is_abandoned;
  return Ok{};
}

}  // namespace

Result<Playback> play(ByteView stream) {
  ByteCursor input(stream);
  StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const ByteView bytes = input.take(std::min(into.size(), input.remaining()));
    std::copy(bytes.begin(), bytes.end(), into.begin());
    return bytes.size();
  });
  MapBlocks blocks;
  Rebuilder rebuilder(blocks, nullptr);
  Playback played;
  std::string path;
  LETTERPRESS_TRY_ASSIGN(played.header, reader.read_header());
  while (true) {
    LETTERPRESS_TRY_ASSIGN(StreamEvent event, reader.next());
    if (const auto* block = std::get_if<EncodedBlock>(&event)) {
      LETTERPRESS_TRY(blocks.add(block->bytes));
    } else if (std::holds_alternative<BorrowedBlock>(event)) {
      return Error(ErrorCode::kNotFound, "the stream borrows chunks");
    } else if (const auto* record = std::get_if<EntryRecord>(&event)) {
      LETTERPRESS_TRY(play_record(*record, rebuilder, path, played));
    } else if (auto* moved = std::get_if<Moved>(&event)) {
      played.moves.push_back(std::move(*moved));
    } else if (std::holds_alternative<GroupEnd>(event)) {
      ++played.groups;
    } else {
      played.totals = std::get<StreamEnd>(event).totals;
      played.chunks = blocks.chunk_count();
      return played;
    }
  }
}

Frames::Frames(ByteView stream) {
  ByteCursor cursor(stream);
  while (!cursor.at_end()) {
    const FrameHead head = decode_frame_head(cursor.take(kFrameHeadBytes));
    const ByteView body = cursor.take(head.body_bytes);
    cursor.take(kFrameSumBytes);
    all.push_back({static_cast<FrameType>(head.type), Bytes(body.begin(), body.end())});
  }
}

Bytes Frames::sealed() const {
  Bytes stream;
  hashing::Hasher sums;
  for (One frame : all) {
    if (frame.type == FrameType::kEnd && frame.body.size() >= 32) {
      const ChunkId sum = sums.finish();
      std::copy(sum.bytes.begin(), sum.bytes.end(), frame.body.end() - 32);
    }
    append_frame(frame.type, frame.body, stream);
    sums.update(ByteView(stream).last(kFrameSumBytes));
  }
  return stream;
}

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::uint8_t>(std::strtoul(digits.c_str(), nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

}  // namespace letterpress::stream
