// SPDX-License-Identifier: Apache-2.0
// A folder on disk for what a target cannot do in memory; in memory all the same where /dev/shm is.
// Empty for each input, gone with the process.
//
//   const std::string& folder = empty_folder();
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "require.h"

namespace letterpress::fuzz {

class WorkingFolder {
 public:
  WorkingFolder() {
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    path_ = has_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
    path_ += "/letterpress-fuzz-XXXXXX";
    require(::mkdtemp(path_.data()) != nullptr);
  }
  ~WorkingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

inline const std::string& empty_folder() {
  static const WorkingFolder folder;
  std::error_code error;
  for (const auto& found : std::filesystem::directory_iterator(folder.path())) {
    // What was restored may have any permissions.
    for (const auto& inner : std::filesystem::recursive_directory_iterator(
             found.path(), std::filesystem::directory_options::skip_permission_denied, error)) {
      if (inner.is_directory() && !inner.is_symlink()) {
        std::filesystem::permissions(inner.path(), std::filesystem::perms::owner_all, error);
      }
    }
    std::filesystem::remove_all(found.path(), error);
  }
  require(std::filesystem::is_empty(folder.path()));
  return folder.path();
}

}  // namespace letterpress::fuzz
