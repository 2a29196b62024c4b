// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/pack_writer.h"

#include <algorithm>

#include "base/endian.h"
#include "letterpress/chunk.h"
#include "vault/keys/sha256.h"
#include "vault/storage/layout.h"
#include "vault/storage/put_in_folder.h"

namespace letterpress::vault {

Status PackWriter::append(std::uint64_t block_number, Bytes encoded_block, Bytes rest) {
  const std::size_t block_bytes = encoded_block.size() + rest.size();
  if (block_bytes == 0 || !file_.empty()) {
    return Error(ErrorCode::kInvalidArgument, file_.empty()
                                                  ? "a pack takes no empty block"
                                                  : "a pack that was closed takes no block");
  }
  const std::size_t grown_bytes =
      payload_bytes_ + kBlockFrameBytes + block_bytes + (blocks_.size() + 1) * kDirectoryEntryBytes;
  if (block_number > kBlockNumberMax || block_bytes > kEncodedBlockBytesMax ||
      blocks_.size() >= kPackBlocksMax || grown_bytes > kPackPayloadBytesMax) {
    return Error(ErrorCode::kLimitExceeded,
                 "block " + std::to_string(block_number) + " of " + std::to_string(block_bytes) +
                     " bytes does not go into a pack of " + std::to_string(blocks_.size()) +
                     " blocks and " + std::to_string(payload_bytes_) + " bytes");
  }
  Bytes frame;
  append_le(frame, kBlockFrameMagic);
  append_le(frame, static_cast<std::uint32_t>(block_bytes));
  append_le(frame, block_number);
  blocks_.push_back({block_number, static_cast<std::uint32_t>(payload_bytes_ + frame.size()),
                     static_cast<std::uint32_t>(block_bytes)});
  payload_bytes_ += frame.size() + block_bytes;
  payload_.push_back(std::move(frame));
  payload_.push_back(std::move(encoded_block));
  payload_.push_back(std::move(rest));
  return Ok{};
}

Status PackWriter::close() {
  std::sort(blocks_.begin(), blocks_.end(),
            [](const Block& a, const Block& b) { return a.number < b.number; });
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].number != blocks_.front().number + i) {
      return Error(ErrorCode::kInvalidArgument, "a pack's blocks are not contiguous: block " +
                                                    std::to_string(blocks_.front().number + i) +
                                                    " is missing or there twice");
    }
  }
  if (blocks_.empty()) return Error(ErrorCode::kInvalidArgument, "a pack without blocks");
  Bytes directory;
  for (const Block& block : blocks_) {
    append_le(directory, block.offset);
    append_le(directory, block.bytes);
  }
  std::vector<ByteView> payload(payload_.begin(), payload_.end());
  payload.emplace_back(directory);
  const SealLabel label{.type = FileType::kPack,
                        .identity = key_->identity,
                        .number = blocks_.front().number,
                        .count = block_count()};
  LETTERPRESS_TRY_ASSIGN(file_, seal(label, *key_, payload, chance_ ? &*chance_ : nullptr));
  payload_ = {};
  ref_ = {sha256(file_), file_.size(), label.number, label.count};
  return Ok{};
}

Result<PackRef> PackWriter::commit(Storage& storage) {
  if (file_.empty()) {
    LETTERPRESS_TRY(close());
  }
  LETTERPRESS_TRY(
      put_in_folder(storage, pack_folder(ref_.sha256), to_hex(ref_.sha256.bytes), file_));
  return ref_;
}

}  // namespace letterpress::vault
