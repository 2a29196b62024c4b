// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/varint.h"
#include "stream/entry_codec.h"
#include "vault/tree/tree.h"

namespace letterpress::vault {
namespace {

// Nodes of about 8 KiB: small enough that a day's mail changes few of a tree's bytes, large enough
// that their ids stay below a half percent.
constexpr std::size_t kNodeBytesMin = 2 * kKiB;
constexpr std::uint64_t kBorderMask = 63;

bool ends_node(std::string_view path) {
  return (XXH3_64bits(path.data(), path.size()) & kBorderMask) == 0;
}

// Paths are written as what they share with the one before and the rest.
void append_path(Bytes& out, std::string_view last, std::string_view path) {
  const auto differ = std::mismatch(last.begin(), last.end(), path.begin(), path.end());
  const auto shared = static_cast<std::size_t>(differ.second - path.begin());
  append_varint(out, shared);
  stream::append_text(out, path.substr(shared));
}

}  // namespace

Bytes encode_tree_root(const TreeRoot& root) {
  Bytes out;
  append_varint(out, root.entries);
  if (root.entries == 0) return out;
  append_varint(out, root.depth);
  append_varint(out, root.place.block);
  append_varint(out, root.place.ordinal);
  return out;
}

Status TreeWriter::add(const EntryRecord& record) {
  Bytes body;
  stream::append_metadata(body, record.entry.metadata);
  if (record.entry.metadata.type == stream::EntryType::kFile) {
    append_varint(body, record.content.size());
    append(body, record.content);
  }
  return put(0, record.entry.path, body, 1);
}

Status TreeWriter::end_leaf() {
  if (levels_.empty() || levels_[0].records == 0) return Ok{};
  return close(0);
}

Status TreeWriter::put(unsigned level, std::string_view path, ByteView record,
                       std::uint64_t entries) {
  if (levels_.size() <= level) levels_.resize(level + 1);
  const std::size_t bytes_max = path.size() + record.size() + 2 * kVarintBytesMax;
  if (bytes_max > kChunkBytesMax) {
    return Error(ErrorCode::kLimitExceeded,
                 std::string(path) + ": its description is longer than a tree's node may be");
  }
  if (levels_[level].node.size() + bytes_max > kChunkBytesMax) {
    LETTERPRESS_TRY(close(level));
  }
  Level& open = levels_[level];
  if (open.records == 0) {
    open.first_path = path;
    open.last_path.clear();
  }
  append_path(open.node, open.last_path, path);
  append(open.node, record);
  open.last_path = path;
  ++open.records;
  open.entries += entries;
  if (open.node.size() >= kNodeBytesMin && ends_node(path)) return close(level);
  return Ok{};
}

Status TreeWriter::close(unsigned level) {
  const Level closed = std::exchange(levels_[level], Level{});
  LETTERPRESS_TRY_ASSIGN(last_place_, store_(closed.node, level));
  Bytes body;
  append_varint(body, last_place_.block);
  append_varint(body, last_place_.ordinal);
  append_varint(body, closed.entries);
  return put(level + 1, closed.first_path, body, closed.entries);
}

Result<TreeRoot> TreeWriter::finish() {
  if (levels_.empty()) return TreeRoot{};
  for (unsigned level = 0;; ++level) {
    if (level >= kTreeDepthMax) return Error(ErrorCode::kLimitExceeded, "tree is too deep");
    const bool is_top = level + 1 == levels_.size();
    // The topmost level with one record names the root; anything else still needs a node.
    if (is_top && level > 0 && levels_[level].records == 1) {
      return TreeRoot{level - 1, last_place_, levels_[level].entries};
    }
    if (levels_[level].records > 0) {
      LETTERPRESS_TRY(close(level));
    }
  }
}

}  // namespace letterpress::vault
