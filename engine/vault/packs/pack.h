// SPDX-License-Identifier: Apache-2.0
// A pack: a sealed file of encoded blocks (docs/FORMAT.md, "Pack"). What pack_writer.h and
// pack_reader.h share. Plain values.
//
// Payload: the blocks, each behind a frame of 16 bytes {magic, length, number}, then the directory,
// 8 bytes a block {offset, length} by number. The head has the first number and the count, so the
// directory is the payload's end. The frames are there for a reader whose directory is damaged.
#pragma once

#include "base/byte_cursor.h"
#include "vault/ids.h"

namespace letterpress::vault {

// Names a pack, and says which blocks are in it: block numbers count over a writer's epoch, and a
// pack holds the contiguous ones [first_block, first_block + block_count).
struct PackRef {
  Sha256Digest sha256;  // of the file, and its name
  std::uint64_t file_bytes = 0;
  std::uint64_t first_block = 0;
  std::uint32_t block_count = 0;
  friend auto operator<=>(const PackRef&, const PackRef&) = default;
};

// A PackRef inside index runs and log entries: 32 bytes, then three varints.
inline constexpr std::size_t kPackRefBytesMax = 32 + 10 + 10 + 10;
void append_pack_ref(Bytes& out, const PackRef& pack);
// Check cursor.ok() and is_valid() before use.
PackRef read_pack_ref(ByteCursor& cursor) noexcept;
// Whether it is one that a writer can have made; then first_block + block_count does not overflow.
bool is_valid(const PackRef& pack) noexcept;

inline constexpr std::uint32_t kBlockFrameMagic = 0x4b42504c;  // "LPBK"
inline constexpr std::uint32_t kBlockFrameBytes = 16;
inline constexpr std::uint32_t kDirectoryEntryBytes = 8;

}  // namespace letterpress::vault
