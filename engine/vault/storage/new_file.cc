// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/new_file.h"

#include <fcntl.h>

#include <cerrno>

#include "base/file.h"
#include "vault/storage/file_commit.h"

namespace letterpress::vault {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash + 1);
}

Result<bool> is_there(FileSystem& files, const std::string& path) {
  FileSystem::FileStatus status;
  const int result = uninterrupted([&] { return files.status_at(AT_FDCWD, path.c_str(), status); });
  if (result == -ENOENT) return false;
  if (result < 0) return io_error(-result, path);
  return true;
}

Status make_new_file(FileSystem& files, const std::string& path, unsigned mode, ByteView bytes) {
  const std::string parent = folder_of(path);
  const std::string name = path.substr(parent == "." ? 0 : parent.size());
  LETTERPRESS_TRY_ASSIGN(const OpenFile folder, OpenFile::open(files, AT_FDCWD, parent,
                                                               O_RDONLY | O_DIRECTORY, 0, parent));
  // Nothing is made beside it: the folder is not ours.
  FileCommit commit(files, CommitMethod::kProbe, nullptr);
  const Result<bool> is_new = commit.make({folder, name, path, bytes, mode});
  if (!is_new) {
    const Result<bool> is_left = is_there(files, path);
    if (is_left && !*is_left) return is_new.error().copy();
    return Error(is_new.error().code(),
                 is_new.error().message() + "; remove " + path + " if it is there");
  }
  if (!*is_new) return io_error(EEXIST, path);
  Status synced = folder.sync_folder();
  if (synced) return synced;
  const int removed =
      uninterrupted([&] { return files.remove(folder.descriptor(), name.c_str()); });
  Error error = std::move(synced).error();
  if (removed == 0) return std::move(error).while_doing("making " + path);
  return Error(error.code(),
               error.message() + "; remove " + path + ", which is there and may not last");
}

}  // namespace letterpress::vault
