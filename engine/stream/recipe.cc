// SPDX-License-Identifier: Apache-2.0
#include "stream/recipe.h"

#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"
#include "base/varint.h"

namespace letterpress::stream {
namespace {

constexpr std::uint8_t kKindShift = 2;
constexpr std::uint8_t kJump = 1 << 4;
constexpr std::uint8_t kRest = 1 << 5;
constexpr std::uint8_t kSeveral = 1 << 6;
constexpr std::uint8_t kReserved = 1 << 7;

}  // namespace

void RecipeWriter::restart() {
  LETTERPRESS_ASSERT(uncovered_ == 0);
  cursors_ = {};
  base_block_ = 0;
}

void RecipeWriter::begin_stretch(const Stretch& stretch) {
  LETTERPRESS_ASSERT(uncovered_ == 0 && stretch.raw_bytes > 0);
  append_varint(out_, stretch.raw_bytes);
  append(out_, stretch.digest);
  uncovered_ = stretch.raw_bytes;
}

bool RecipeWriter::continues(Kind kind, const Extent& extent) const noexcept {
  const Cursor& cursor = cursors_[static_cast<std::size_t>(kind)];
  return cursor.is_set && cursor.place == extent.place && cursor.offset == extent.offset;
}

void RecipeWriter::add_place(const Extent& extent) {
  append_varint(out_, fold_sign(static_cast<std::int64_t>(extent.place.block) -
                                static_cast<std::int64_t>(base_block_)));
  append_varint(out_, extent.place.ordinal);
  append_varint(out_, extent.offset);
  base_block_ = extent.place.block;
}

void RecipeWriter::add_step(const Step& step) {
  LETTERPRESS_ASSERT(step.raw_bytes <= uncovered_ && !step.extents.empty());
  const bool is_rest = step.raw_bytes == uncovered_;
  const bool is_several = step.extents.size() > 1;
  const bool is_jump = !is_several && !continues(step.kind, step.extents.front());
  out_.push_back(static_cast<std::uint8_t>(
      static_cast<unsigned>(step.transform) | static_cast<unsigned>(step.kind) << kKindShift |
      (is_jump ? kJump : 0U) | (is_rest ? kRest : 0U) | (is_several ? kSeveral : 0U)));
  if (!is_rest) append_varint(out_, step.raw_bytes);
  std::uint64_t stored_bytes = 0;
  for (const Extent& extent : step.extents) stored_bytes += extent.bytes;
  if (step.transform == mail::Transform::kCrlf) append_varint(out_, step.raw_bytes - stored_bytes);
  if (step.transform == mail::Transform::kBase64) {
    append_varint(out_, stored_bytes);
    append_varint(out_, step.layout.size());
    append(out_, step.layout);
  }
  if (is_jump) add_place(step.extents.front());
  if (is_several) {
    append_varint(out_, step.extents.size());
    bool continued = continues(step.kind, step.extents.front());
    for (const Extent& extent : step.extents) {
      append_varint(out_, std::uint64_t{extent.bytes} << 1 | (continued ? 0U : 1U));
      if (!continued) add_place(extent);
      continued = false;  // extents that touch are one extent, so only the first can continue
    }
  }
  cursors_[static_cast<std::size_t>(step.kind)] = Cursor{step.end, step.end_offset, true};
  uncovered_ -= step.raw_bytes;
}

Error RecipeReader::damaged(std::string_view what) const {
  return Error(ErrorCode::kCorrupt,
               "recipe, byte " + std::to_string(cursor_.offset()) + ": " + std::string(what));
}

Result<bool> RecipeReader::next_stretch(Stretch& stretch) {
  LETTERPRESS_ASSERT(uncovered_ == 0);
  if (cursor_.at_end()) return false;
  stretch.raw_bytes = cursor_.varint();
  const ByteView digest = cursor_.take(stretch.digest.size());
  if (!cursor_.ok()) return damaged("a stretch is cut short");
  if (stretch.raw_bytes == 0 || stretch.raw_bytes > kSegmentBytesMax) {
    return damaged("a stretch's length is out of range");
  }
  std::copy(digest.begin(), digest.end(), stretch.digest.begin());
  uncovered_ = stretch.raw_bytes;
  return true;
}

Status RecipeReader::read_place(Extent& extent) {
  const std::int64_t delta = unfold_sign(cursor_.varint());
  const std::uint64_t block = base_block_ + static_cast<std::uint64_t>(delta);
  const std::uint64_t ordinal = cursor_.varint();
  const std::uint64_t offset = cursor_.varint();
  if (!cursor_.ok()) return damaged("a place is cut short");
  if (block > kBlockNumberMax || ordinal >= kBlockChunksMax || offset >= kChunkBytesMax) {
    return damaged("a place is out of range");
  }
  extent.place = Place{block, static_cast<std::uint32_t>(ordinal)};
  extent.offset = static_cast<std::uint32_t>(offset);
  base_block_ = block;
  return Ok{};
}

Result<bool> RecipeReader::next_step(Step& step, std::vector<Source>& sources) {
  sources.clear();
  if (uncovered_ == 0) return false;
  const auto tag = cursor_.le<std::uint8_t>();
  if (!cursor_.ok()) return damaged("a stretch ends before its bytes are covered");
  if ((tag & kReserved) != 0 || (tag & 3) > 2 || (tag & (kJump | kSeveral)) == (kJump | kSeveral)) {
    return Error(ErrorCode::kUnsupported, "recipe has a step that this version does not know");
  }
  step.transform = static_cast<mail::Transform>(tag & 3);
  step.kind = static_cast<Kind>((tag >> kKindShift) & 3);
  step.raw_bytes = (tag & kRest) != 0 ? uncovered_ : cursor_.varint();
  step.stored_bytes = step.raw_bytes;
  step.layout = {};
  if (step.transform == mail::Transform::kCrlf) {
    const std::uint64_t removed = cursor_.varint();
    if (removed >= step.raw_bytes) return damaged("a step has no stored bytes");
    step.stored_bytes -= removed;
  } else if (step.transform == mail::Transform::kBase64) {
    step.stored_bytes = cursor_.varint();
    step.layout = cursor_.take(cursor_.varint());
  }
  if (!cursor_.ok()) return damaged("a step is cut short");
  if (step.raw_bytes == 0 || step.raw_bytes > uncovered_ || step.stored_bytes == 0 ||
      step.stored_bytes > step.raw_bytes) {
    return damaged("a step's length is out of range");
  }
  uncovered_ -= step.raw_bytes;
  if ((tag & kSeveral) == 0) {
    Source source{(tag & kJump) != 0, {}};
    source.extent.bytes = static_cast<std::uint32_t>(step.stored_bytes);
    if (source.is_jump) {
      LETTERPRESS_TRY(read_place(source.extent));
    }
    sources.push_back(source);
    return true;
  }
  const std::uint64_t count = cursor_.varint();
  if (count < 2 || count > kStepExtentsMax || count > cursor_.remaining()) {
    return damaged("a step's extent count is out of range");
  }
  std::uint64_t covered = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t coded = cursor_.varint();
    const std::uint64_t bytes = coded >> 1;
    if (bytes == 0 || bytes > step.stored_bytes - covered) {
      return damaged("an extent's length is out of range");
    }
    covered += bytes;
    Source source{(coded & 1) != 0, {}};
    source.extent.bytes = static_cast<std::uint32_t>(bytes);
    if (source.is_jump) {
      LETTERPRESS_TRY(read_place(source.extent));
    }
    sources.push_back(source);
  }
  if (!cursor_.ok() || covered != step.stored_bytes) {
    return damaged("extents do not cover their step");
  }
  return true;
}

Result<RecipeReach> reach_of(ByteView recipe) {
  RecipeReader reader(recipe);
  Stretch stretch;
  RecipeReader::Step step;
  std::vector<RecipeReader::Source> sources;
  RecipeReach reach;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has_stretch, reader.next_stretch(stretch));
    if (!has_stretch) return reach;
    reach.raw_bytes += stretch.raw_bytes;
    while (true) {
      LETTERPRESS_TRY_ASSIGN(const bool has_step, reader.next_step(step, sources));
      if (!has_step) break;
      for (const RecipeReader::Source& source : sources) {
        if (source.is_jump) {
          reach.block_end = std::max(reach.block_end, source.extent.place.block + 1);
        }
      }
    }
  }
}

}  // namespace letterpress::stream
