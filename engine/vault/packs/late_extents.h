// SPDX-License-Identifier: Apache-2.0
// What a restore needs again long after it had a block open: the texts and attachments that several
// mailboxes have. Put aside in a file when the block is open, so that each is opened once.
//
//   LateExtents late(file);                        // empty; nobody else's
//   LETTERPRESS_TRY(late.foresee(recipe));         // every recipe, in the order of the restore
//   late.put_aside(block);                         // a whole block that was opened
//   if (auto part = late.find(number, ordinal, offset, wanted)) ...
//
//   order of calls:  foresee* limit? (put_aside | find)*
//
// Only a saving: what is not found is to be read from its block. If the file takes no more, or has
// as much as it may, nothing more is put aside. Memory: 12 bytes for each extent that is needed
// late, and the tables of their blocks. Space in the file: what these extents have, once each.
// Thread-safe after foresee().
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/file.h"
#include "stream/block.h"
#include "stream/recipe.h"

namespace letterpress::vault {

class LateExtents {
 public:
  // Open for reading and writing.
  explicit LateExtents(File file) : file_(std::move(file)) {}

  // kCorrupt: the recipe is damaged; what was read of it counts.
  Status foresee(ByteView recipe);

  // How large the file may become.
  void limit(std::uint64_t bytes_max) noexcept { file_bytes_max_ = bytes_max; }

  void put_aside(const stream::OpenBlock& block);

  // A part of the block, from the byte on that lies `offset` behind the start of chunk `ordinal`:
  // `wanted` bytes of it or more, or as many as were put aside.
  std::optional<stream::OpenBlock> find(std::uint64_t number, std::uint32_t ordinal,
                                        std::uint64_t offset, std::size_t wanted) const;

 private:
  // As many blocks of a kind are surely still open when the next one is.
  static constexpr std::size_t kOpenBlocks = 2;

  struct Late {
    std::uint32_t ordinal;
    std::uint32_t offset;
    std::uint32_t bytes;
  };
  struct Range {
    std::uint32_t begin;  // in the block's raw bytes
    std::uint32_t end;
    std::uint64_t at;  // in the file
  };
  struct Needed {
    std::vector<Late> late;     // until the block was opened
    std::vector<Range> ranges;  // then; in order, apart from each other
    stream::OpenBlock table;    // without bytes
    bool is_put_aside = false;
  };
  // The blocks of a kind that were used last, the newest first, and the extent that goes on.
  struct Recent {
    std::array<std::uint64_t, kOpenBlocks> blocks;
    std::size_t count = 0;
    Needed* needed = nullptr;  // whose last extent is `late`

    bool use(std::uint64_t number, bool is_opened);
  };

  static std::vector<Range> ranges_of(const Needed& needed, const stream::OpenBlock& block);

  std::array<Recent, kKindCount> recent_{};
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Needed> blocks_;  // all that were foreseen
  File file_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t file_bytes_max_ = UINT64_MAX;
  bool is_full_ = false;
};

}  // namespace letterpress::vault
