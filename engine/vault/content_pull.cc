// SPDX-License-Identifier: Apache-2.0
#include "vault/content_pull.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "vault/snapshot_reader.h"

namespace letterpress::vault {
namespace {

// Writers make a recipe of a segment. A few bytes of recipe can make as much as they like, so that
// more than this, of whatever origin, is not held.
constexpr std::uint64_t kRecipeCoversMax = 8 * kSegmentBytesMax;

Error wrong_length(std::uint64_t given, std::uint64_t promised) {
  return Error(ErrorCode::kCorrupt, "a recipe gives " + std::to_string(given) +
                                        " bytes instead of " + std::to_string(promised));
}

}  // namespace

ContentReader IdleContentReaders::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return snapshot_.make_content_reader();
  ContentReader reader = std::move(idle_.back());
  idle_.pop_back();
  return reader;
}

void IdleContentReaders::give_back(ContentReader&& reader) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(reader));
}

ContentPull::ContentPull(IdleContentReaders& readers, stream::ContentRef&& ref)
    : readers_(readers), left_(ref.size_bytes) {
  if (ref.depth == 0) {
    inside_ = Recipe{std::move(ref.recipe), ref.size_bytes};
  } else {
    lists_.push_back({std::move(ref.children), 0, ref.depth});
  }
}

ContentPull::~ContentPull() {
  if (reader_) readers_.give_back(*std::move(reader_));
}

// Goes down the lists to the next recipe; nothing at the end.
Result<std::optional<ContentPull::Recipe>> ContentPull::next_recipe() {
  if (inside_) return std::exchange(inside_, std::nullopt);
  while (!lists_.empty()) {
    List& list = lists_.back();
    if (list.next == list.children.size()) {
      lists_.pop_back();
      continue;
    }
    const stream::ContentRef::Child child = list.children[list.next++];
    const unsigned depth = list.depth;
    LETTERPRESS_TRY_ASSIGN(Bytes chunk, reader_->chunk(child.place));
    if (depth == 1) return std::optional(Recipe{std::move(chunk), child.covered_bytes});
    LETTERPRESS_TRY_ASSIGN(auto below, stream::decode_content_list(chunk));
    lists_.push_back({std::move(below), 0, depth - 1});
  }
  return std::optional<Recipe>();
}

// Into `into` as far as it reaches, the rest is held.
Status ContentPull::rebuild(const Recipe& recipe, std::span<std::uint8_t> into,
                            std::size_t& filled) {
  const std::uint64_t promised = recipe.covered_bytes;
  if (promised > left_) return wrong_length(promised, left_);
  if (promised > kRecipeCoversMax) {
    return Error(ErrorCode::kLimitExceeded, "a recipe for more than 64 MiB");
  }
  std::uint64_t made = 0;
  LETTERPRESS_TRY(reader_->rebuild(recipe.bytes, [&](ByteView bytes) -> Status {
    made += bytes.size();
    if (made > promised) return wrong_length(made, promised);
    const std::size_t direct = std::min(bytes.size(), into.size() - filled);
    std::copy_n(bytes.begin(), direct, into.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += direct;
    append(held_, bytes.subspan(direct));
    return Ok{};
  }));
  if (made != promised) return wrong_length(made, promised);
  left_ -= made;
  return Ok{};
}

Result<std::size_t> ContentPull::read(std::span<std::uint8_t> into) {
  if (!reader_) reader_.emplace(readers_.take());
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (held_at_ == held_.size()) {
      held_.clear();
      held_at_ = 0;
      LETTERPRESS_TRY_ASSIGN(const std::optional<Recipe> recipe, next_recipe());
      if (!recipe) break;
      LETTERPRESS_TRY(rebuild(*recipe, into, filled));
      continue;
    }
    const std::size_t count = std::min(into.size() - filled, held_.size() - held_at_);
    std::copy_n(held_.data() + held_at_, count, into.data() + filled);
    held_at_ += count;
    filled += count;
  }
  if (filled < into.size() && left_ > 0) return wrong_length(0, left_);
  return filled;
}

}  // namespace letterpress::vault
