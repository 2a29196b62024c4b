// SPDX-License-Identifier: Apache-2.0
#include "stream/block_spool.h"

#include <utility>

namespace letterpress::stream {

Status BlockSpool::append(ByteView encoded) {
  LETTERPRESS_TRY(note(encoded, end_));
  end_ += encoded.size();
  return file_.write(encoded);
}

Status BlockSpool::note(ByteView encoded, std::uint64_t offset) {
  LETTERPRESS_TRY_ASSIGN(const BlockView view, decode_block(encoded));
  if (view.mailbox) {
    return Error(ErrorCode::kUnsupported, "block " + std::to_string(view.number) +
                                              ": is a mailbox's, which no block of a stream is");
  }
  if (view.ids.empty()) {
    return Error(ErrorCode::kCorrupt, "block " + std::to_string(view.number) +
                                          " has no ids, which each block of a stream has");
  }
  const Stored stored{offset, static_cast<std::uint32_t>(encoded.size())};
  if (!table_.emplace(view.number, stored).second) {
    return Error(ErrorCode::kCorrupt,
                 "block " + std::to_string(view.number) + " comes twice in the stream");
  }
  return Ok{};
}

Result<std::shared_ptr<const OpenBlock>> BlockSpool::block(std::uint64_t number) {
  if (auto held = cache_.find({number})) return held;
  const auto found = table_.find(number);
  if (found == table_.end()) {
    return Error(ErrorCode::kCorrupt,
                 "block " + std::to_string(number) + " is not in the stream before this entry");
  }
  Bytes encoded(found->second.bytes);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file_.read_at(found->second.offset, encoded));
  if (got < encoded.size()) return Error(ErrorCode::kIo, file_.path() + ": was cut short");
  LETTERPRESS_TRY_ASSIGN(BlockView view, decode_block(encoded));
  LETTERPRESS_TRY_ASSIGN(OpenBlock opened,
                         open_block(std::move(view), codec_, cache_.take_spare()));
  return cache_.put({number}, std::move(opened));
}

}  // namespace letterpress::stream
