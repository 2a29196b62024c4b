// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/tree_writer.h"

namespace letterpress::restic {

TreeWriter::TreeWriter(Options options, Store store)
    : options_(std::move(options)), store_(std::move(store)), nodes_(options_.names_owners) {
  folders_.emplace_back(std::string_view(), stream::Metadata(), stream::SourceEntry::Identity(),
                        options_.level);
}

Status TreeWriter::add(std::string_view path, const Node& node) {
  // As many of the open folders as the path has.
  std::size_t depth = 1;
  std::size_t at = 0;
  while (depth < folders_.size()) {
    const std::string& name = folders_[depth].name;
    if (!path.substr(at).starts_with(name) || at + name.size() >= path.size() ||
        path[at + name.size()] != '/') {
      break;
    }
    at += name.size() + 1;
    ++depth;
  }
  while (folders_.size() > depth) {
    LETTERPRESS_TRY(close());
  }
  for (std::size_t slash = path.find('/', at); slash != std::string_view::npos;
       slash = path.find('/', at)) {
    LETTERPRESS_TRY(open(path.substr(at, slash - at), options_.made_up, {}));
    at = slash + 1;
  }
  const std::string_view name = path.substr(at);
  if (node.metadata->type == stream::EntryType::kFolder) {
    return open(name, *node.metadata, node.identity);
  }
  Node named = node;
  named.name = name;
  return append(named);
}

Status TreeWriter::append(const Node& node) {
  Folder& folder = folders_.back();
  folder.last_name = node.name;
  nodes_.append(folder.tree.next_node(), node);
  folder.tree.settle();
  return Ok{};
}

Status TreeWriter::open(std::string_view name, const stream::Metadata& metadata,
                        const stream::SourceEntry::Identity& identity) {
  if (!folders_.back().last_name.empty() && folders_.back().last_name == name) {
    return Error(ErrorCode::kInvalidArgument, "lies in what is no folder");
  }
  folders_.emplace_back(name, metadata, identity, options_.level);
  return Ok{};
}

// Of the innermost folder; its node goes to the one around it.
Result<BlobId> TreeWriter::close() {
  Folder folder = std::move(folders_.back());
  folders_.pop_back();
  const TreeBlob::Made made = folder.tree.finish();
  LETTERPRESS_TRY(store_(made));
  if (folders_.empty()) return made.id;
  Node node;
  node.name = folder.name;
  node.metadata = &folder.metadata;
  node.identity = folder.identity;
  node.tree = &made.id;
  LETTERPRESS_TRY(append(node));
  return made.id;
}

Result<BlobId> TreeWriter::finish() {
  while (folders_.size() > 1) {
    LETTERPRESS_TRY(close());
  }
  return close();
}

}  // namespace letterpress::restic
