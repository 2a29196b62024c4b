// SPDX-License-Identifier: Apache-2.0
#include "stream/block_collector.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace letterpress::stream {
namespace {

// A mailbox often has less than one huge page.
constexpr std::size_t kMailboxBytes = 128 * kKiB;

}  // namespace

// For room in a block that opens with a chunk of so many. What is not used is not touched either.
std::size_t BlockCollector::bytes_expected(std::size_t first_bytes) const noexcept {
  if (chunks_max_ == 1) return first_bytes;
  return mailbox_ ? kMailboxBytes : kBlockBytesMax;
}

Place BlockCollector::add(Kind kind, bool compressible, const ChunkId& id, ByteView bytes) {
  LETTERPRESS_ASSERT(!bytes.empty() && bytes.size() <= kChunkBytesMax);
  RawBlock& block = open_[static_cast<std::size_t>(kind)][compressible ? 1 : 0];
  if (block.bytes.size() + bytes.size() > kBlockBytesMax || block.lengths.size() == chunks_max_) {
    close(block);
  }
  if (block.lengths.empty()) {
    block.number = next_number_++;
    block.kind = kind;
    block.compressible = compressible;
    block.mailbox = mailbox_;
    block.bytes.reserve(bytes_expected(bytes.size()));
  }
  block.lengths.push_back(static_cast<std::uint32_t>(bytes.size()));
  block.ids.push_back(id);
  append(block.bytes, bytes);
  group_bytes_ += bytes.size();
  return Place{block.number, static_cast<std::uint32_t>(block.lengths.size() - 1)};
}

Place BlockCollector::borrow(Kind kind, const ChunkId& id, std::size_t bytes) {
  LETTERPRESS_ASSERT(bytes > 0 && bytes <= kChunkBytesMax);
  RawBlock& block = borrowed_[static_cast<std::size_t>(kind)];
  std::size_t& block_bytes = borrowed_bytes_[static_cast<std::size_t>(kind)];
  if (block_bytes + bytes > kBlockBytesMax || block.lengths.size() == chunks_max_) close(block);
  if (block.lengths.empty()) {
    block.number = next_number_++;
    block.kind = kind;
    block.mailbox = mailbox_;
    block.is_borrowed = true;
    block_bytes = 0;
  }
  block.lengths.push_back(static_cast<std::uint32_t>(bytes));
  block.ids.push_back(id);
  block_bytes += bytes;
  return Place{block.number, static_cast<std::uint32_t>(block.lengths.size() - 1)};
}

void BlockCollector::turn_to(const std::optional<MailboxTag>& mailbox) {
  if (mailbox == mailbox_) return;
  close_open();
  mailbox_ = mailbox;
}

void BlockCollector::close_all() {
  close_open();
  group_bytes_ = 0;
  group_first_ = next_number_;
}

void BlockCollector::close_open() {
  for (auto& pair : open_) {
    for (RawBlock& block : pair) {
      if (!block.lengths.empty()) close(block);
    }
  }
  for (RawBlock& block : borrowed_) {
    if (!block.lengths.empty()) close(block);
  }
}

void BlockCollector::close(RawBlock& block) { closed_.push_back(std::exchange(block, RawBlock{})); }

}  // namespace letterpress::stream
