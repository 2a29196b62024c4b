// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/posix_storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/assert.h"
#include "base/limits.h"
#include "vault/ids.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

constexpr const char* kTmpFolder = "tmp";
// Write-once from the start: the permission bits bind later opens, not the descriptor that made the
// file. The umask may take more.
constexpr unsigned kFileMode = 0444;
constexpr std::size_t kCompareBytes = kMiB;
constexpr unsigned kSetAsideMax = 1000;

bool is_one_of(int result, std::initializer_list<int> errnos) {
  return std::find(errnos.begin(), errnos.end(), -result) != errnos.end();
}

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

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

}  // namespace

Result<std::unique_ptr<PosixStorage>> PosixStorage::open(const std::string& path,
                                                         CommitMethod method, PosixCalls& calls) {
  LETTERPRESS_TRY_ASSIGN(File root, File::open(path, O_RDONLY | O_DIRECTORY));
  return std::unique_ptr<PosixStorage>(new PosixStorage(std::move(root), method, calls));
}

std::string PosixStorage::full_path(const std::string& path) const {
  return root_.path() + '/' + path;
}

std::string PosixStorage::describe() const {
  return "folder " + root_.path() + ": " + std::string(method_text(method_));
}

Result<File> PosixStorage::open_folder(const std::string& folder) const {
  return File::open_at(root_.descriptor(), folder, O_RDONLY | O_DIRECTORY, 0, full_path(folder));
}

Result<File> PosixStorage::open_file(const std::string& path) const {
  // O_NONBLOCK: a FIFO in a vault that somebody else made must not stop us.
  LETTERPRESS_TRY_ASSIGN(
      File file, File::open_at(root_.descriptor(), path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0,
                               full_path(path)));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::kCorrupt, full_path(path) + ": is not a regular file");
  }
  return file;
}

Result<std::vector<StoredName>> PosixStorage::list(const std::string& folder) const {
  LETTERPRESS_TRY_ASSIGN(const File file, open_folder(folder));
  const int descriptor = ::fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0);
  DIR* const opened = descriptor < 0 ? nullptr : ::fdopendir(descriptor);
  if (opened == nullptr) {
    const int error_number = errno;
    if (descriptor >= 0) ::close(descriptor);
    return io_error(error_number, file.path());
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opened, ::closedir);
  std::vector<StoredName> names;
  while (true) {
    errno = 0;
    const dirent* const found = ::readdir(stream.get());
    if (found == nullptr && errno != 0) return io_error(errno, file.path());
    if (found == nullptr) break;
    std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(file.descriptor(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return io_error(errno, file.path() + '/' + name);
    }
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    const bool is_folder = S_ISDIR(status.st_mode);
    const auto size = is_folder ? 0 : static_cast<std::uint64_t>(status.st_size);
    names.push_back({std::move(name), is_folder, size});
  }
  std::sort(names.begin(), names.end(),
            [](const StoredName& a, const StoredName& b) { return a.name < b.name; });
  return names;
}

Result<std::uint64_t> PosixStorage::size(const std::string& path) const {
  LETTERPRESS_TRY_ASSIGN(const File file, open_file(path));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  return static_cast<std::uint64_t>(status.st_size);
}

Result<Bytes> PosixStorage::read(const std::string& path, std::uint64_t offset,
                                 std::uint64_t count) const {
  LETTERPRESS_TRY_ASSIGN(const File file, open_file(path));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Bytes bytes(static_cast<std::size_t>(offset < size ? std::min(count, size - offset) : 0));
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  bytes.resize(got);
  return bytes;
}

Status PosixStorage::put_if_absent(const std::string& folder, const std::string& name,
                                   ByteView bytes) {
  LETTERPRESS_ASSERT(!bytes.empty());
  LETTERPRESS_TRY_ASSIGN(const File folder_file, open_folder(folder));
  const std::string path = folder == "." ? name : folder + '/' + name;
  const Target target{folder_file, name, full_path(path), bytes};
  LETTERPRESS_TRY_ASSIGN(Outcome outcome, attempt(target));
  if (outcome == Outcome::kSyncFailed) {
    // The system may have thrown the unwritten pages away and told so only once, so a second fsync
    // of the same file would prove nothing.
    LETTERPRESS_TRY_ASSIGN(outcome, attempt(target));
  }
  if (outcome == Outcome::kSyncFailed) {
    return Error(ErrorCode::kIo, target.path + ": the disk did not take it (fsync failed twice)");
  }
  if (outcome == Outcome::kExists) {
    LETTERPRESS_TRY(settle_existing(target));
  }
  if (const int result = calls_.sync_folder(folder_file.descriptor()); result < 0) {
    return io_error(-result, folder_file.path())
        .while_doing("making the name of " + name + " last");
  }
  return Ok{};
}

Result<PosixStorage::Outcome> PosixStorage::attempt(const Target& target) {
  if (forced_ != CommitMethod::kProbe) {
    LETTERPRESS_TRY_ASSIGN(const Outcome outcome, attempt_by(forced_, target));
    if (outcome != Outcome::kUnsupported) return outcome;
    return Error(ErrorCode::kUnsupported,
                 target.path + ": this file system cannot commit a file in the chosen way");
  }
  for (const CommitMethod method :
       {CommitMethod::kTmpfile, CommitMethod::kRename, CommitMethod::kExclusive}) {
    if (method < method_) continue;
    LETTERPRESS_TRY_ASSIGN(const Outcome outcome, attempt_by(method, target));
    // A name that exists is reported before the file system says whether it could have linked.
    if (outcome == Outcome::kStored) method_ = method;
    if (outcome != Outcome::kUnsupported) return outcome;
  }
  return Error(ErrorCode::kUnsupported, target.path + ": this file system cannot commit a file");
}

Result<PosixStorage::Outcome> PosixStorage::attempt_by(CommitMethod method, const Target& target) {
  switch (method) {
    case CommitMethod::kRename:
      return attempt_rename(target);
    case CommitMethod::kExclusive:
      return attempt_exclusive(target);
    default:
      return attempt_tmpfile(target);
  }
}

Result<PosixStorage::Outcome> PosixStorage::attempt_tmpfile(const Target& target) {
  const int folder = target.folder.descriptor();
  const int created = calls_.create(folder, ".", O_TMPFILE, kFileMode);
  if (is_one_of(created, {EOPNOTSUPP, EISDIR, EINVAL, ENOSYS, ENOENT})) {
    return Outcome::kUnsupported;
  }
  if (created < 0) return io_error(-created, target.path);
  const File file(created, target.path);
  LETTERPRESS_TRY_ASSIGN(const Outcome outcome, fill(created, target));
  if (outcome != Outcome::kStored) return outcome;
  const int linked = calls_.link(created, folder, target.name.c_str());
  if (linked == -EEXIST) return Outcome::kExists;
  // ENOENT: /proc is not mounted.
  if (is_one_of(linked, {EOPNOTSUPP, EPERM, ENOSYS, EINVAL, EXDEV, ENOENT})) {
    return Outcome::kUnsupported;
  }
  if (linked < 0) return io_error(-linked, target.path);
  return Outcome::kStored;
}

Result<PosixStorage::Outcome> PosixStorage::attempt_rename(const Target& target) {
  const int made = calls_.make_folder(root_.descriptor(), kTmpFolder, 0777);
  if (made < 0 && made != -EEXIST) return io_error(-made, full_path(kTmpFolder));
  LETTERPRESS_TRY_ASSIGN(const File tmp, open_folder(kTmpFolder));
  Salt random;
  LETTERPRESS_TRY(fill_random(random.bytes));
  const std::string name = to_hex(random.bytes);
  const int created = calls_.create(tmp.descriptor(), name.c_str(), O_CREAT | O_EXCL, kFileMode);
  if (created < 0) return io_error(-created, tmp.path() + '/' + name);
  const File file(created, target.path);
  Result<Outcome> outcome = fill(created, target);
  int renamed = 0;
  if (outcome && *outcome == Outcome::kStored) {
    renamed = calls_.rename_no_replace(tmp.descriptor(), name.c_str(), target.folder.descriptor(),
                                       target.name.c_str());
    if (renamed == 0) return Outcome::kStored;
  }
  // Ours, and without a name in the vault. If it cannot be removed it stays, and nobody reads it.
  calls_.remove(tmp.descriptor(), name.c_str());
  if (renamed == 0) return outcome;
  if (renamed == -EEXIST) return Outcome::kExists;
  if (is_one_of(renamed, {EINVAL, ENOSYS, EOPNOTSUPP, EXDEV})) return Outcome::kUnsupported;
  return io_error(-renamed, target.path);
}

Result<PosixStorage::Outcome> PosixStorage::attempt_exclusive(const Target& target) {
  const int folder = target.folder.descriptor();
  const int created = calls_.create(folder, target.name.c_str(), O_CREAT | O_EXCL, kFileMode);
  if (created == -EEXIST) return Outcome::kExists;
  if (created < 0) return io_error(-created, target.path);
  const File file(created, target.path);
  Result<Outcome> outcome = fill(created, target);
  // Made by this call and not acknowledged: it never was a file of the vault.
  if (!outcome || *outcome != Outcome::kStored) calls_.remove(folder, target.name.c_str());
  return outcome;
}

Result<PosixStorage::Outcome> PosixStorage::fill(int file, const Target& target) {
  int result = calls_.allocate(file, target.bytes.size());
  if (result == 0) result = calls_.write_all(file, target.bytes.data(), target.bytes.size());
  if (result < 0) return io_error(-result, target.path);
  return calls_.sync_file(file) < 0 ? Outcome::kSyncFailed : Outcome::kStored;
}

Status PosixStorage::settle_existing(const Target& target) {
  LETTERPRESS_TRY_ASSIGN(const File file,
                         File::open_at(target.folder.descriptor(), target.name,
                                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, target.path));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  bool is_same =
      S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == target.bytes.size();
  Bytes part;
  for (std::size_t at = 0; is_same && at < target.bytes.size(); at += part.size()) {
    const ByteView wanted =
        target.bytes.subspan(at).first(std::min(kCompareBytes, target.bytes.size() - at));
    part.resize(wanted.size());
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(at, part));
    is_same = got == wanted.size() && std::equal(wanted.begin(), wanted.end(), part.begin());
  }
  if (!is_same) {
    return Error(ErrorCode::kCorrupt, target.path + ": exists with other bytes (" +
                                          std::to_string(status.st_size) + " of them) than the " +
                                          std::to_string(target.bytes.size()) +
                                          " that belong under this name; it was left as it is");
  }
  // Whoever made it may have died before its fsync.
  if (const int result = calls_.sync_file(file.descriptor()); result < 0) {
    return io_error(-result, target.path);
  }
  return Ok{};
}

Status PosixStorage::set_aside(const std::string& path) {
  const std::string aside(kSetAsideFolder);
  LETTERPRESS_TRY(make_folders({aside}));
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == path.npos ? path : path.substr(slash + 1);
  std::string flat = path;
  std::replace(flat.begin(), flat.end(), '/', '.');
  const auto from = open_folder(parent_of(path));
  if (!from) return from.error().copy();
  const auto to = open_folder(aside);
  if (!to) return to.error().copy();
  for (unsigned number = 1; number <= kSetAsideMax; ++number) {
    const std::string free = flat + '.' + std::to_string(number);
    const int renamed = calls_.rename_no_replace(from->descriptor(), name.c_str(),
                                                 to->descriptor(), free.c_str());
    if (renamed == -EEXIST) continue;
    if (is_one_of(renamed, {EINVAL, ENOSYS, EOPNOTSUPP})) {
      // No such rename here: a copy first, then the name is given up.
      if (size(aside + '/' + free)) continue;
      LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, size(path));
      LETTERPRESS_TRY_ASSIGN(const Bytes content, read(path, 0, bytes));
      if (!content.empty()) {
        LETTERPRESS_TRY(put_if_absent(aside, free, content));
      }
      const int removed = calls_.remove(from->descriptor(), name.c_str());
      if (removed < 0) return io_error(-removed, full_path(path));
    } else if (renamed < 0) {
      return io_error(-renamed, full_path(path));
    }
    // The new name first: a crash between the two leaves both, or either.
    if (const int synced = calls_.sync_folder(to->descriptor()); synced < 0) {
      return io_error(-synced, full_path(aside));
    }
    if (const int synced = calls_.sync_folder(from->descriptor()); synced < 0) {
      return io_error(-synced, full_path(path));
    }
    return Ok{};
  }
  return Error(ErrorCode::kLimitExceeded,
               full_path(path) + ": was set aside too often; look why its disk damages it");
}

Status PosixStorage::make_folders(const std::vector<std::string>& folders) {
  std::set<std::string> parents;
  for (const std::string& folder : folders) {
    const int made = calls_.make_folder(root_.descriptor(), folder.c_str(), 0777);
    if (made < 0 && made != -EEXIST) return io_error(-made, full_path(folder));
    parents.insert(parent_of(folder));
  }
  for (const std::string& parent : parents) {
    LETTERPRESS_TRY_ASSIGN(const File file, open_folder(parent));
    if (const int result = calls_.sync_folder(file.descriptor()); result < 0) {
      return io_error(-result, file.path());
    }
  }
  return Ok{};
}

}  // namespace letterpress::vault
