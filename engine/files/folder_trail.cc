// SPDX-License-Identifier: Apache-2.0
#include "files/folder_trail.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace letterpress::files {
namespace {

constexpr std::size_t kOpenLevelsMax = 32;
constexpr int kInnerFolderFlags = O_DIRECTORY | O_NOFOLLOW;

bool is_level(const struct stat& status, dev_t device, ino_t inode) {
  return status.st_dev == device && status.st_ino == inode;
}

}  // namespace

Result<File> open_quietly(int folder, const std::string& name, int flags, std::string shown_path) {
  flags |= O_RDONLY | O_CLOEXEC;
  int descriptor = ::openat(folder, name.c_str(), flags | O_NOATIME);
  // Only the owner may leave the access time alone.
  while (descriptor < 0 && (errno == EPERM || errno == EINTR)) {
    descriptor = ::openat(folder, name.c_str(), flags);
    if (descriptor < 0 && errno != EINTR) break;
  }
  if (descriptor < 0) return io_error(errno, shown_path);
  return File(descriptor, std::move(shown_path));
}

Result<struct stat> FolderTrail::start(const std::string& path) {
  levels_.clear();
  first_open_ = 1;
  LETTERPRESS_TRY_ASSIGN(File folder, open_quietly(AT_FDCWD, path, O_DIRECTORY, path));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, folder.stat());
  levels_.push_back({std::move(folder), {}, status.st_dev, status.st_ino});
  return status;
}

Result<struct stat> FolderTrail::enter(const std::string& name) {
  LETTERPRESS_TRY_ASSIGN(File folder, open_quietly(descriptor(), name, kInnerFolderFlags, name));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, folder.stat());
  levels_.push_back({std::move(folder), name, status.st_dev, status.st_ino});
  if (levels_.size() - first_open_ > kOpenLevelsMax) levels_[first_open_++].folder = File();
  return status;
}

Status FolderTrail::leave() {
  const Level child = std::move(levels_.back());
  levels_.pop_back();
  if (levels_.empty() || levels_.back().folder.is_open()) return Ok{};
  first_open_ = levels_.size() - 1;
  return reopen(child.folder);
}

Status FolderTrail::reopen(const File& child) {
  Level& level = levels_.back();
  if (child.is_open()) {
    Result<File> parent = open_quietly(child.descriptor(), "..", kInnerFolderFlags, level.name);
    if (parent) {
      LETTERPRESS_TRY_ASSIGN(const struct stat status, parent->stat());
      if (is_level(status, level.device, level.inode)) {
        level.folder = *std::move(parent);
        return Ok{};
      }
    }
  }
  // The child may be unsearchable, or have been moved elsewhere meanwhile.
  LETTERPRESS_TRY_ASSIGN(File folder, open_from_top());
  LETTERPRESS_TRY_ASSIGN(const struct stat status, folder.stat());
  if (!is_level(status, level.device, level.inode)) {
    return Error(ErrorCode::kNotFound, "the folder was moved away while it was read");
  }
  level.folder = std::move(folder);
  return Ok{};
}

Result<File> FolderTrail::open_from_top() const {
  File folder;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    const int parent = i == 1 ? levels_[0].folder.descriptor() : folder.descriptor();
    LETTERPRESS_TRY_ASSIGN(
        folder, open_quietly(parent, levels_[i].name, kInnerFolderFlags, levels_[i].name));
  }
  return folder;
}

}  // namespace letterpress::files
