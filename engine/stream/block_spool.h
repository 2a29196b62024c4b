// SPDX-License-Identifier: Apache-2.0
// The blocks of a stream that was read so far, still compressed, in a file.
//
//   BlockSpool spool(file);
//   LETTERPRESS_TRY(spool.append(encoded));           // into the file; or
//   LETTERPRESS_TRY(spool.note(encoded, offset));     // it is there already
//   LETTERPRESS_TRY_ASSIGN(auto block, spool.block(number));
//
// Memory: a table of about 24 bytes a block, and 64 MiB of opened blocks. Not thread-safe.
#pragma once

#include <map>

#include "base/file.h"
#include "base/limits.h"
#include "stream/block_cache.h"
#include "stream/rebuilder.h"

namespace letterpress::stream {

class BlockSpool : public BlockProvider {
 public:
  // `file` must outlive the spool, and be readable at offsets.
  explicit BlockSpool(File& file) : file_(file) {}

  // Both are kCorrupt if the bytes are no block, or one of its number was there before.
  Status append(ByteView encoded);
  Status note(ByteView encoded, std::uint64_t offset);

  Result<std::shared_ptr<const OpenBlock>> block(std::uint64_t number) override;

 private:
  struct Stored {
    std::uint64_t offset;
    std::uint32_t bytes;
  };

  File& file_;
  std::uint64_t end_ = 0;
  std::map<std::uint64_t, Stored> table_;
  BlockCache cache_{64 * kMiB};
  codecs::BlockCodec codec_;
};

}  // namespace letterpress::stream
