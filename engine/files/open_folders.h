// SPDX-License-Identifier: Apache-2.0
// Folders below one root, opened step by step without following a symbolic link; the last used stay
// open.
//
// Not thread-safe, but an OpenFolder, once given out, may be used and dropped by any thread.
#pragma once

#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/file.h"

namespace letterpress::files {

struct FolderDescriptor {
  File file;
  bool gives_group = false;                            // set-gid: what is made in it gets its group
  std::pair<std::uint64_t, std::uint64_t> inode = {};  // device and number
};
using OpenFolder = std::shared_ptr<const FolderDescriptor>;

class OpenFolders {
 public:
  enum class Missing : bool { kIsError, kIsMade };

  // `root` is an open folder; its path is used in messages.
  static Result<OpenFolders> at(File root);

  // The folder at a path below the root, "" for the root. kNotFound if it, or a parent, is missing
  // and that is an error; otherwise it is made, with default permissions. A symbolic link on the
  // way, or anything else that is no folder, is an error. O(depth) system calls at worst, usually
  // none or one.
  Result<OpenFolder> open(std::string_view path, Missing missing);

  // Whether open() made this folder. Says so once: the caller has taken it over.
  bool adopt(const FolderDescriptor& folder) { return made_.erase(folder.inode) > 0; }

  // As a user knows it: with the root's path in front.
  std::string shown(std::string_view path) const;

 private:
  struct Slot {
    std::string path;
    OpenFolder folder;
  };
  using Slots = std::list<Slot>;

  OpenFolders() = default;
  OpenFolder cached(std::string_view path);
  Result<OpenFolder> open_child(const OpenFolder& parent, std::string_view path, Missing missing);
  void remember(std::string_view path, OpenFolder folder);

  OpenFolder root_;
  Slots slots_;                                                    // the last used first
  std::unordered_map<std::string_view, Slots::iterator> by_path_;  // keys are views of Slot::path
  // Not their paths: one path can have thousands of folders.
  std::set<std::pair<std::uint64_t, std::uint64_t>> made_;
};

}  // namespace letterpress::files
