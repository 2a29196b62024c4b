// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/varint.h"
#include "stream/entry_codec.h"
#include "vault/tree/tree.h"

namespace letterpress::vault {
namespace {

Error damaged(std::string_view what) {
  return Error(ErrorCode::kCorrupt, "tree: " + std::string(what));
}

Result<std::string> read_path(ByteCursor& cursor, std::string_view last) {
  const std::uint64_t shared = cursor.varint();
  const std::string rest = stream::read_text(cursor);
  if (!cursor.ok() || shared > last.size()) return damaged("a path is damaged");
  std::string path(last.substr(0, static_cast<std::size_t>(shared)));
  path += rest;
  if (!stream::is_valid_path(path)) return damaged("a path is empty, absolute or leads upwards");
  if (!last.empty() && stream::compare_paths(last, path) >= 0) {
    return damaged("paths are out of order");
  }
  return path;
}

Result<Place> read_place(ByteCursor& cursor) {
  const std::uint64_t block = cursor.varint();
  const std::uint64_t ordinal = cursor.varint();
  if (!cursor.ok() || block > kBlockNumberMax || ordinal >= kBlockChunksMax) {
    return damaged("a place is out of range");
  }
  return Place{block, static_cast<std::uint32_t>(ordinal)};
}

}  // namespace

Result<TreeRoot> decode_tree_root(ByteView bytes) {
  ByteCursor cursor(bytes);
  TreeRoot root;
  root.entries = cursor.varint();
  if (root.entries > 0) {
    const std::uint64_t depth = cursor.varint();
    LETTERPRESS_TRY_ASSIGN(root.place, read_place(cursor));
    if (depth >= kTreeDepthMax) return damaged("it is too deep");
    root.depth = static_cast<unsigned>(depth);
  }
  if (!cursor.ok() || !cursor.at_end()) return damaged("its root is damaged");
  return root;
}

Status TreeReader::open(const Child& child, unsigned level) {
  Result<Bytes> bytes = fetch_(child.place);
  if (!bytes) {
    lost_entries_ += child.entries;
    return std::move(bytes).error().while_doing(
        "tree, " + std::to_string(child.entries) +
        (child.first_path.empty() ? " entries" : " entries from " + child.first_path));
  }
  stack_.push_back({level, *std::move(bytes), 0, child.first_path, {}, child.entries});
  return Ok{};
}

// The open node is damaged: what it still had is lost.
void TreeReader::give_up() {
  lost_entries_ += stack_.back().entries_left;
  stack_.pop_back();
}

// Paths ascend over the whole tree, and a node begins where the one above says. So a walk ends,
// even where nodes name each other again and again, and no path comes twice.
Status TreeReader::pass(const Node& node, const std::string& path) {
  const bool begins_node = node.at == 0 && !node.first_path.empty();
  if (begins_node ? path != node.first_path
                  : !passed_.empty() && stream::compare_paths(passed_, path) >= 0) {
    return damaged("a node has paths that belong elsewhere");
  }
  passed_ = path;
  return Ok{};
}

Result<std::optional<TreeReader::Child>> TreeReader::next_child(Node& node) {
  ByteCursor cursor(ByteView(node.bytes).subspan(node.at));
  if (cursor.at_end()) return std::optional<Child>();
  Child child;
  LETTERPRESS_TRY_ASSIGN(child.first_path, read_path(cursor, node.last_path));
  LETTERPRESS_TRY_ASSIGN(child.place, read_place(cursor));
  child.entries = cursor.varint();
  if (!cursor.ok()) return damaged("a node is cut short");
  LETTERPRESS_TRY(pass(node, child.first_path));
  node.at += cursor.offset();
  node.entries_left -= std::min(node.entries_left, child.entries);
  node.last_path = child.first_path;
  return std::optional<Child>(std::move(child));
}

// From the node on top of the stack down to the leaf that has `path`, if any leaf has it: the last
// child whose first path is not behind it. Children behind that one are left for next().
Status TreeReader::descend(std::string_view path) {
  while (stack_.back().level > 0) {
    Node& node = stack_.back();
    std::optional<Child> chosen;
    while (true) {
      const std::size_t at = node.at;
      std::string last = node.last_path;
      LETTERPRESS_TRY_ASSIGN(std::optional<Child> child, next_child(node));
      if (!child) break;
      if (chosen && stream::compare_paths(child->first_path, path) > 0) {
        node.at = at;
        node.last_path = std::move(last);
        node.entries_left += child->entries;
        passed_ = chosen->first_path;
        break;
      }
      chosen = std::move(child);
    }
    if (!chosen) return damaged("a node is empty");
    LETTERPRESS_TRY(open(*chosen, node.level - 1));
  }
  return Ok{};
}

Status TreeReader::seek(std::string_view path) {
  stack_.clear();
  held_.reset();
  passed_.clear();
  lost_entries_ = 0;
  if (root_.entries == 0) return Ok{};
  LETTERPRESS_TRY(open({{}, root_.place, root_.entries}, root_.depth));
  LETTERPRESS_TRY(descend(path));
  EntryRecord record;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has, next(record));
    if (!has) return Ok{};
    if (stream::compare_paths(record.entry.path, path) >= 0) break;
  }
  held_ = std::move(record);
  return Ok{};
}

Result<bool> TreeReader::next(EntryRecord& record) {
  if (held_) {
    record = std::move(*held_);
    held_.reset();
    return true;
  }
  while (!stack_.empty()) {
    Node& node = stack_.back();
    if (node.at == node.bytes.size()) {
      stack_.pop_back();
      continue;
    }
    if (node.level > 0) {
      Result<std::optional<Child>> child = next_child(node);
      if (!child) {
        give_up();
        return std::move(child).error();
      }
      LETTERPRESS_TRY(open(**child, node.level - 1));
      continue;
    }
    ByteCursor cursor(ByteView(node.bytes).subspan(node.at));
    const auto read = [&]() -> Status {
      record = EntryRecord{};
      LETTERPRESS_TRY_ASSIGN(record.entry.path, read_path(cursor, node.last_path));
      LETTERPRESS_TRY_ASSIGN(record.entry.metadata, stream::read_metadata(cursor));
      if (record.entry.metadata.type == stream::EntryType::kFile) {
        const ByteView content = cursor.take(cursor.varint());
        record.content.assign(content.begin(), content.end());
      }
      return cursor.ok() ? pass(node, record.entry.path) : damaged("a leaf is cut short");
    };
    if (Status status = read(); !status) {
      give_up();
      return std::move(status).error();
    }
    node.at += cursor.offset();
    node.entries_left -= std::min<std::uint64_t>(node.entries_left, 1);
    node.last_path = record.entry.path;
    return true;
  }
  return false;
}

}  // namespace letterpress::vault
