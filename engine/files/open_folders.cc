// SPDX-License-Identifier: Apache-2.0
#include "files/open_folders.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace letterpress::files {
namespace {

constexpr std::size_t kOpenFoldersMax = 128;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

Result<OpenFolder> describe(File file) {
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  const bool gives_group = (status.st_mode & S_ISGID) != 0;
  return OpenFolder(std::make_shared<FolderDescriptor>(
      FolderDescriptor{std::move(file), gives_group, {status.st_dev, status.st_ino}}));
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

Result<OpenFolders> OpenFolders::at(File root) {
  LETTERPRESS_TRY_ASSIGN(OpenFolder folder, describe(std::move(root)));
  OpenFolders folders;
  folders.root_ = std::move(folder);
  return folders;
}

std::string OpenFolders::shown(std::string_view path) const {
  return root_->file.path() + "/" + std::string(path);
}

Result<OpenFolder> OpenFolders::open(std::string_view path, Missing missing) {
  std::vector<std::string_view> below;  // to be opened, the lowest first
  OpenFolder folder = cached(path);
  while (folder == nullptr) {
    below.push_back(path);
    path = parent_of(path);
    folder = cached(path);
  }
  for (; !below.empty(); below.pop_back()) {
    LETTERPRESS_TRY_ASSIGN(folder, open_child(folder, below.back(), missing));
    remember(below.back(), folder);
  }
  return folder;
}

OpenFolder OpenFolders::cached(std::string_view path) {
  if (path.empty()) return root_;
  const auto at = by_path_.find(path);
  if (at == by_path_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, at->second);
  return at->second->folder;
}

Result<OpenFolder> OpenFolders::open_child(const OpenFolder& parent, std::string_view path,
                                           Missing missing) {
  const std::string name(path.substr(path.rfind('/') + 1));
  const int parent_descriptor = parent->file.descriptor();
  Result<File> file = File::open_at(parent_descriptor, name, kFolderFlags, 0, shown(path));
  const bool is_new =
      !file && file.error().code() == ErrorCode::kNotFound && missing == Missing::kIsMade;
  if (is_new) {
    if (::mkdirat(parent_descriptor, name.c_str(), 0777) != 0) return io_error(errno, shown(path));
    file = File::open_at(parent_descriptor, name, kFolderFlags, 0, shown(path));
  }
  if (!file) return std::move(file).error();
  LETTERPRESS_TRY_ASSIGN(OpenFolder folder, describe(*std::move(file)));
  if (is_new) made_.insert(folder->inode);
  return folder;
}

void OpenFolders::remember(std::string_view path, OpenFolder folder) {
  if (slots_.size() == kOpenFoldersMax) {
    by_path_.erase(slots_.back().path);
    slots_.pop_back();
  }
  slots_.push_front({std::string(path), std::move(folder)});
  by_path_.emplace(slots_.front().path, slots_.begin());
}

}  // namespace letterpress::files
