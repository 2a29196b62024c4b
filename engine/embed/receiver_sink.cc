// SPDX-License-Identifier: Apache-2.0
#include "embed/receiver_sink.h"

#include <utility>

namespace letterpress {

Receiver::~Receiver() = default;

Status Receiver::find_stored(std::span<const ChunkId> /*ids*/,
                             std::span<std::optional<Place>> /*places*/) {
  return Ok{};
}

Status Receiver::put_moved(const std::string& /*from*/, const std::string& /*to*/) { return Ok{}; }

namespace embed {

Status ReceiverSink::find_stored(std::span<const ChunkId> ids,
                                 std::span<std::optional<Place>> places) {
  return guarded([&] { return receiver_.find_stored(ids, places); });
}

Status ReceiverSink::put_block(stream::Block&& block) {
  PressedBlock pressed;
  pressed.number = block.number;
  pressed.kind = block.kind;
  stream::encode_block(block, false, pressed.bytes);
  pressed.ids = std::move(block.ids);
  return guarded([&] { return receiver_.put_block(std::move(pressed)); });
}

Status ReceiverSink::put_entry(stream::PressedEntry&& entry) {
  PressedPart part;
  part.entry = std::move(entry.entry);
  part.raw_bytes = entry.raw_bytes;
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
