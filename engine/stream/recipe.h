// SPDX-License-Identifier: Apache-2.0
// Recipes: how to rebuild an entry's bytes from chunks (docs/STREAM.md, "Recipe").
//
// A recipe is a sequence of stretches, each a message or a segment's piece of something longer,
// with the digest of its original bytes; a stretch is a sequence of steps, each of which takes
// stored bytes from extents and runs them through a transform.
//
//   RecipeWriter writer(out);                        // appends to `out`
//   writer.begin_stretch({raw_bytes, digest});
//   writer.add_step({...});                          // until the stretch's bytes are covered
//
//   RecipeReader reader(bytes);
//   while (true) { LETTERPRESS_TRY_ASSIGN(bool more, reader.next_stretch(stretch)); ... }
//
// Neither is thread-safe. The writer allocates only in `out`.
#pragma once

#include <array>
#include <span>

#include "base/byte_cursor.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"
#include "mail/splitter.h"

namespace letterpress::stream {

using Digest = std::array<std::uint8_t, 16>;

// Stored bytes that lie one after the other in one block, from inside one chunk on.
struct Extent {
  Place place;
  std::uint32_t offset = 0;  // in the chunk at `place`
  std::uint32_t bytes = 0;   // may reach into the chunks that follow it in the block
};

// In one step. Chunks of 64 bytes, the smallest that may be cut, make no more of a whole segment.
inline constexpr std::size_t kStepExtentsMax = kSegmentBytesMax / 64;

struct Stretch {
  std::uint64_t raw_bytes = 0;  // at most kSegmentBytesMax
  Digest digest{};
};

class RecipeWriter {
 public:
  explicit RecipeWriter(Bytes& out) : out_(out) {}

  void begin_stretch(const Stretch& stretch);

  struct Step {
    mail::Transform transform;
    Kind kind;  // chooses the cursor that extents are written against
    std::uint32_t raw_bytes;
    ByteView layout;                  // base64 only
    std::span<const Extent> extents;  // at least one
    // Where the bytes behind the last extent are, if its block has any: behind the last byte of a
    // chunk this is the next chunk's first byte.
    Place end;
    std::uint32_t end_offset;
  };
  void add_step(const Step& step);

  // Forgets all cursors, so that what follows can be read alone. Between stretches only.
  void restart();

 private:
  struct Cursor {
    Place place;
    std::uint32_t offset = 0;
    bool is_set = false;
  };
  bool continues(Kind kind, const Extent& extent) const noexcept;
  void add_place(const Extent& extent);

  Bytes& out_;
  std::array<Cursor, kKindCount> cursors_;
  std::uint64_t base_block_ = 0;  // of the last jump: places are written relative to it
  std::uint64_t uncovered_ = 0;   // bytes of the stretch that no step covers yet
};

class RecipeReader {
 public:
  explicit RecipeReader(ByteView recipe) : cursor_(recipe) {}

  struct Step {
    mail::Transform transform = mail::Transform::kIdentity;
    Kind kind = Kind::kPlain;
    std::uint64_t raw_bytes = 0;
    std::uint64_t stored_bytes = 0;
    ByteView layout;
  };
  // An extent as it is written: at a place, or where the last one of the same cursor ended.
  struct Source {
    bool is_jump = false;
    Extent extent;  // place and offset only for a jump
  };

  // False at the end of the recipe. All steps of the stretch before must have been read.
  Result<bool> next_stretch(Stretch& stretch);
  // False when the stretch is covered. Replaces `sources`.
  Result<bool> next_step(Step& step, std::vector<Source>& sources);

 private:
  Status read_place(Extent& extent);
  Error damaged(std::string_view what) const;

  ByteCursor cursor_;
  std::uint64_t base_block_ = 0;
  std::uint64_t uncovered_ = 0;
};

struct RecipeReach {
  std::uint64_t raw_bytes = 0;  // that it makes
  std::uint64_t block_end = 0;  // behind the number of the last block that it names; 0: it has none
};

// An error if the bytes are no recipe, whatever the blocks hold.
Result<RecipeReach> reach_of(ByteView recipe);

}  // namespace letterpress::stream
