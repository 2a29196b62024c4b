// SPDX-License-Identifier: Apache-2.0
// Collects new chunks, by kind, into blocks, and says at once where each will be.
//
//   BlockCollector collector(first_block_number);
//   Place place = collector.add(Kind::kText, true, id, bytes);
//   for (RawBlock& block : collector.take_closed()) ...   // full ones
//   collector.close_all();                                // at the end of a group
//
// Numbers are given out in the order in which blocks open; blocks close in any order, but
// close_all() closes every one, so that the numbers of a group are one range without gaps. Not
// thread-safe.
#pragma once

#include <array>
#include <utility>

#include "base/limits.h"
#include "stream/block.h"

namespace letterpress::stream {

class BlockCollector {
 public:
  // chunks_max: in one block, 1 .. kBlockChunksMax.
  explicit BlockCollector(std::uint64_t first_block_number,
                          std::size_t chunks_max = kBlockChunksMax)
      : next_number_(first_block_number), chunks_max_(chunks_max) {}

  // 1 <= bytes.size() <= kChunkBytesMax. Copies the bytes.
  Place add(Kind kind, bool compressible, const ChunkId& id, ByteView bytes);

  // The same for a chunk that the receiver has: nothing of it is kept but its id.
  Place borrow(Kind kind, const ChunkId& id, std::size_t bytes);

  // Chunks that are added from here on are this mailbox's: blocks that are another's close.
  void turn_to(const std::optional<MailboxTag>& mailbox);

  void close_all();
  std::vector<RawBlock> take_closed() { return std::exchange(closed_, {}); }

  // Bytes added since the last close_all().
  std::uint64_t group_bytes() const noexcept { return group_bytes_; }
  // Blocks opened since the last close_all().
  std::uint64_t group_blocks() const noexcept { return next_number_ - group_first_; }
  std::uint64_t next_block_number() const noexcept { return next_number_; }

 private:
  std::size_t bytes_expected(std::size_t first_bytes) const noexcept;
  void close(RawBlock& block);
  void close_open();

  std::uint64_t next_number_;
  const std::size_t chunks_max_;
  std::uint64_t group_bytes_ = 0;
  std::uint64_t group_first_ = next_number_;
  std::optional<MailboxTag> mailbox_;  // of the open blocks
  // [kind][compressible]; a block with no chunk is not open and has no number.
  std::array<std::array<RawBlock, 2>, kKindCount> open_;
  std::array<RawBlock, kKindCount> borrowed_;
  std::array<std::size_t, kKindCount> borrowed_bytes_{};  // of the chunks of each of these
  std::vector<RawBlock> closed_;
};

}  // namespace letterpress::stream
