// SPDX-License-Identifier: Apache-2.0
#include "stream/content_ref.h"

#include <utility>

#include "base/assert.h"
#include "base/byte_cursor.h"
#include "base/limits.h"
#include "base/varint.h"

namespace letterpress::stream {
namespace {

using Child = ContentRef::Child;

void append_children(Bytes& out, const std::vector<Child>& children) {
  append_varint(out, children.size());
  std::uint64_t base = 0;
  for (const Child& child : children) {
    append_varint(out, fold_sign(static_cast<std::int64_t>(child.place.block) -
                                 static_cast<std::int64_t>(base)));
    append_varint(out, child.place.ordinal);
    append_varint(out, child.covered_bytes);
    base = child.place.block;
  }
}

Result<std::vector<Child>> read_children(ByteCursor& cursor) {
  const std::uint64_t count = cursor.varint();
  if (count == 0 || count > kContentListMax || count > cursor.remaining()) {
    return Error(ErrorCode::kCorrupt, "content list: its count is out of range");
  }
  std::vector<Child> children(static_cast<std::size_t>(count));
  std::uint64_t base = 0;
  for (Child& child : children) {
    base += static_cast<std::uint64_t>(unfold_sign(cursor.varint()));
    const std::uint64_t ordinal = cursor.varint();
    child.covered_bytes = cursor.varint();
    if (base > kBlockNumberMax || ordinal >= kBlockChunksMax) {
      return Error(ErrorCode::kCorrupt, "content list: a place is out of range");
    }
    child.place = Place{base, static_cast<std::uint32_t>(ordinal)};
  }
  if (!cursor.ok() || !cursor.at_end()) {
    return Error(ErrorCode::kCorrupt, "content list: its length is wrong");
  }
  return children;
}

}  // namespace

Bytes encode_content_ref(const ContentRef& ref) {
  Bytes out;
  append_varint(out, ref.size_bytes);
  out.push_back(static_cast<std::uint8_t>(ref.depth));
  if (ref.depth == 0) {
    append(out, ref.recipe);
  } else {
    append_children(out, ref.children);
  }
  return out;
}

Result<ContentRef> decode_content_ref(ByteView encoded) {
  ByteCursor cursor(encoded);
  ContentRef ref;
  ref.size_bytes = cursor.varint();
  ref.depth = cursor.le<std::uint8_t>();
  if (!cursor.ok() || ref.depth > kContentDepthMax) {
    return Error(ErrorCode::kCorrupt, "content reference: its head is damaged");
  }
  if (ref.depth == 0) {
    const ByteView recipe = cursor.take(cursor.remaining());
    ref.recipe.assign(recipe.begin(), recipe.end());
    return ref;
  }
  LETTERPRESS_TRY_ASSIGN(ref.children, read_children(cursor));
  return ref;
}

Result<std::vector<Child>> decode_content_list(ByteView chunk) {
  ByteCursor cursor(chunk);
  return read_children(cursor);
}

Status check_covers(const std::vector<Child>& children, std::uint64_t covered_bytes) {
  std::uint64_t left = covered_bytes;
  for (const Child& child : children) {
    if (child.covered_bytes == 0 || child.covered_bytes > left) {
      return Error(ErrorCode::kCorrupt, "content list: its parts are not those of its whole");
    }
    left -= child.covered_bytes;
  }
  if (left == 0) return Ok{};
  return Error(ErrorCode::kCorrupt, "content list: its parts are less than its whole");
}

void ContentRefBuilder::add_child(unsigned level, Child child, const Store& store) {
  if (levels_.size() <= level) levels_.emplace_back();
  levels_[level].push_back(child);
  if (levels_[level].size() < kContentListMax) return;
  const std::vector<Child> full = std::exchange(levels_[level], {});
  Bytes list;
  append_children(list, full);
  LETTERPRESS_ASSERT(list.size() <= kChunkBytesMax);
  std::uint64_t covered = 0;
  for (const Child& each : full) covered += each.covered_bytes;
  add_child(level + 1, Child{store(list), covered}, store);
}

ContentRef::Child ContentRefBuilder::add_recipe(ByteView recipe, std::uint64_t covered_bytes,
                                                const Store& store) {
  const Child child{store(recipe), covered_bytes};
  add_stored(child, store);
  return child;
}

void ContentRefBuilder::add_stored(const Child& recipe, const Store& store) {
  LETTERPRESS_ASSERT(inside_.empty());
  size_bytes_ += recipe.covered_bytes;
  add_child(0, recipe, store);
}

void ContentRefBuilder::keep_inside(Bytes&& recipe, std::uint64_t covered_bytes) {
  LETTERPRESS_ASSERT(size_bytes_ == 0 && recipe.size() <= kInlineRecipeBytesMax);
  inside_ = std::move(recipe);
  size_bytes_ = covered_bytes;
}

Bytes ContentRefBuilder::finish(const Store& store) {
  ContentRef ref;
  ref.size_bytes = std::exchange(size_bytes_, 0);
  if (levels_.empty()) {
    ref.recipe = std::exchange(inside_, {});
    return encode_content_ref(ref);
  }
  // Levels that are not full yet hang below the next one; the topmost is the root.
  for (unsigned level = 0; level + 1 < levels_.size(); ++level) {
    if (levels_[level].empty()) continue;
    Bytes list;
    append_children(list, levels_[level]);
    std::uint64_t covered = 0;
    for (const Child& each : levels_[level]) covered += each.covered_bytes;
    add_child(level + 1, Child{store(list), covered}, store);
  }
  ref.depth = static_cast<unsigned>(levels_.size());
  ref.children = std::move(levels_.back());
  levels_.clear();
  return encode_content_ref(ref);
}

}  // namespace letterpress::stream
