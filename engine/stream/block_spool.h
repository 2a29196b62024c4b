// SPDX-License-Identifier: Apache-2.0
// The blocks of a stream that was read so far, still compressed, in a file; and the chunks that the
// stream borrows, from the earlier streams that have them.
//
//   BlockSpool spool(file, &earlier);
//   LETTERPRESS_TRY(spool.append(block));             // into the file; or
//   LETTERPRESS_TRY(spool.note(block, offset));       // it is there already
//   LETTERPRESS_TRY(spool.open(std::move(block)));    // now, if it is to be looked at at once
//   LETTERPRESS_TRY_ASSIGN(auto block, spool.block(number));
//
// Memory: a table of about 24 bytes a block, 64 MiB of opened blocks, and the tables of some blocks
// that are borrowed. Not thread-safe.
#pragma once

#include <list>
#include <map>

#include "base/file.h"
#include "base/limits.h"
#include "stream/block_cache.h"
#include "stream/earlier_streams.h"
#include "stream/rebuilder.h"
#include "stream/stream_reader.h"

namespace letterpress::stream {

class BlockSpool : public BlockProvider {
 public:
  // `file` must outlive the spool, and be readable at offsets; so must `earlier`, which may be
  // null.
  explicit BlockSpool(File& file, EarlierStreams* earlier = nullptr)
      : file_(file), earlier_(earlier) {}

  // All are kCorrupt if a block of its number was there before.
  Status append(const EncodedBlock& block) { return append(block.view, block.bytes, false); }
  Status append(const BorrowedBlock& block) { return append(block.view, block.bytes, true); }
  Status note(const EncodedBlock& block, std::uint64_t offset) {
    return note(block.view, block.bytes, offset, false);
  }
  Status note(const BorrowedBlock& block, std::uint64_t offset) {
    return note(block.view, block.bytes, offset, true);
  }
  // Opens a block that was given, which entries are about to need.
  Status open(EncodedBlock&& block);

  // kNotFound if no earlier stream has a chunk of it.
  Result<std::shared_ptr<const OpenBlock>> block(std::uint64_t number) override;
  Result<std::shared_ptr<const OpenBlock>> part(std::uint64_t number, std::uint32_t ordinal,
                                                std::uint64_t offset, std::size_t wanted) override;

 private:
  struct Stored {
    std::uint64_t offset;
    std::uint32_t bytes;
    bool is_borrowed;
  };
  Status append(const BlockView& view, ByteView bytes, bool is_borrowed);
  Status note(const BlockView& view, ByteView bytes, std::uint64_t offset, bool is_borrowed);
  Result<const Stored*> find(std::uint64_t number) const;
  Result<Bytes> read(const Stored& stored) const;
  Result<const BlockView*> table_of(std::uint64_t number, const Stored& stored);
  Result<std::shared_ptr<const OpenBlock>> whole_borrowed(std::uint64_t number,
                                                          const Stored& stored);
  Result<OpenBlock> borrow(const BlockView& table, std::uint32_t first, std::size_t wanted);

  File& file_;
  EarlierStreams* earlier_;
  std::uint64_t end_ = 0;
  std::map<std::uint64_t, Stored> blocks_;
  std::list<BlockView> tables_;  // of blocks that are borrowed, the last used first
  BlockCache cache_{64 * kMiB};
  codecs::BlockCodec codec_;
};

}  // namespace letterpress::stream
