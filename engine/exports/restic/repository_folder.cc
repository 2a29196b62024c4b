// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/repository_folder.h"

#include <fcntl.h>

#include <cerrno>

#include "base/file.h"

namespace letterpress::restic {
namespace {

using vault::OpenFile;

constexpr unsigned kFileMode = 0400;
constexpr unsigned kFolderMode = 0700;

}  // namespace

RepositoryFolder::RepositoryFolder(vault::FileSystem& files, OpenFile root)
    : files_(&files),
      root_(std::make_unique<OpenFile>(std::move(root))),
      commit_(files, vault::CommitMethod::kProbe, root_.get()) {}

Result<RepositoryFolder> RepositoryFolder::open(vault::FileSystem& files, const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(OpenFile root,
                         OpenFile::open(files, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, path));
  return RepositoryFolder(files, std::move(root));
}

Result<RepositoryFolder> RepositoryFolder::create(vault::FileSystem& files,
                                                  const std::string& path) {
  const int made = files.make_folder(AT_FDCWD, path.c_str(), kFolderMode);
  if (made < 0 && made != -EEXIST) return io_error(-made, path);
  LETTERPRESS_TRY_ASSIGN(RepositoryFolder folder, open(files, path));
  for (const char* const name : {"data", "index", "keys", "locks", "snapshots"}) {
    LETTERPRESS_TRY(folder.make_folder(name));
  }
  return folder;
}

Status RepositoryFolder::make_folder(const std::string& name) {
  const int made = files_->make_folder(root_->descriptor(), name.c_str(), kFolderMode);
  if (made == -EEXIST) return Ok{};
  if (made < 0) return io_error(-made, full_path(name));
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) return root_->sync_folder();
  LETTERPRESS_TRY_ASSIGN(const OpenFile parent,
                         open_inner(name.substr(0, slash), O_RDONLY | O_DIRECTORY));
  return parent.sync_folder();
}

Result<OpenFile> RepositoryFolder::open_inner(const std::string& name, int flags) const {
  return OpenFile::open(*files_, root_->descriptor(), name, flags, 0, full_path(name));
}

Result<std::vector<std::string>> RepositoryFolder::list(const std::string& folder) const {
  std::vector<std::string> names;
  const Result<OpenFile> opened = open_inner(folder, O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) return names;
  if (!opened) return opened.error().copy();
  const int listed = files_->list(opened->descriptor(), names);
  if (listed < 0) return io_error(-listed, full_path(folder));
  return names;
}

Result<bool> RepositoryFolder::has(const std::string& name) const {
  vault::FileSystem::FileStatus status;
  const int looked = files_->status_at(root_->descriptor(), name.c_str(), status);
  if (looked == -ENOENT) return false;
  if (looked < 0) return io_error(-looked, full_path(name));
  return true;
}

Result<std::uint64_t> RepositoryFolder::size(const std::string& name) const {
  vault::FileSystem::FileStatus status;
  const int looked = files_->status_at(root_->descriptor(), name.c_str(), status);
  if (looked < 0) return io_error(-looked, full_path(name));
  return status.size_bytes;
}

Result<Bytes> RepositoryFolder::read(const std::string& name, std::uint64_t bytes_max) const {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_inner(name, O_RDONLY | O_NONBLOCK));
  LETTERPRESS_TRY_ASSIGN(const auto status, file.status());
  if (status.kind != vault::FileSystem::Kind::kFile) {
    return Error(ErrorCode::kCorrupt, file.path() + ": is no regular file");
  }
  if (status.size_bytes > bytes_max) {
    return Error(ErrorCode::kLimitExceeded,
                 file.path() + ": has more than " + std::to_string(bytes_max) + " bytes");
  }
  Bytes bytes(status.size_bytes);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(0, bytes));
  bytes.resize(got);
  return bytes;
}

Status RepositoryFolder::put(const std::string& folder, const std::string& name, ByteView bytes) {
  const std::string path = folder.empty() ? name : folder + '/' + name;
  const auto commit = [&](const OpenFile& into) -> Status {
    LETTERPRESS_TRY_ASSIGN(const bool is_new,
                           commit_.make({into, name, full_path(path), bytes, kFileMode}));
    if (!is_new) return Error(ErrorCode::kIo, full_path(path) + ": exists already");
    return into.sync_folder();
  };
  if (folder.empty()) return commit(*root_);
  LETTERPRESS_TRY(make_folder(folder));
  LETTERPRESS_TRY_ASSIGN(const OpenFile into, open_inner(folder, O_RDONLY | O_DIRECTORY));
  return commit(into);
}

Status RepositoryFolder::remove(const std::string& name) {
  const int removed =
      vault::uninterrupted([&] { return files_->remove(root_->descriptor(), name.c_str()); });
  if (removed < 0) return io_error(-removed, full_path(name));
  return Ok{};
}

}  // namespace letterpress::restic
