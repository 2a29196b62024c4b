// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/posix_storage.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/assert.h"
#include "base/file.h"
#include "base/limits.h"
#include "vault/ids.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"

namespace letterpress::vault {

namespace {

// Write-once from the start: the permission bits bind later opens, not the descriptor that made the
// file. The umask may take more.
constexpr unsigned kFileMode = 0444;
constexpr std::size_t kCompareBytes = kMiB;

std::string_view method_text(CommitMethod method) {
  switch (method) {
    case CommitMethod::kProbe:
      return "how files are committed is found out by the first one";
    case CommitMethod::kTmpfile:
      return "files appear whole (O_TMPFILE, linkat)";
    case CommitMethod::kRename:
      return "files appear whole (made in tmp/, renamed; this file system lacks O_TMPFILE or "
             "links)";
    case CommitMethod::kExclusive:
      return "files appear as they are written; this file system can neither link nor rename "
             "without "
             "replacing, so a crash can leave a file that is cut short, which readers take for "
             "damaged";
  }
  return "";
}

Error not_a_file(const std::string& path) {
  return Error(ErrorCode::kCorrupt, path + ": is not a regular file");
}

}  // namespace

Result<std::unique_ptr<PosixStorage>> PosixStorage::open(const std::string& path,
                                                         CommitMethod method, FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(OpenFile root,
                         OpenFile::open(files, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, path));
  return std::unique_ptr<PosixStorage>(new PosixStorage(files, std::move(root), method));
}

std::string PosixStorage::full_path(const std::string& path) const {
  return root_.path() + '/' + path;
}

std::string PosixStorage::describe() const {
  return "folder " + root_.path() + ": " + std::string(method_text(commit_.method()));
}

Result<OpenFile> PosixStorage::open_folder(const std::string& folder) const {
  return OpenFile::open(files_, root_.descriptor(), folder, O_RDONLY | O_DIRECTORY, 0,
                        full_path(folder));
}

Result<OpenFile> PosixStorage::open_file(const std::string& path) const {
  // O_NONBLOCK: a FIFO in a vault that somebody else made must not stop us.
  const int opened = uninterrupted([&] {
    return files_.open(root_.descriptor(), path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
  });
  if (opened >= 0) return OpenFile(files_, opened, full_path(path));
  // A symbolic link, a socket: the disk is in order, and what is there is not what was put there.
  if (opened == -ELOOP || opened == -ENXIO) return not_a_file(full_path(path));
  return read_error(-opened, full_path(path));
}

Result<std::vector<StoredName>> PosixStorage::list(const std::string& folder) const {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_folder(folder));
  std::vector<std::string> found;
  const int listed = uninterrupted([&] { return files_.list(file.descriptor(), found); });
  if (listed < 0) return io_error(-listed, file.path());
  std::vector<StoredName> names;
  names.reserve(found.size());
  for (std::string& name : found) {
    FileSystem::FileStatus status;
    const int result =
        uninterrupted([&] { return files_.status_at(file.descriptor(), name.c_str(), status); });
    if (result == -ENOENT || (result == 0 && status.kind == FileSystem::Kind::kOther)) continue;
    // A name whose file the disk does not give is there: who reads it gets the error.
    if (is_of_one_place(-result)) {
      status = {};
    } else if (result < 0) {
      return io_error(-result, file.path() + '/' + name);
    }
    names.push_back({std::move(name), status.kind == FileSystem::Kind::kFolder, status.size_bytes});
  }
  std::sort(names.begin(), names.end(),
            [](const StoredName& a, const StoredName& b) { return a.name < b.name; });
  return names;
}

namespace {

// Its size; kCorrupt if it is no regular file.
Result<std::uint64_t> size_of(const OpenFile& file) {
  LETTERPRESS_TRY_ASSIGN(const FileSystem::FileStatus status, file.status());
  if (status.kind == FileSystem::Kind::kFile) return status.size_bytes;
  return not_a_file(file.path());
}

}  // namespace

Result<std::uint64_t> PosixStorage::size(const std::string& path) const {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_file(path));
  return size_of(file);
}

Result<Bytes> PosixStorage::read(const std::string& path, std::uint64_t offset,
                                 std::uint64_t count) const {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_file(path));
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t size, size_of(file));
  Bytes bytes(static_cast<std::size_t>(offset < size ? std::min(count, size - offset) : 0));
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  bytes.resize(got);
  return bytes;
}

Result<std::size_t> PosixStorage::read_into(const std::string& path, std::uint64_t offset,
                                            std::span<std::uint8_t> into) const {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_file(path));
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t size, size_of(file));
  if (offset >= size) return std::size_t{0};
  return file.read_at(offset, into);
}

Status PosixStorage::put_if_absent(const std::string& folder, const std::string& name,
                                   ByteView bytes) {
  LETTERPRESS_ASSERT(!bytes.empty());
  LETTERPRESS_TRY_ASSIGN(const OpenFile folder_file, open_folder(folder));
  const std::string path = folder == "." ? name : folder + '/' + name;
  const FileCommit::Target target{folder_file, name, full_path(path), bytes, kFileMode};
  FileSystem::FileStatus status;
  const int found = uninterrupted(
      [&] { return files_.status_at(folder_file.descriptor(), name.c_str(), status); });
  if (found < 0 && found != -ENOENT) return io_error(-found, target.path);
  bool is_new = found != 0;
  if (is_new) {
    LETTERPRESS_TRY_ASSIGN(is_new, commit_.make(target));
  }
  if (!is_new) {
    LETTERPRESS_TRY(settle_existing(target));
  }
  Status synced = folder_file.sync_folder();
  if (synced) return synced;
  return std::move(synced).error().while_doing("making the name of " + name + " last");
}

Status PosixStorage::settle_existing(const FileCommit::Target& target) {
  LETTERPRESS_TRY_ASSIGN(const OpenFile file,
                         OpenFile::open(files_, target.folder.descriptor(), target.name,
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, target.path));
  LETTERPRESS_TRY_ASSIGN(const FileSystem::FileStatus status, file.status());
  bool is_same = status.kind == FileSystem::Kind::kFile && status.size_bytes == target.bytes.size();
  Bytes part;
  for (std::size_t at = 0; is_same && at < target.bytes.size(); at += part.size()) {
    const ByteView wanted =
        target.bytes.subspan(at).first(std::min(kCompareBytes, target.bytes.size() - at));
    part.resize(wanted.size());
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(at, part));
    is_same = got == wanted.size() && std::equal(wanted.begin(), wanted.end(), part.begin());
  }
  if (!is_same) {
    return Error(ErrorCode::kCorrupt,
                 target.path + ": exists with other bytes (" + std::to_string(status.size_bytes) +
                     " of them) than the " + std::to_string(target.bytes.size()) +
                     " that belong under this name; it was left as it is");
  }
  // Whoever made it may have died before its fsync.
  if (const int result = files_.sync_file(file.descriptor()); result < 0) {
    return io_error(-result, target.path);
  }
  return Ok{};
}

Status PosixStorage::set_aside(const std::string& path) {
  const std::string aside(kSetAsideFolder);
  LETTERPRESS_TRY(make_folders({aside}));
  const PathParts parts = split_path(path);
  LETTERPRESS_TRY_ASSIGN(const OpenFile from, open_folder(parts.folder));
  LETTERPRESS_TRY_ASSIGN(const OpenFile to, open_folder(aside));
  for (unsigned number = 1; number <= kSetAsideMax; ++number) {
    const std::string free = split_path(set_aside_path(path, number)).name;
    const int renamed = uninterrupted([&] {
      return files_.rename_no_replace(from.descriptor(), parts.name.c_str(), to.descriptor(),
                                      free.c_str());
    });
    if (renamed == -EEXIST) continue;
    if (renamed == -EINVAL || renamed == -ENOSYS || renamed == -EOPNOTSUPP) {
      // No such rename here: a copy first, then the name is given up.
      if (size(aside + '/' + free)) continue;
      LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, size(path));
      LETTERPRESS_TRY_ASSIGN(const Bytes content, read(path, 0, bytes));
      if (!content.empty()) LETTERPRESS_TRY(put_if_absent(aside, free, content));
      const int removed =
          uninterrupted([&] { return files_.remove(from.descriptor(), parts.name.c_str()); });
      if (removed < 0) return io_error(-removed, full_path(path));
    } else if (renamed < 0) {
      return io_error(-renamed, full_path(path));
    }
    // The new name first: a crash between the two leaves both, or either.
    LETTERPRESS_TRY(to.sync_folder());
    return from.sync_folder();
  }
  return Error(ErrorCode::kLimitExceeded,
               full_path(path) + ": was set aside too often; look why its disk damages it");
}

Status PosixStorage::make_folders(const std::vector<std::string>& folders) {
  std::set<std::string> parents;
  for (const std::string& folder : folders) {
    const int made =
        uninterrupted([&] { return files_.make_folder(root_.descriptor(), folder.c_str(), 0777); });
    if (made < 0 && made != -EEXIST) return io_error(-made, full_path(folder));
    parents.insert(split_path(folder).folder);
  }
  for (const std::string& parent : parents) {
    LETTERPRESS_TRY_ASSIGN(const OpenFile file, open_folder(parent));
    LETTERPRESS_TRY(file.sync_folder());
  }
  return Ok{};
}

}  // namespace letterpress::vault
