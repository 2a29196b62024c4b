// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/file_commit.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "vault/ids.h"

namespace letterpress::vault {

namespace {

constexpr const char* kTmpFolder = "tmp";

bool is_one_of(int result, std::initializer_list<int> errnos) {
  return std::find(errnos.begin(), errnos.end(), -result) != errnos.end();
}

}  // namespace

Result<bool> FileCommit::make(const Target& target) {
  LETTERPRESS_TRY_ASSIGN(Outcome outcome, attempt(target));
  if (outcome == Outcome::kSyncFailed) {
    // The system may have thrown the unwritten pages away and told so only once, so a second fsync
    // of the same file would prove nothing.
    LETTERPRESS_TRY_ASSIGN(outcome, attempt(target));
  }
  if (outcome == Outcome::kSyncFailed) {
    return Error(ErrorCode::kIo, target.path + ": the disk did not take it (fsync failed twice)");
  }
  return outcome == Outcome::kStored;
}

Result<FileCommit::Outcome> FileCommit::attempt(const Target& target) {
  if (forced_ != CommitMethod::kProbe) {
    LETTERPRESS_TRY_ASSIGN(const Outcome outcome, attempt_by(forced_, target));
    if (outcome != Outcome::kUnsupported) return outcome;
    return Error(ErrorCode::kUnsupported,
                 target.path + ": this file system cannot commit a file in the chosen way");
  }
  for (const CommitMethod method :
       {CommitMethod::kTmpfile, CommitMethod::kRename, CommitMethod::kExclusive}) {
    if (method < method_ || (method == CommitMethod::kRename && root_ == nullptr)) continue;
    LETTERPRESS_TRY_ASSIGN(const Outcome outcome, attempt_by(method, target));
    // A name that exists is reported before the file system says whether it could have linked.
    if (outcome == Outcome::kStored) method_ = method;
    if (outcome != Outcome::kUnsupported) return outcome;
  }
  return Error(ErrorCode::kUnsupported, target.path + ": this file system cannot commit a file");
}

Result<FileCommit::Outcome> FileCommit::attempt_by(CommitMethod method, const Target& target) {
  switch (method) {
    case CommitMethod::kRename:
      return attempt_rename(target);
    case CommitMethod::kExclusive:
      return attempt_exclusive(target);
    default:
      return attempt_tmpfile(target);
  }
}

int FileCommit::create(int folder, const char* name, int flags, unsigned mode) {
  return uninterrupted([&] { return files_.open(folder, name, flags | O_RDWR, mode); });
}

void FileCommit::remove(int folder, const std::string& name) {
  uninterrupted([&] { return files_.remove(folder, name.c_str()); });
}

Result<FileCommit::Outcome> FileCommit::attempt_tmpfile(const Target& target) {
  const int folder = target.folder.descriptor();
  const int created = create(folder, ".", O_TMPFILE, target.mode);
  if (is_one_of(created, {EOPNOTSUPP, EISDIR, EINVAL, ENOSYS, ENOENT})) {
    return Outcome::kUnsupported;
  }
  if (created < 0) return io_error(-created, target.path);
  OpenFile file(files_, created, target.path);
  LETTERPRESS_TRY_ASSIGN(const Outcome outcome, fill(file, target));
  if (outcome != Outcome::kStored) return outcome;
  const int linked =
      uninterrupted([&] { return files_.link(created, folder, target.name.c_str()); });
  if (linked == -EEXIST) return Outcome::kExists;
  // ENOENT: /proc is not mounted.
  if (is_one_of(linked, {EOPNOTSUPP, EPERM, ENOSYS, EINVAL, EXDEV, ENOENT})) {
    return Outcome::kUnsupported;
  }
  if (linked < 0) return io_error(-linked, target.path);
  return Outcome::kStored;
}

Result<FileCommit::Outcome> FileCommit::attempt_rename(const Target& target) {
  const std::string tmp_path = root_->path() + '/' + kTmpFolder;
  const int made =
      uninterrupted([&] { return files_.make_folder(root_->descriptor(), kTmpFolder, 0777); });
  if (made < 0 && made != -EEXIST) return io_error(-made, tmp_path);
  LETTERPRESS_TRY_ASSIGN(const OpenFile tmp, OpenFile::open(files_, root_->descriptor(), kTmpFolder,
                                                            O_RDONLY | O_DIRECTORY, 0, tmp_path));
  Salt random;
  LETTERPRESS_TRY(fill_random(random.bytes));
  const std::string name = to_hex(random.bytes);
  const int created = create(tmp.descriptor(), name.c_str(), O_CREAT | O_EXCL, target.mode);
  if (created < 0) return io_error(-created, tmp.path() + '/' + name);
  OpenFile file(files_, created, target.path);
  Result<Outcome> outcome = fill(file, target);
  int renamed = 0;
  if (outcome && *outcome == Outcome::kStored) {
    renamed = uninterrupted([&] {
      return files_.rename_no_replace(tmp.descriptor(), name.c_str(), target.folder.descriptor(),
                                      target.name.c_str());
    });
    if (renamed == 0) return Outcome::kStored;
  }
  // Ours, and without a name in the vault. If it cannot be removed it stays, and nobody reads it.
  remove(tmp.descriptor(), name);
  if (renamed == 0) return outcome;
  if (renamed == -EEXIST) return Outcome::kExists;
  if (is_one_of(renamed, {EINVAL, ENOSYS, EOPNOTSUPP, EXDEV})) return Outcome::kUnsupported;
  return io_error(-renamed, target.path);
}

Result<FileCommit::Outcome> FileCommit::attempt_exclusive(const Target& target) {
  const int folder = target.folder.descriptor();
  const int created = create(folder, target.name.c_str(), O_CREAT | O_EXCL, target.mode);
  if (created == -EEXIST) return Outcome::kExists;
  if (created < 0) return io_error(-created, target.path);
  OpenFile file(files_, created, target.path);
  Result<Outcome> outcome = fill(file, target);
  // Made by this call and not acknowledged: it never was a file of the vault.
  if (!outcome || *outcome != Outcome::kStored) remove(folder, target.name);
  return outcome;
}

Result<FileCommit::Outcome> FileCommit::fill(OpenFile& file, const Target& target) {
  const int allocated =
      uninterrupted([&] { return files_.allocate(file.descriptor(), target.bytes.size()); });
  if (allocated < 0) return io_error(-allocated, target.path);
  LETTERPRESS_TRY(file.write(target.bytes));
  // Not repeated when it was interrupted: what an fsync that returned early has written is unknown.
  return files_.sync_file(file.descriptor()) < 0 ? Outcome::kSyncFailed : Outcome::kStored;
}

}  // namespace letterpress::vault
