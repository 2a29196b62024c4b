// SPDX-License-Identifier: Apache-2.0
#include "stream/rebuilder.h"

#include <algorithm>

#include "hashing/blake3.h"
#include "mail/rebuild.h"

namespace letterpress::stream {
namespace {

// Of the buffer: most stretches are smaller, and one of whole huge pages costs less than to grow.
constexpr std::size_t kStretchBytesMin = 2 * kMiB / kBufferShrink;

}  // namespace

Digest digest_of(ByteView bytes, const HashKey* key) noexcept {
  const ChunkId whole = key != nullptr ? hashing::hash(bytes, *key) : hashing::hash(bytes);
  Digest digest;
  std::copy_n(whole.bytes.begin(), digest.size(), digest.begin());
  return digest;
}

// Opens the block where the byte lies, if it has it.
Status Rebuilder::open(std::uint64_t number, std::uint32_t ordinal, std::uint64_t offset,
                       std::size_t wanted) {
  if (open_ != nullptr && open_->number == number) {
    if (ordinal >= open_->chunk_count()) return Ok{};
    const std::uint64_t at = open_->starts[ordinal] + offset;
    if (at >= open_->raw_bytes() || !open_->from(at).empty()) return Ok{};
  }
  LETTERPRESS_TRY_ASSIGN(open_, blocks_.part(number, ordinal, offset, wanted));
  return Ok{};
}

// Appends raw bytes of the open block, all of which it has.
template <class Buffer>
Status Rebuilder::take(std::uint64_t offset, std::size_t count, Buffer& out) {
  while (count > 0) {
    const std::uint64_t number = open_->number;
    LETTERPRESS_TRY(open(number, 0, offset, count));
    const ByteView here = open_->from(offset);
    if (here.empty()) {
      return Error(ErrorCode::kCorrupt, "block " + std::to_string(number) + " is cut short");
    }
    const ByteView wanted = here.first(std::min(count, here.size()));
    append(out, wanted);
    offset += wanted.size();
    count -= wanted.size();
  }
  return Ok{};
}

Result<Bytes> Rebuilder::chunk(Place place) {
  LETTERPRESS_TRY(open(place.block, place.ordinal, 0, 1));
  if (place.ordinal >= open_->chunk_count()) {
    return Error(ErrorCode::kCorrupt, "block " + std::to_string(place.block) + " has no chunk " +
                                          std::to_string(place.ordinal));
  }
  const std::uint32_t begin = open_->starts[place.ordinal];
  Bytes bytes;
  LETTERPRESS_TRY(take(begin, open_->starts[place.ordinal + 1] - begin, bytes));
  return bytes;
}

// Sets the cursor to the extent, opens the block with its first byte, checks that the block has all
// of it, and gives its offset in the block.
Result<std::uint64_t> Rebuilder::find_extent(const RecipeReader::Source& source, Cursor& cursor) {
  const Extent& extent = source.extent;
  if (source.is_jump) cursor = {extent.place, extent.offset, true};
  if (!cursor.is_set) return Error(ErrorCode::kCorrupt, "recipe continues where nothing began");
  const Place place = cursor.place;
  LETTERPRESS_TRY(open(place.block, place.ordinal, cursor.offset, extent.bytes));
  if (place.ordinal >= open_->chunk_count()) {
    return Error(ErrorCode::kCorrupt, "recipe names chunk " + std::to_string(place.ordinal) +
                                          " of block " + std::to_string(place.block) +
                                          ", which has fewer");
  }
  const std::uint32_t begin = open_->starts[place.ordinal];
  if (source.is_jump && extent.offset >= open_->starts[place.ordinal + 1] - begin) {
    return Error(ErrorCode::kCorrupt,
                 "recipe begins behind the end of a chunk of block " + std::to_string(place.block));
  }
  const std::uint64_t at = begin + cursor.offset;
  if (at > open_->raw_bytes() || extent.bytes > open_->raw_bytes() - at) {
    return Error(ErrorCode::kCorrupt,
                 "recipe reaches past the end of block " + std::to_string(place.block));
  }
  return at;
}

Status Rebuilder::rebuild_step(const RecipeReader::Step& step, Cursor& cursor) {
  stored_.clear();
  ByteView stored;
  for (const RecipeReader::Source& source : sources_) {
    LETTERPRESS_TRY_ASSIGN(const std::uint64_t at, find_extent(source, cursor));
    const std::uint32_t bytes = source.extent.bytes;
    if (const ByteView here = open_->from(at); sources_.size() == 1 && here.size() >= bytes) {
      stored = here.first(bytes);
    } else {
      LETTERPRESS_TRY(take(at, bytes, stored_));
      stored = stored_;
    }
    cursor.offset += bytes;
  }
  return mail::rebuild(step.transform, step.layout, stored,
                       static_cast<std::size_t>(step.raw_bytes), stretch_);
}

// Moves the cursor behind the extents of a step that is not rebuilt: what follows may lie behind
// them and be whole.
void Rebuilder::pass_step(Cursor& cursor) {
  for (const RecipeReader::Source& source : sources_) {
    const Extent& extent = source.extent;
    if (source.is_jump) cursor = {extent.place, extent.offset, true};
    cursor.offset += extent.bytes;
  }
}

Status Rebuilder::pass_stretch(RecipeReader& reader, std::array<Cursor, kKindCount>& cursors) {
  RecipeReader::Step step;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has_step, reader.next_step(step, sources_));
    if (!has_step) return Ok{};
    pass_step(cursors[static_cast<std::size_t>(step.kind)]);
  }
}

// Fills stretch_. An error is that of the recipe; `damage` says why the stretch is not whole.
Status Rebuilder::rebuild_stretch(RecipeReader& reader, const Stretch& stretch,
                                  std::array<Cursor, kKindCount>& cursors,
                                  std::optional<Error>& damage) {
  RecipeReader::Step step;
  has_wrong_digest_ = false;
  stretch_.clear();
  stretch_.reserve(std::max<std::size_t>(stretch.raw_bytes, kStretchBytesMin));
  while (true) {
    Result<bool> has_step = reader.next_step(step, sources_);
    if (!has_step) return damage ? std::move(*damage) : std::move(has_step).error();
    if (!*has_step) break;
    Cursor& cursor = cursors[static_cast<std::size_t>(step.kind)];
    const Cursor before = cursor;
    if (!damage) {
      Status rebuilt = rebuild_step(step, cursor);
      if (rebuilt) continue;
      damage = std::move(rebuilt).error();
      cursor = before;
    }
    pass_step(cursor);
  }
  if (!damage &&
      (stretch_.size() != stretch.raw_bytes || digest_of(stretch_, key_) != stretch.digest)) {
    has_wrong_digest_ = true;
    damage = Error(ErrorCode::kCorrupt,
                   "rebuilt bytes do not match their digest; they were not written");
  }
  return Ok{};
}

Status Rebuilder::rebuild(ByteView recipe, const Output& output, const Lost& lost) {
  RecipeReader reader(recipe);
  std::array<Cursor, kKindCount> cursors;
  Stretch stretch;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has_stretch, reader.next_stretch(stretch));
    if (!has_stretch) return Ok{};
    std::optional<Error> damage;
    LETTERPRESS_TRY(rebuild_stretch(reader, stretch, cursors, damage));
    if (!damage) {
      LETTERPRESS_TRY(output(stretch_));
    } else if (lost) {
      LETTERPRESS_TRY(lost(stretch.raw_bytes, *damage));
    } else {
      return std::move(*damage);
    }
  }
}

Status Rebuilder::rebuild_range(ByteView recipe, Range range, const Output& output) {
  RecipeReader reader(recipe);
  std::array<Cursor, kKindCount> cursors;
  Stretch stretch;
  while (range.count > 0) {
    LETTERPRESS_TRY_ASSIGN(const bool has_stretch, reader.next_stretch(stretch));
    if (!has_stretch) return Ok{};
    if (stretch.raw_bytes <= range.from) {
      LETTERPRESS_TRY(pass_stretch(reader, cursors));
      range.from -= stretch.raw_bytes;
      continue;
    }
    std::optional<Error> damage;
    LETTERPRESS_TRY(rebuild_stretch(reader, stretch, cursors, damage));
    if (damage) return std::move(*damage);
    const ByteView behind = ByteView(stretch_).subspan(static_cast<std::size_t>(range.from));
    const ByteView wanted =
        behind.first(static_cast<std::size_t>(std::min<std::uint64_t>(behind.size(), range.count)));
    LETTERPRESS_TRY(output(wanted));
    range.from = 0;
    range.count -= wanted.size();
  }
  return Ok{};
}

}  // namespace letterpress::stream
