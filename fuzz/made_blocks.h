// SPDX-License-Identifier: Apache-2.0
// Blocks in memory for what rebuilds from them.
//
//   MadeBlocks blocks;
//   blocks.put(open_block);
//   stream::Rebuilder rebuilder(blocks, nullptr);
#pragma once

#include <map>
#include <memory>

#include "stream/rebuilder.h"

namespace letterpress::fuzz {

class MadeBlocks : public stream::BlockProvider {
 public:
  void put(stream::OpenBlock&& block) {
    const std::uint64_t number = block.number;
    blocks_[number] = std::make_shared<const stream::OpenBlock>(std::move(block));
  }
  // Whether it is one that opens.
  bool put_encoded(ByteView encoded) {
    Result<stream::BlockView> view = stream::decode_block(encoded);
    if (!view) return false;
    Result<stream::OpenBlock> open = stream::open_block(*std::move(view), codec_);
    if (!open) return false;
    put(*std::move(open));
    return true;
  }
  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override {
    const auto found = blocks_.find(number);
    if (found != blocks_.end()) return found->second;
    return Error(ErrorCode::kCorrupt, "there is no block " + std::to_string(number));
  }
  std::size_t size() const noexcept { return blocks_.size(); }

 private:
  codecs::BlockCodec codec_;
  std::map<std::uint64_t, std::shared_ptr<const stream::OpenBlock>> blocks_;
};

// A block of these chunks, open.
inline stream::OpenBlock open_block_of(std::uint64_t number, Kind kind,
                                       std::span<const ByteView> chunks) {
  stream::OpenBlock block;
  block.number = number;
  block.kind = kind;
  block.starts.push_back(0);
  for (const ByteView chunk : chunks) {
    append(block.bytes, chunk);
    block.starts.push_back(static_cast<std::uint32_t>(block.bytes.size()));
  }
  return block;
}

}  // namespace letterpress::fuzz
