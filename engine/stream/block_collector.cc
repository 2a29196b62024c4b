// SPDX-License-Identifier: Apache-2.0
#include "stream/block_collector.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace letterpress::stream {

Place BlockCollector::add(Kind kind, bool compressible, const ChunkId& id, ByteView bytes) {
  LETTERPRESS_ASSERT(!bytes.empty() && bytes.size() <= kChunkBytesMax);
  RawBlock& block = open_[static_cast<std::size_t>(kind)][compressible ? 1 : 0];
  if (block.bytes.size() + bytes.size() > kBlockBytesMax) close(block);
  if (block.lengths.empty()) {
    block.number = next_number_++;
    block.kind = kind;
    block.compressible = compressible;
    // What is not used is not touched either.
    block.bytes.reserve(chunks_max_ == 1 ? bytes.size() : kBlockBytesMax);
  }
  block.lengths.push_back(static_cast<std::uint32_t>(bytes.size()));
  block.ids.push_back(id);
  append(block.bytes, bytes);
  group_bytes_ += bytes.size();
  const Place place = {block.number, static_cast<std::uint32_t>(block.lengths.size() - 1)};
  if (block.lengths.size() == chunks_max_) close(block);
  return place;
}

void BlockCollector::close_all() {
  for (auto& pair : open_) {
    for (RawBlock& block : pair) {
      if (!block.lengths.empty()) close(block);
    }
  }
  group_bytes_ = 0;
}

void BlockCollector::close(RawBlock& block) { closed_.push_back(std::exchange(block, RawBlock{})); }

}  // namespace letterpress::stream
