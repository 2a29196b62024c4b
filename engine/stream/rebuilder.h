// SPDX-License-Identifier: Apache-2.0
// Turns recipes back into original bytes, and lets none through whose digest does not match.
//
//   Rebuilder rebuilder(blocks, digest_key);
//   Status status = rebuilder.rebuild(recipe, [&](ByteView bytes) { return file.write(bytes); });
//
// `output` is called once for each stretch, with bytes that were checked. On an error, everything
// before the damaged stretch has been written and nothing of it; or, if `lost` is given, that gets
// the length of each damaged stretch, and the rest is written all the same. Holds one stretch and
// one block: at most 16 MiB beside what the BlockProvider keeps. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "letterpress/chunk.h"
#include "stream/block.h"
#include "stream/recipe.h"

namespace letterpress::stream {

// Where blocks come from: packs, a spool, an embedder's store.
class BlockProvider {
 public:
  virtual ~BlockProvider() = default;
  // All of it.
  virtual Result<std::shared_ptr<const OpenBlock>> block(std::uint64_t number) = 0;
  // The block with at least the byte that lies `offset` behind the start of chunk `ordinal`. If the
  // block has no such byte, with any. `wanted`: how many bytes from there on will be asked for.
  virtual Result<std::shared_ptr<const OpenBlock>> part(std::uint64_t number,
                                                        std::uint32_t /*ordinal*/,
                                                        std::uint64_t /*offset*/,
                                                        std::size_t /*wanted*/) {
    return block(number);
  }
};

// The digest of a stretch: the first half of BLAKE3, keyed if there is a key.
Digest digest_of(ByteView bytes, const HashKey* key) noexcept;

class Rebuilder {
 public:
  using Output = std::function<Status(ByteView)>;
  // A stretch of so many bytes that cannot be brought back, and why. An error ends the rebuilding.
  using Lost = std::function<Status(std::uint64_t bytes, const Error& why)>;
  // Both must outlive the rebuilder. `key` is null for an unkeyed stream.
  Rebuilder(BlockProvider& blocks, const HashKey* key) : blocks_(blocks), key_(key) {}

  // `recipe` starts with fresh cursors: an entry's part in a stream, or a recipe chunk.
  // With `lost`, an error is that of the recipe itself, or one that `output` or `lost` gave.
  Status rebuild(ByteView recipe, const Output& output, const Lost& lost = nullptr);
  // Only these bytes of what the recipe makes, fewer if it ends before. For what comes before no
  // block is asked for.
  struct Range {
    std::uint64_t from = 0;
    std::uint64_t count = 0;
  };
  Status rebuild_range(ByteView recipe, Range range, const Output& output);

  // Whether what was rebuilt last, and failed, was made as its recipe says and is not what it was.
  bool has_wrong_digest() const noexcept { return has_wrong_digest_; }

  // The bytes of one chunk.
  Result<Bytes> chunk(Place place);

 private:
  struct Cursor {
    Place place;
    std::uint64_t offset = 0;  // behind the start of the chunk at `place`; may lie in a later one
    bool is_set = false;
  };
  Result<std::uint64_t> find_extent(const RecipeReader::Source& source, Cursor& cursor);
  Status rebuild_step(const RecipeReader::Step& step, Cursor& cursor);
  Status rebuild_stretch(RecipeReader& reader, const Stretch& stretch,
                         std::array<Cursor, kKindCount>& cursors, std::optional<Error>& damage);
  Status pass_stretch(RecipeReader& reader, std::array<Cursor, kKindCount>& cursors);
  void pass_step(Cursor& cursor);
  Status open(std::uint64_t number, std::uint32_t ordinal, std::uint64_t offset,
              std::size_t wanted);
  template <class Buffer>
  Status take(std::uint64_t offset, std::size_t count, Buffer& out);

  BlockProvider& blocks_;
  const HashKey* key_;
  std::shared_ptr<const OpenBlock> open_;  // the last one, so that most look-ups ask nobody
  std::vector<RecipeReader::Source> sources_;
  UnsetBytes stored_;   // of one step
  UnsetBytes stretch_;  // rebuilt
  bool has_wrong_digest_ = false;
};

}  // namespace letterpress::stream
