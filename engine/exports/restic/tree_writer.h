// SPDX-License-Identifier: Apache-2.0
// Makes the trees of a snapshot from entries that come in the order of their paths.
//
//   TreeWriter writer(options, store);
//   LETTERPRESS_TRY(writer.add(path, node));         // compare_paths() order, none twice
//   LETTERPRESS_TRY_ASSIGN(BlobId root, writer.finish());
//
// Folders that no entry names are made up. Not thread-safe. Memory: one TreeBlob for each folder
// from the root to the current one.
#pragma once

#include <functional>
#include <vector>

#include "exports/restic/node.h"
#include "exports/restic/tree_blob.h"

namespace letterpress::restic {

class TreeWriter {
 public:
  using Store = std::function<Status(const TreeBlob::Made&)>;
  // `made_up` is what a folder gets that no entry names.
  struct Options {
    int level = 3;
    bool names_owners = true;
    stream::Metadata made_up;
  };

  TreeWriter(Options options, Store store);

  // kInvalidArgument, and nothing is added, if the path lies below something that is no folder.
  Status add(std::string_view path, const Node& node);
  Result<BlobId> finish();

 private:
  struct Folder {
    Folder(std::string_view its_name, stream::Metadata its_metadata,
           const stream::SourceEntry::Identity& its_identity, int level)
        : name(its_name), metadata(std::move(its_metadata)), identity(its_identity), tree(level) {}

    std::string name;
    stream::Metadata metadata;
    stream::SourceEntry::Identity identity;
    TreeBlob tree;
    std::string last_name;  // what was added last
  };

  Status open(std::string_view name, const stream::Metadata& metadata,
              const stream::SourceEntry::Identity& identity);
  Result<BlobId> close();
  Status append(const Node& node);

  const Options options_;
  Store store_;
  NodeWriter nodes_;
  std::vector<Folder> folders_;  // the root is the first
};

}  // namespace letterpress::restic
