// SPDX-License-Identifier: Apache-2.0
// A snapshot's tree: its entries by path, in leaves cut by content, with levels of first paths
// above until one chunk is the root (docs/FORMAT.md, "Tree").
//
//   TreeWriter writer(store);                            // store: puts a node, gives its place
//   LETTERPRESS_TRY(writer.add(record));                 // by path
//   LETTERPRESS_TRY_ASSIGN(TreeRoot root, writer.finish());
//
//   TreeReader reader(root, fetch);                      // fetch: the chunk at a place
//   LETTERPRESS_TRY(reader.seek("mail/alice"));          // the first entry at or behind a path
//   LETTERPRESS_TRY_ASSIGN(bool more, reader.next(record));
//
// Borders depend on paths, so an entry that comes or goes changes its leaf and the nodes above it.
// Memory: one node a level, whatever the number of entries. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "letterpress/chunk.h"
#include "vault/tree/entry_record.h"

namespace letterpress::vault {

struct TreeRoot {
  unsigned depth = 0;  // levels above the leaves
  Place place;
  std::uint64_t entries = 0;  // 0: an empty tree, which has no chunk
  friend bool operator==(const TreeRoot&, const TreeRoot&) = default;
};

inline constexpr unsigned kTreeDepthMax = 12;

Bytes encode_tree_root(const TreeRoot& root);
Result<TreeRoot> decode_tree_root(ByteView bytes);

class TreeWriter {
 public:
  // `level`: how far above the leaves the node is.
  using Store = std::function<Result<Place>(ByteView chunk, unsigned level)>;
  explicit TreeWriter(Store store) : store_(std::move(store)) {}

  // Paths must ascend by stream::compare_paths().
  Status add(const EntryRecord& record);
  // What is added from here on goes into another leaf.
  Status end_leaf();
  Result<TreeRoot> finish();

 private:
  struct Level {
    Bytes node;
    std::string first_path;
    std::string last_path;
    std::uint64_t records = 0;
    std::uint64_t entries = 0;  // below this node
  };
  Status put(unsigned level, std::string_view path, ByteView record, std::uint64_t entries);
  Status close(unsigned level);

  Store store_;
  std::vector<Level> levels_;
  Place last_place_;
};

class TreeReader {
 public:
  using Fetch = std::function<Result<Bytes>(Place)>;
  TreeReader(const TreeRoot& root, Fetch fetch) : root_(root), fetch_(std::move(fetch)) {}

  // Goes to the first entry whose path is not before `path`; "" is the first of all.
  Status seek(std::string_view path);
  // False at the end. Requires a seek() before. A node that cannot be read is an error that names
  // the first path it had; the next call goes on behind it.
  Result<bool> next(EntryRecord& record);
  // How many entries were in the nodes that could not be read since the last seek().
  std::uint64_t lost_entries() const noexcept { return lost_entries_; }

 private:
  struct Node {
    unsigned level = 0;
    Bytes bytes;
    std::size_t at = 0;              // behind the last record that was read
    std::string first_path;          // as the node above says; empty: this is the root
    std::string last_path;           // of that record
    std::uint64_t entries_left = 0;  // below it, behind that record
  };
  struct Child {
    std::string first_path;
    Place place;
    std::uint64_t entries = 0;
  };
  Status open(const Child& child, unsigned level);
  void give_up();
  Result<std::optional<Child>> next_child(Node& node);
  Status pass(const Node& node, const std::string& path);
  Status descend(std::string_view path);

  TreeRoot root_;
  Fetch fetch_;
  std::vector<Node> stack_;  // from the root down to the open leaf
  std::string passed_;       // the last path of all that were read, in leaves and above
  std::uint64_t lost_entries_ = 0;
  std::optional<EntryRecord> held_;  // found by seek()
};

}  // namespace letterpress::vault
