// SPDX-License-Identifier: Apache-2.0
// The open folders from a source down to the one that is walked, with few descriptors at any depth.
//
// Every step is taken from the parent's descriptor and follows no symbolic link. When too many are
// open, the upper ones are closed, and opened again on the way back; a folder that is not the same
// one then is an error, so that the walk never goes on in another folder under an old name. Not
// thread-safe. At most 34 descriptors.
#pragma once

#include <sys/stat.h>

#include <deque>
#include <string>

#include "base/file.h"
#include "letterpress/result.h"

namespace letterpress::files {

// openat(2) for reading that leaves the access time alone where the system allows it. `flags` are
// added.
Result<File> open_quietly(int folder, const std::string& name, int flags, std::string shown_path);

class FolderTrail {
 public:
  // Begins at a path of the user's, which may be a symbolic link. Gives the folder's own status.
  Result<struct stat> start(const std::string& path);
  // Goes down. After an error the trail is where it was.
  Result<struct stat> enter(const std::string& name);
  // Goes up. After an error the trail is at the parent all the same, but descriptor() gives -1.
  Status leave();

  std::size_t depth() const noexcept { return levels_.size(); }  // 1 after start()
  int descriptor() const noexcept { return levels_.back().folder.descriptor(); }

 private:
  struct Level {
    File folder;  // closed while it is far above
    std::string name;
    dev_t device;
    ino_t inode;
  };
  Status reopen(const File& child);
  Result<File> open_from_top() const;

  std::deque<Level> levels_;
  std::size_t first_open_ = 1;  // levels 1 to first_open_ - 1 are closed, level 0 never is
};

}  // namespace letterpress::files
