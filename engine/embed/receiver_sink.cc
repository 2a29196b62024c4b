// SPDX-License-Identifier: Apache-2.0
#include "embed/receiver_sink.h"

#include <algorithm>
#include <utility>

namespace letterpress {

Receiver::~Receiver() = default;

Status Receiver::find_stored(std::span<const ChunkId> /*ids*/,
                             std::span<std::optional<Place>> /*places*/) {
  return Ok{};
}

Status Receiver::put_moved(const std::string& /*from*/, const std::string& /*to*/) { return Ok{}; }

Status Receiver::put_borrowed(BorrowedBlock&& /*block*/) {
  return Error(ErrorCode::kUnsupported,
               "chunks are left out as known, and this receiver does not take that");
}

namespace embed {

Status ReceiverSink::find_stored(std::span<const ChunkId> ids,
                                 std::span<std::optional<Place>> places) {
  return guarded([&] { return receiver_.find_stored(ids, places); });
}

Status ReceiverSink::told() {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_->copy();
  return Ok{};
}

// The numbers of the blocks that a recipe names, each once.
std::vector<std::uint64_t> ReceiverSink::blocks_of(ByteView recipe) {
  std::vector<std::uint64_t> blocks;
  stream::RecipeReader reader(recipe);
  stream::Stretch stretch;
  stream::RecipeReader::Step step;
  for (Result<bool> more = reader.next_stretch(stretch); more && *more;
       more = reader.next_stretch(stretch)) {
    for (more = reader.next_step(step, sources_); more && *more;
         more = reader.next_step(step, sources_)) {
      for (const stream::RecipeReader::Source& source : sources_) {
        if (source.is_jump) blocks.push_back(source.extent.place.block);
      }
    }
  }
  std::ranges::sort(blocks);
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

Status ReceiverSink::put_block(stream::Block&& block) {
  PressedBlock pressed;
  pressed.number = block.number;
  pressed.kind = block.kind;
  stream::encode_block(block, false, pressed.bytes);
  pressed.ids = std::move(block.ids);
  return guarded([&] { return receiver_.put_block(std::move(pressed)); });
}

Status ReceiverSink::put_borrowed(stream::Block&& block) {
  return guarded([&] {
    return receiver_.put_borrowed(
        {block.number, block.kind, std::move(block.ids), std::move(block.lengths)});
  });
}

Status ReceiverSink::put_entry(stream::PressedEntry&& entry) {
  PressedPart part;
  part.entry = std::move(entry.entry);
  part.raw_bytes = entry.raw_bytes;
  part.blocks = blocks_of(entry.content);
  part.recipe = std::move(entry.content);
  part.is_first = entry.is_first;
  part.is_last = entry.is_last;
  part.is_abandoned = entry.is_abandoned;
  part.is_unsettled = entry.is_unsettled;
  return guarded([&] { return receiver_.put_part(std::move(part)); });
}

Status ReceiverSink::put_moved(stream::Moved&& moved) {
  return guarded([&] { return receiver_.put_moved(moved.from, moved.to); });
}

Status ReceiverSink::end_group() {
  return guarded([&] { return receiver_.end_group(); });
}

}  // namespace embed
}  // namespace letterpress
