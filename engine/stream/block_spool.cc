// SPDX-License-Identifier: Apache-2.0
#include "stream/block_spool.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace letterpress::stream {
namespace {

// One for each kind, and as many again for those of the groups before.
constexpr std::size_t kTablesMax = 8;
// So much of a block is borrowed at a time: mails come in its order.
constexpr std::size_t kBorrowedBytes = 256 * kKiB;

}  // namespace

Status BlockSpool::append(const BlockView& view, ByteView bytes, bool is_borrowed) {
  LETTERPRESS_TRY(note(view, bytes, end_, is_borrowed));
  end_ += bytes.size();
  return file_.write(bytes);
}

Status BlockSpool::note(const BlockView& view, ByteView bytes, std::uint64_t offset,
                        bool is_borrowed) {
  const Stored stored{offset, static_cast<std::uint32_t>(bytes.size()), is_borrowed};
  if (!blocks_.emplace(view.number, stored).second) {
    return Error(ErrorCode::kCorrupt,
                 "block " + std::to_string(view.number) + " comes twice in the stream");
  }
  return Ok{};
}

Status BlockSpool::open(EncodedBlock&& block) {
  const std::uint64_t number = block.view.number;
  LETTERPRESS_TRY_ASSIGN(OpenBlock opened,
                         open_block(std::move(block.view), codec_, cache_.take_spare()));
  cache_.put({number}, std::move(opened));
  return Ok{};
}

Result<const BlockSpool::Stored*> BlockSpool::find(std::uint64_t number) const {
  const auto found = blocks_.find(number);
  if (found != blocks_.end()) return &found->second;
  return Error(ErrorCode::kCorrupt,
               "block " + std::to_string(number) + " is not in the stream before this entry");
}

Result<Bytes> BlockSpool::read(const Stored& stored) const {
  Bytes encoded(stored.bytes);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file_.read_at(stored.offset, encoded));
  if (got < encoded.size()) return Error(ErrorCode::kIo, file_.path() + ": was cut short");
  return encoded;
}

Result<std::shared_ptr<const OpenBlock>> BlockSpool::block(std::uint64_t number) {
  LETTERPRESS_TRY_ASSIGN(const Stored* stored, find(number));
  if (stored->is_borrowed) return whole_borrowed(number, *stored);
  if (auto held = cache_.find({number})) return held;
  LETTERPRESS_TRY_ASSIGN(const Bytes encoded, read(*stored));
  LETTERPRESS_TRY_ASSIGN(BlockView view, decode_block(encoded));
  LETTERPRESS_TRY_ASSIGN(OpenBlock opened,
                         open_block(std::move(view), codec_, cache_.take_spare()));
  return cache_.put({number}, std::move(opened));
}

// Not kept: what is kept of a borrowed block are parts, and one of them has the number 0, too.
Result<std::shared_ptr<const OpenBlock>> BlockSpool::whole_borrowed(std::uint64_t number,
                                                                    const Stored& stored) {
  LETTERPRESS_TRY_ASSIGN(const BlockView* table, table_of(number, stored));
  LETTERPRESS_TRY_ASSIGN(OpenBlock lent, borrow(*table, 0, table->raw_bytes()));
  if (lent.bytes.size() < table->raw_bytes()) {
    const auto behind = std::ranges::upper_bound(table->starts, lent.bytes.size());
    const auto missing = static_cast<std::uint32_t>(behind - table->starts.begin() - 1);
    LETTERPRESS_TRY_ASSIGN(lent, borrow(*table, missing, 1));
  }
  return std::make_shared<const OpenBlock>(std::move(lent));
}

Result<std::shared_ptr<const OpenBlock>> BlockSpool::part(std::uint64_t number,
                                                          std::uint32_t ordinal,
                                                          std::uint64_t offset,
                                                          std::size_t wanted) {
  LETTERPRESS_TRY_ASSIGN(const Stored* stored, find(number));
  if (!stored->is_borrowed) return block(number);
  LETTERPRESS_TRY_ASSIGN(const BlockView* table, table_of(number, *stored));
  const std::uint64_t at = (ordinal < table->chunk_count() ? table->starts[ordinal] : 0) + offset;
  if (ordinal >= table->chunk_count() || at >= table->raw_bytes()) {
    // There is no such byte: any part says so.
    auto none = std::make_shared<OpenBlock>();
    none->number = number;
    none->kind = table->kind;
    none->starts = table->starts;
    return std::shared_ptr<const OpenBlock>(std::move(none));
  }
  const auto behind = std::ranges::upper_bound(table->starts, at);
  const auto first = static_cast<std::uint32_t>(behind - table->starts.begin() - 1);
  auto held = cache_.find_up_to({number, first});
  if (held != nullptr && !held->from(at).empty()) return held;
  LETTERPRESS_TRY_ASSIGN(OpenBlock lent, borrow(*table, first, wanted));
  return cache_.put({number, first}, std::move(lent));
}

Result<const BlockView*> BlockSpool::table_of(std::uint64_t number, const Stored& stored) {
  const auto held = std::ranges::find(tables_, number, &BlockView::number);
  if (held != tables_.end()) {
    tables_.splice(tables_.begin(), tables_, held);
    return &tables_.front();
  }
  LETTERPRESS_TRY_ASSIGN(const Bytes encoded, read(stored));
  LETTERPRESS_TRY_ASSIGN(BlockView table, decode_borrowed(encoded));
  tables_.push_front(std::move(table));
  if (tables_.size() > kTablesMax) tables_.pop_back();
  return &tables_.front();
}

// The chunks from the first on, up to one that nobody has: the first itself must be there.
Result<OpenBlock> BlockSpool::borrow(const BlockView& table, std::uint32_t first,
                                     std::size_t wanted) {
  OpenBlock lent;
  lent.number = table.number;
  lent.kind = table.kind;
  lent.starts = table.starts;
  lent.begin = table.starts[first];
  lent.bytes = cache_.take_spare();
  lent.bytes.clear();
  const std::size_t enough = std::max(wanted, kBorrowedBytes);
  for (std::size_t i = first; i < table.chunk_count() && lent.bytes.size() < enough; ++i) {
    const ChunkId& id = table.ids[i];
    const bool is_there = earlier_ != nullptr && earlier_->has(id);
    if (!is_there && i > first) break;
    if (!is_there) {
      return Error(ErrorCode::kNotFound,
                   "needs chunk " + to_hex(id.bytes) +
                       ", which the stream borrows and no earlier stream that was given has");
    }
    LETTERPRESS_TRY(earlier_->append(id, table.starts[i + 1] - table.starts[i], lent.bytes));
  }
  return lent;
}

}  // namespace letterpress::stream
