// SPDX-License-Identifier: Apache-2.0
#include "vault/pack_writer.h"

#include <algorithm>

#include "base/endian.h"
#include "base/place.h"
#include "vault/layout.h"
#include "vault/seal.h"
#include "vault/sha256.h"

namespace letterpress::vault {

Result<PackWriter> PackWriter::start(const WriterIdentity& identity, std::optional<Salt> salt) {
  if (!salt) LETTERPRESS_TRY(fill_random(salt.emplace().bytes));
  return PackWriter(identity, *salt);
}

Status PackWriter::append(std::uint64_t block_number, ByteView encoded_block) {
  if (encoded_block.empty() || !file_.empty()) {
    return Error(ErrorCode::kInvalidArgument, file_.empty()
                                                  ? "a pack takes no empty block"
                                                  : "a pack that was closed takes no block");
  }
  const std::size_t grown_bytes = payload_.size() + kBlockFrameBytes + encoded_block.size() +
                                  (blocks_.size() + 1) * kDirectoryEntryBytes;
  if (block_number > kBlockNumberMax || encoded_block.size() > kEncodedBlockBytesMax ||
      blocks_.size() >= kPackBlocksMax || grown_bytes > kPackPayloadBytesMax) {
    return Error(ErrorCode::kLimitExceeded, "block " + std::to_string(block_number) + " of " +
                                                std::to_string(encoded_block.size()) +
                                                " bytes does not go into a pack of " +
                                                std::to_string(blocks_.size()) + " blocks and " +
                                                std::to_string(payload_.size()) + " bytes");
  }
  append_le(payload_, kBlockFrameMagic);
  append_le(payload_, static_cast<std::uint32_t>(encoded_block.size()));
  append_le(payload_, block_number);
  blocks_.push_back({block_number, static_cast<std::uint32_t>(payload_.size()),
                     static_cast<std::uint32_t>(encoded_block.size())});
  letterpress::append(payload_, encoded_block);
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
  const std::size_t blocks_bytes = payload_.size();
  for (const Block& block : blocks_) {
    append_le(payload_, block.offset);
    append_le(payload_, block.bytes);
  }
  const SealLabel label{.type = FileType::kPack,
                        .vault = identity_.vault,
                        .writer = identity_.writer,
                        .epoch = identity_.epoch,
                        .number = blocks_.front().number,
                        .count = block_count()};
  Result<Bytes> sealed = seal(label, salt_, payload_);
  if (!sealed) {
    payload_.resize(blocks_bytes);
    return std::move(sealed).error();
  }
  file_ = *std::move(sealed);
  payload_ = {};
  ref_ = {sha256(file_), file_.size(), label.number, label.count};
  return Ok{};
}

Result<PackRef> PackWriter::commit(Storage& storage) {
  if (file_.empty()) {
    LETTERPRESS_TRY(close());
  }
  LETTERPRESS_TRY(
      storage.put_if_absent(pack_folder(ref_.sha256), to_hex(ref_.sha256.bytes), file_));
  return ref_;
}

}  // namespace letterpress::vault
