// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/late_extents.h"

#include <algorithm>

namespace letterpress::vault {

// Whether the block is open when it is used now; if it is opened now, or was, it is the newest.
bool LateExtents::Recent::use(std::uint64_t number, bool is_opened) {
  const auto begin = blocks.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  auto place = std::find(begin, end, number);
  const bool is_open = place != end;
  if (!is_open && !is_opened) return false;
  if (!is_open && count < kOpenBlocks) ++count;
  if (!is_open) place = begin + static_cast<std::ptrdiff_t>(count) - 1;
  std::move_backward(begin, place, place + 1);
  *begin = number;
  return true;
}

Status LateExtents::foresee(ByteView recipe) {
  stream::RecipeReader reader(recipe);
  stream::Stretch stretch;
  stream::RecipeReader::Step step;
  std::vector<stream::RecipeReader::Source> sources;
  for (Recent& recent : recent_) recent.needed = nullptr;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has_stretch, reader.next_stretch(stretch));
    if (!has_stretch) return Ok{};
    while (true) {
      LETTERPRESS_TRY_ASSIGN(const bool has_step, reader.next_step(step, sources));
      if (!has_step) break;
      Recent& recent = recent_[static_cast<std::size_t>(step.kind)];
      for (const stream::RecipeReader::Source& source : sources) {
        const stream::Extent& extent = source.extent;
        if (source.is_jump) {
          const auto [block, is_first] = blocks_.try_emplace(extent.place.block);
          const bool is_late = !recent.use(extent.place.block, is_first);
          recent.needed = is_late ? &block->second : nullptr;
          if (is_late) {
            block->second.late.push_back({extent.place.ordinal, extent.offset, extent.bytes});
          }
        } else if (recent.needed != nullptr) {
          recent.needed->late.back().bytes += extent.bytes;
        }
      }
    }
  }
}

// What the block has of the late extents, each byte once.
std::vector<LateExtents::Range> LateExtents::ranges_of(const Needed& needed,
                                                       const stream::OpenBlock& block) {
  std::vector<Range> all;
  for (const Late& late : needed.late) {
    if (late.ordinal >= block.chunk_count()) continue;
    const std::uint64_t begin = std::uint64_t{block.starts[late.ordinal]} + late.offset;
    const std::uint64_t end = std::min<std::uint64_t>(begin + late.bytes, block.raw_bytes());
    if (begin >= end) continue;
    all.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), 0});
  }
  std::ranges::sort(all, {}, &Range::begin);
  std::vector<Range> apart;
  for (const Range& range : all) {
    if (apart.empty() || range.begin > apart.back().end) {
      apart.push_back(range);
    } else {
      apart.back().end = std::max(apart.back().end, range.end);
    }
  }
  return apart;
}

void LateExtents::put_aside(const stream::OpenBlock& block) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(block.number);
  if (found == blocks_.end() || found->second.is_put_aside || is_full_) return;
  Needed& needed = found->second;
  needed.is_put_aside = true;
  std::vector<Range> ranges = ranges_of(needed, block);
  needed.late = {};
  for (Range& range : ranges) {
    const ByteView bytes = block.from(range.begin).first(range.end - range.begin);
    if (bytes.size() > file_bytes_max_ - file_bytes_ || !file_.write(bytes)) {
      is_full_ = true;
      return;
    }
    range.at = file_bytes_;
    file_bytes_ += bytes.size();
  }
  needed.table = {block.number, block.kind, block.starts, 0, {}};
  needed.ranges = std::move(ranges);
}

std::optional<stream::OpenBlock> LateExtents::find(std::uint64_t number, std::uint32_t ordinal,
                                                   std::uint64_t offset, std::size_t wanted) const {
  std::optional<stream::OpenBlock> part;
  std::uint64_t at = 0;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(number);
    if (found == blocks_.end() || found->second.ranges.empty()) return std::nullopt;
    const Needed& needed = found->second;
    if (ordinal >= needed.table.chunk_count()) return std::nullopt;
    const std::uint64_t from = needed.table.starts[ordinal] + offset;
    const auto behind = std::ranges::upper_bound(needed.ranges, from, {}, &Range::begin);
    if (behind == needed.ranges.begin()) return std::nullopt;
    const Range& range = *std::prev(behind);
    if (from >= range.end) return std::nullopt;
    count = std::min<std::size_t>(wanted, range.end - from);
    at = range.at + (from - range.begin);
    part = needed.table;
    part->begin = static_cast<std::uint32_t>(from);
  }
  part->bytes.resize(count);
  const Result<std::size_t> got = file_.read_at(at, part->bytes);
  if (!got || *got != count) return std::nullopt;
  return part;
}

}  // namespace letterpress::vault
