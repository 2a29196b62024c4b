// SPDX-License-Identifier: Apache-2.0
#include "files/restore_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/limits.h"
#include "files/entry_reader.h"
#include "files/file_content.h"

namespace letterpress::files {
namespace {

using Missing = OpenFolders::Missing;
using stream::EntryType;

// Appears last in its Maildir: UIDs of mails that are not there make clients delete their copies.
constexpr std::string_view kHeldBackName = "dovecot-uidlist";
constexpr std::string_view kMeanwhilePrefix = ".letterpress-";
constexpr int kCreateFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
// No mail server gives a file this mode: what has it is a file of a restore that was interrupted.
constexpr mode_t kModeMeanwhile = 0200;
constexpr mode_t kFolderModeMeanwhile = 0700;
constexpr int kNameTriesMax = 1000;
constexpr std::size_t kCompareBytes = 64 * kKiB;
constexpr std::size_t kWaitingBytes = 128;  // of what waits, besides its names

Error invalid_path(std::string_view path) {
  return Error(ErrorCode::kInvalidArgument,
               "the path \"" + std::string(path) + "\" would leave the destination; not restored");
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

RestoreTree::RestoreTree(OpenFolders folders, RestoreOptions options)
    : options_(options), owners_(std::make_shared<OwnerPolicy>()), folders_(std::move(folders)) {}

Result<bool> RestoreTree::is_there(const stream::Entry& entry, std::uint64_t size_bytes) {
  LETTERPRESS_TRY_ASSIGN(const std::optional<FoundFile> found, find(entry));
  if (!found || found->size_bytes != size_bytes) return false;
  keep(*found);
  return true;
}

Result<std::optional<FoundFile>> RestoreTree::find(const stream::Entry& entry) {
  const std::optional<FoundFile> nothing;
  if (!options_.resume) return nothing;
  LETTERPRESS_TRY_ASSIGN(const Location location, locate(entry.path, Missing::kIsMade));
  const std::string shown = folders_.shown(entry.path);
  LETTERPRESS_TRY_ASSIGN(const std::optional<struct stat> there,
                         EntryReader::look(location.descriptor(), location.name, shown));
  if (!there || !S_ISREG(there->st_mode)) return nothing;
  const bool is_unfinished =
      (there->st_mode & 07777) == kModeMeanwhile && (entry.metadata.mode & 07777) != kModeMeanwhile;
  if (is_unfinished && ::unlinkat(location.descriptor(), location.name.c_str(), 0) != 0) {
    return io_error(errno, shown);
  }
  if (is_unfinished || mtime_ns(*there) != entry.metadata.mtime_ns) return nothing;
  return std::optional<FoundFile>(
      {static_cast<std::uint64_t>(there->st_size), there->st_dev, there->st_ino});
}

void RestoreTree::keep(const FoundFile& found) { inodes_.emplace_back(found.device, found.inode); }

Result<RestoredFile> RestoreTree::create(const stream::Entry& entry) {
  if (entry.metadata.type != EntryType::kFile) {
    return Error(ErrorCode::kInvalidArgument, entry.path + ": is no file");
  }
  LETTERPRESS_TRY_ASSIGN(Location location, locate(entry.path, Missing::kIsMade));
  const std::string shown = folders_.shown(entry.path);
  if (location.name == kHeldBackName) {
    LETTERPRESS_TRY_ASSIGN(const std::optional<struct stat> there,
                           EntryReader::look(location.descriptor(), location.name, shown));
    if (there) return exists_error(entry.path);
    LETTERPRESS_TRY(choose_name_meanwhile(location, entry.metadata));
    const std::string_view folder(entry.path.data(), entry.path.size() - kHeldBackName.size());
    held_back_.push_back({std::string(folder) + location.name, entry.path});
  }
  const int descriptor =
      ::openat(location.descriptor(), location.name.c_str(), kCreateFlags, kModeMeanwhile);
  if (descriptor < 0) {
    return errno == EEXIST ? exists_error(entry.path) : io_error(errno, shown);
  }
  File file(descriptor, shown);
  if (options_.into || options_.resume) {
    LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
    remember(status);
    if (location.name.starts_with(kMeanwhilePrefix)) {
      meanwhile_.emplace(status.st_dev, status.st_ino);
    }
  }
  return RestoredFile(std::move(file), std::move(location.folder), std::move(location.name),
                      entry.metadata, owners_);
}

void RestoreTree::remember(const struct stat& status) {
  inodes_.emplace_back(status.st_dev, status.st_ino);
}

// A name that is free now, for a file that gets its own name at the end; or the one that an
// interrupted restore gave it, which that left unfinished, or finished but for its name.
Status RestoreTree::choose_name_meanwhile(Location& location,
                                          const stream::Metadata& metadata) const {
  for (int number = 1; number <= kNameTriesMax; ++number) {
    location.name = std::string(kMeanwhilePrefix) + std::to_string(number) + ".restoring";
    const std::string shown = location.folder->file.path() + "/" + location.name;
    LETTERPRESS_TRY_ASSIGN(const std::optional<struct stat> there,
                           EntryReader::look(location.descriptor(), location.name, shown));
    if (!there) break;
    if (!options_.resume || !S_ISREG(there->st_mode)) continue;
    const mode_t mode = there->st_mode & 07777;
    const bool is_left = mode == kModeMeanwhile ||
                         (mode == (metadata.mode & 07777) && mtime_ns(*there) == metadata.mtime_ns);
    if (!is_left || meanwhile_.contains({there->st_dev, there->st_ino})) continue;
    if (::unlinkat(location.descriptor(), location.name.c_str(), 0) == 0) break;
    return io_error(errno, shown);
  }
  return Ok{};
}

Status RestoreTree::make(const stream::Entry& entry) {
  switch (entry.metadata.type) {
    case EntryType::kFolder:
      return make_folder(entry);
    case EntryType::kSymlink:
      return make_symlink(entry);
    case EntryType::kHardLink:
      if (!stream::is_valid_path(entry.path)) return invalid_path(entry.path);
      if (!stream::is_valid_path(entry.metadata.target)) return invalid_path(entry.metadata.target);
      LETTERPRESS_TRY(keep_waiting(entry.metadata.target, entry.path));
      links_.push_back({entry.metadata.target, entry.path});
      return Ok{};
    case EntryType::kFile:
      break;
  }
  return Error(ErrorCode::kInvalidArgument, entry.path + ": needs content");
}

Status RestoreTree::make_folder(const stream::Entry& entry) {
  LETTERPRESS_TRY_ASSIGN(const Location location, locate(entry.path, Missing::kIsMade));
  if (::mkdirat(location.descriptor(), location.name.c_str(), kFolderModeMeanwhile) != 0) {
    if (errno != EEXIST) return io_error(errno, folders_.shown(entry.path));
    const Result<OpenFolder> there = folders_.open(entry.path, Missing::kIsError);
    if (!there || !folders_.adopt(**there)) {
      if (!options_.into && !options_.resume) return exists_error(entry.path);
      if (!there) return there.error().copy();
      if (!options_.resume) return Ok{};
    }
  }
  LETTERPRESS_TRY(keep_waiting(entry.path, entry.metadata.target));
  folder_entries_.push_back(entry);
  return Ok{};
}

Status RestoreTree::make_symlink(const stream::Entry& entry) {
  LETTERPRESS_TRY_ASSIGN(const Location location, locate(entry.path, Missing::kIsMade));
  const std::string shown = folders_.shown(entry.path);
  if (entry.metadata.target.find('\0') != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, shown + ": the link's text contains a NUL byte");
  }
  if (::symlinkat(entry.metadata.target.c_str(), location.descriptor(), location.name.c_str()) !=
      0) {
    if (errno != EEXIST) return io_error(errno, shown);
    if (!is_same_symlink(location, entry.metadata.target)) return exists_error(entry.path);
  }
  return set_symlink_metadata(*location.folder, location.name, entry.metadata, shown, *owners_);
}

// Whether an interrupted restore made the link.
bool RestoreTree::is_same_symlink(const Location& location, const std::string& target) const {
  if (!options_.resume) return false;
  std::string there(target.size() + 1, '\0');
  const ssize_t size =
      ::readlinkat(location.descriptor(), location.name.c_str(), there.data(), there.size());
  return size >= 0 && there.substr(0, static_cast<std::size_t>(size)) == target;
}

Status RestoreTree::rename(std::string_view from, std::string_view to) {
  if (!stream::is_valid_path(from)) return invalid_path(from);
  if (!stream::is_valid_path(to)) return invalid_path(to);
  LETTERPRESS_TRY(keep_waiting(from, to));
  renames_.push_back({std::string(from), std::string(to)});
  return Ok{};
}

// Counts what is kept until finish(): a few bytes of a stream can be thousands of links.
Status RestoreTree::keep_waiting(std::string_view one, std::string_view other) {
  waiting_bytes_ += one.size() + other.size() + kWaitingBytes;
  if (waiting_bytes_ <= waiting_bytes_max_) return Ok{};
  return Error(ErrorCode::kLimitExceeded,
               "more links, moves and folders than can be kept until the end (" +
                   std::to_string(waiting_bytes_max_ / kMiB) + " MiB)");
}

std::vector<stream::Problem> RestoreTree::finish() {
  std::vector<stream::Problem> problems;
  std::sort(inodes_.begin(), inodes_.end());
  for (const Pair& pair : renames_) report_if_failed(pair.to, do_rename(pair), problems);
  follow_renames();
  // A further name of what is held back must wait for it.
  const auto held_targets =
      std::stable_partition(links_.begin(), links_.end(),
                            [](const Pair& link) { return name_of(link.from) != kHeldBackName; });
  for (auto link = links_.begin(); link != held_targets; ++link) {
    report_if_failed(link->to, do_link(*link), problems);
  }
  for (const Pair& pair : held_back_) {
    if (was_abandoned(pair)) continue;
    report_if_failed(pair.to, do_rename(pair), problems);
  }
  for (auto link = held_targets; link != links_.end(); ++link) {
    report_if_failed(link->to, do_link(*link), problems);
  }
  // Backwards, so that what lies in a folder comes before it, and near to what lies beside it.
  std::sort(folder_entries_.begin(), folder_entries_.end(),
            [](const stream::Entry& a, const stream::Entry& b) { return a.path > b.path; });
  for (const stream::Entry& entry : folder_entries_) {
    report_if_failed(entry.path, finish_folder(entry), problems);
  }
  if (owners_->was_refused.load(std::memory_order_relaxed)) {
    problems.push_back({stream::Problem::Severity::kNote, folders_.shown({}),
                        "owners were not restored: only root can give files to others"});
  }
  return problems;
}

Result<RestoreTree::Location> RestoreTree::locate(std::string_view path, Missing missing) {
  if (!stream::is_valid_path(path)) return invalid_path(path);
  const std::size_t slash = path.rfind('/');
  const std::string_view folder_path =
      slash == path.npos ? std::string_view() : path.substr(0, slash);
  LETTERPRESS_TRY_ASSIGN(OpenFolder folder, folders_.open(folder_path, missing));
  return Location{std::move(folder), std::string(name_of(path))};
}

bool RestoreTree::is_ours(const struct stat& status) const {
  const std::pair<std::uint64_t, std::uint64_t> inode(status.st_dev, status.st_ino);
  return !(options_.into || options_.resume) ||
         std::binary_search(inodes_.begin(), inodes_.end(), inode) ||
         renamed_before_.contains(inode);
}

// What was there before must neither be renamed nor share its inode with the restored tree.
Status RestoreTree::check_is_ours(const Location& location, const std::string& path) const {
  LETTERPRESS_TRY_ASSIGN(const std::optional<struct stat> status,
                         EntryReader::look(location.descriptor(), location.name, path));
  if (!status || !S_ISREG(status->st_mode) || !is_ours(*status)) {
    return Error(ErrorCode::kNotFound, "\"" + path + "\" was not restored as a file");
  }
  return Ok{};
}

bool RestoreTree::was_abandoned(const Pair& held_back) {
  const Result<Location> location = locate(held_back.from, Missing::kIsError);
  if (!location) return false;
  const auto status = EntryReader::look(location->descriptor(), location->name, location->name);
  return status && !*status;
}

const std::string& RestoreTree::last_name(const std::string& path) const {
  const auto at = last_names_.find(path);
  return at == last_names_.end() ? path : at->second;
}

// Backwards, so that each is one step: where a name leads is known when it is come upon.
void RestoreTree::follow_renames() {
  for (auto pair = done_renames_.rbegin(); pair != done_renames_.rend(); ++pair) {
    last_names_.insert_or_assign(pair->from, last_name(pair->to));
  }
}

// Whether an interrupted restore gave the file its second name. Then it has both now, and loses the
// first, which was made again.
Result<bool> RestoreTree::was_renamed(const Location& from, const Location& to,
                                      const std::string& to_path) {
  if (!options_.resume) return false;
  const std::string shown = folders_.shown(to_path);
  LETTERPRESS_TRY_ASSIGN(const auto made, EntryReader::look(from.descriptor(), from.name, shown));
  LETTERPRESS_TRY_ASSIGN(const auto there, EntryReader::look(to.descriptor(), to.name, shown));
  if (!made || !there || !S_ISREG(there->st_mode) || there->st_size != made->st_size ||
      there->st_mode != made->st_mode || mtime_ns(*there) != mtime_ns(*made)) {
    return false;
  }
  LETTERPRESS_TRY_ASSIGN(const bool are_equal, have_equal_bytes(from, to, shown));
  if (!are_equal) return false;
  if (::unlinkat(from.descriptor(), from.name.c_str(), 0) != 0) return io_error(errno, shown);
  const std::pair<std::uint64_t, std::uint64_t> inode(there->st_dev, there->st_ino);
  renamed_before_.insert(inode);
  return true;
}

Result<bool> RestoreTree::have_equal_bytes(const Location& a, const Location& b,
                                           const std::string& shown) {
  LETTERPRESS_TRY_ASSIGN(File first,
                         File::open_at(a.descriptor(), a.name, O_RDONLY | O_NOFOLLOW, 0, shown));
  LETTERPRESS_TRY_ASSIGN(File second,
                         File::open_at(b.descriptor(), b.name, O_RDONLY | O_NOFOLLOW, 0, shown));
  Bytes one(kCompareBytes);
  Bytes other(kCompareBytes);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, first.read(one));
    LETTERPRESS_TRY_ASSIGN(const std::size_t also, second.read(other));
    if (got != also ||
        !std::equal(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(got), other.begin())) {
      return false;
    }
    if (got < one.size()) return true;
  }
}

// Never over what is there. With an error, errno says which.
Status RestoreTree::move_file(const Location& from, const Location& to, const std::string& shown) {
  if (::renameat2(from.descriptor(), from.name.c_str(), to.descriptor(), to.name.c_str(),
                  RENAME_NOREPLACE) == 0) {
    return Ok{};
  }
  // A file system that cannot: link(2) does not overwrite either.
  const bool lacks_it = errno == EINVAL || errno == ENOSYS;
  if (lacks_it &&
      ::linkat(from.descriptor(), from.name.c_str(), to.descriptor(), to.name.c_str(), 0) == 0 &&
      ::unlinkat(from.descriptor(), from.name.c_str(), 0) == 0) {
    return Ok{};
  }
  const int error_number = errno;
  Error error = io_error(error_number, shown);
  errno = error_number;
  return error;
}

Status RestoreTree::do_rename(const Pair& pair) {
  LETTERPRESS_TRY_ASSIGN(const Location from, locate(pair.from, Missing::kIsError));
  LETTERPRESS_TRY_ASSIGN(const Location to, locate(pair.to, Missing::kIsMade));
  LETTERPRESS_TRY(check_is_ours(from, pair.from));
  if (Status moved = move_file(from, to, folders_.shown(pair.to)); !moved) {
    if (errno != EEXIST) return moved;
    LETTERPRESS_TRY_ASSIGN(const bool is_done, was_renamed(from, to, pair.to));
    if (!is_done) return exists_error(pair.to);
  }
  done_renames_.push_back(pair);
  return Ok{};
}

Status RestoreTree::do_link(const Pair& pair) {
  const std::string& target_path = last_name(pair.from);
  const std::string& path = last_name(pair.to);
  LETTERPRESS_TRY_ASSIGN(const Location target, locate(target_path, Missing::kIsError));
  LETTERPRESS_TRY_ASSIGN(const Location link, locate(path, Missing::kIsMade));
  LETTERPRESS_TRY(check_is_ours(target, target_path));
  if (::linkat(target.descriptor(), target.name.c_str(), link.descriptor(), link.name.c_str(), 0) !=
      0) {
    if (errno != EEXIST) return io_error(errno, folders_.shown(path));
    if (!options_.resume || !are_same_file(target, link)) return exists_error(path);
  }
  return Ok{};
}

// Whether an interrupted restore made the link.
bool RestoreTree::are_same_file(const Location& a, const Location& b) {
  const auto first = EntryReader::look(a.descriptor(), a.name, a.name);
  const auto second = EntryReader::look(b.descriptor(), b.name, b.name);
  return first && second && *first && *second && (*first)->st_dev == (*second)->st_dev &&
         (*first)->st_ino == (*second)->st_ino;
}

Status RestoreTree::finish_folder(const stream::Entry& entry) {
  LETTERPRESS_TRY_ASSIGN(const Location parent, locate(entry.path, Missing::kIsError));
  LETTERPRESS_TRY_ASSIGN(const OpenFolder folder, folders_.open(entry.path, Missing::kIsError));
  return set_metadata(folder->file, entry.metadata, *parent.folder, *owners_);
}

Error RestoreTree::exists_error(std::string_view path) const {
  return Error(ErrorCode::kIo, folders_.shown(path) + ": exists already and is not overwritten");
}

void RestoreTree::report_if_failed(const std::string& path, Status status,
                                   std::vector<stream::Problem>& problems) const {
  if (!status) problems.push_back(failed(folders_.shown(path), status.error()));
}

}  // namespace letterpress::files
