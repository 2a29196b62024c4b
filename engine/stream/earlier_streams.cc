// SPDX-License-Identifier: Apache-2.0
#include "stream/earlier_streams.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "stream/stream_reader.h"

namespace letterpress::stream {

Result<std::optional<StreamFault>> EarlierStreams::add(File file) {
  const off_t at = ::lseek(file.descriptor(), 0, SEEK_CUR);
  if (at < 0) {
    return Error(ErrorCode::kInvalidArgument,
                 file.path() + ": an earlier stream must be a file that can be read anywhere");
  }
  const auto begin = static_cast<std::uint64_t>(at);
  files_.push_back(std::move(file));
  File& input = files_.back();
  StreamReader reader([&](std::span<std::uint8_t> into) { return input.read(into); });
  Result<StreamHeader> header = reader.read_header();
  if (!header) return std::move(header).error().while_doing(input.path());
  headers_.push_back(*header);
  while (true) {
    Result<StreamEvent> event = reader.next();
    if (!event && reader.fault()) return reader.fault();
    if (!event) return std::move(event).error();
    if (std::holds_alternative<StreamEnd>(*event)) return std::optional<StreamFault>();
    const auto* block = std::get_if<EncodedBlock>(&*event);
    if (block == nullptr) continue;
    // The frame's body lies right before its checksum, which ends where the reader stands.
    blocks_.push_back({static_cast<std::uint32_t>(files_.size() - 1),
                       static_cast<std::uint32_t>(block->bytes.size()),
                       begin + reader.offset() - kFrameSumBytes - block->bytes.size()});
    for (std::uint32_t ordinal = 0; ordinal < block->view.ids.size(); ++ordinal) {
      index_.insert(block->view.ids[ordinal], Place{blocks_.size() - 1, ordinal});
    }
  }
}

bool EarlierStreams::fit(const StreamHeader& header) const noexcept {
  return std::ranges::all_of(headers_, [&](const StreamHeader& each) {
    return each.is_keyed == header.is_keyed && each.key_check == header.key_check;
  });
}

Result<std::shared_ptr<const OpenBlock>> EarlierStreams::open(std::uint64_t number) {
  if (auto held = cache_.find({number})) return held;
  const Stored& stored = blocks_[static_cast<std::size_t>(number)];
  const File& file = files_[stored.file];
  Bytes encoded(stored.bytes);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(stored.offset, encoded));
  if (got < encoded.size()) return Error(ErrorCode::kIo, file.path() + ": was cut short");
  LETTERPRESS_TRY_ASSIGN(BlockView view, decode_block(encoded));
  Result<OpenBlock> opened = open_block(std::move(view), codec_, cache_.take_spare());
  if (!opened) return std::move(opened).error().while_doing(file.path());
  return cache_.put({number}, *std::move(opened));
}

Status EarlierStreams::append(const ChunkId& id, std::size_t bytes, UnsetBytes& out) {
  const std::optional<Place> place = index_.find(id);
  if (!place) return Error(ErrorCode::kNotFound, "chunk " + to_hex(id.bytes) + " is not there");
  LETTERPRESS_TRY_ASSIGN(const auto block, open(place->block));
  if (place->ordinal >= block->chunk_count() || block->chunk(place->ordinal).size() != bytes) {
    return Error(ErrorCode::kCorrupt,
                 "chunk " + to_hex(id.bytes) + " has another length in an earlier stream");
  }
  letterpress::append(out, block->chunk(place->ordinal));
  return Ok{};
}

}  // namespace letterpress::stream
