// SPDX-License-Identifier: Apache-2.0
#include "files/entry_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "files/file_content.h"

namespace letterpress::files {
namespace {

using stream::EntryType;
using stream::Problem;
using stream::SourceEntry;

constexpr mode_t kModeBits = 07777;
constexpr std::size_t kSymlinkBytesMax = kPathBytesMax;

SourceEntry entry_of(EntryType type, std::string_view path, const struct stat& status) {
  SourceEntry result;
  result.entry.path = path;
  stream::Metadata& metadata = result.entry.metadata;
  metadata.type = type;
  metadata.mode = status.st_mode & kModeBits;
  metadata.user_id = status.st_uid;
  metadata.group_id = status.st_gid;
  metadata.mtime_ns = mtime_ns(status);
  result.identity = {status.st_dev, status.st_ino, ctime_ns(status)};
  return result;
}

SourceEntry file_entry(std::string_view path, const struct stat& status) {
  SourceEntry result = entry_of(EntryType::kFile, path, status);
  result.size_hint_bytes = static_cast<std::uint64_t>(status.st_size);
  return result;
}

bool is_unchanged(const RememberedFile& then, const SourceEntry& now, Role role) {
  return then.size_bytes == now.size_hint_bytes && then.content.size_bytes == then.size_bytes &&
         then.mtime_ns == now.entry.metadata.mtime_ns &&
         then.identity.device == now.identity.device && then.identity.inode == now.identity.inode &&
         (role == Role::kMail || then.identity.ctime_ns == now.identity.ctime_ns);
}

std::string_view special_file_name(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFSOCK:
      return "a socket";
    case S_IFIFO:
      return "a FIFO";
    case S_IFCHR:
      return "a character device";
    case S_IFBLK:
      return "a block device";
    default:
      return "of an unknown type";
  }
}

}  // namespace

Problem failed(std::string shown_path, std::string message) {
  return {Problem::Severity::kFailed, std::move(shown_path), std::move(message)};
}

Problem failed(std::string shown_path, const Error& error) {
  std::string_view message = error.message();
  if (message.starts_with(shown_path + ": ")) message.remove_prefix(shown_path.size() + 2);
  return failed(std::move(shown_path), std::string(message));
}

Problem vanished(std::string shown_path) {
  return {Problem::Severity::kVanished, std::move(shown_path),
          "was removed before it could be read"};
}

Result<std::optional<struct stat>> EntryReader::look(int folder, const std::string& name,
                                                     const std::string& shown_path) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return std::optional<struct stat>(status);
  }
  if (errno == ENOENT) return std::optional<struct stat>();
  return io_error(errno, shown_path);
}

Result<Taken> EntryReader::take(const FoundName& found, const struct stat& status, Role role) {
  forget_failed();
  if (S_ISREG(status.st_mode)) return take_file(found, status, role);
  if (S_ISLNK(status.st_mode)) return take_symlink(found, status);
  if (S_ISDIR(status.st_mode)) {
    return Taken(failed(found.shown_path, "became a folder while its own folder was walked"));
  }
  return Taken(Problem{Problem::Severity::kNote, found.shown_path,
                       "is " + std::string(special_file_name(status.st_mode)) + "; left out"});
}

SourceEntry EntryReader::folder_entry(std::string_view entry_path, const struct stat& status) {
  return entry_of(EntryType::kFolder, entry_path, status);
}

Result<Taken> EntryReader::take_file(const FoundName& found, const struct stat& status, Role role) {
  if (first_path(status) != nullptr) return Taken(further_name(found.entry_path, status));

  SourceEntry entry = file_entry(found.entry_path, status);
  std::optional<RememberedFile> then;
  if (remembered_ != nullptr) {
    LETTERPRESS_TRY_ASSIGN(then, remembered_->find(memory_key(found.entry_path)));
  }
  if (read_all_ || !then || !is_unchanged(*then, entry, role)) {
    const Reading reading = role == Role::kControl ? Reading::kControl : Reading::kPlain;
    Result<std::optional<OpenedFile>> opened =
        open_content({found.folder, found.name, found.shown_path}, reading, &last_content_failed_);
    if (!opened) return Taken(failed(found.shown_path, opened.error()));
    if (!*opened) return Taken(Gone{});
    entry = file_entry(found.entry_path, (*opened)->status);
    entry.content = std::move((*opened)->content);
    // A time that no file has: this version must not be taken for a later one.
    if (!(*opened)->is_settled && role != Role::kMail) entry.identity.ctime_ns = 0;
  }
  if (then) entry.known = std::move(then->content);
  last_file_ = {entry.identity.device, entry.identity.inode};
  if (status.st_nlink > 1) {
    first_names_.insert_or_assign(last_file_,
                                  FirstName{std::string(found.entry_path), status.st_nlink - 1,
                                            entry.size_hint_bytes, entry.entry.metadata.mtime_ns});
  }
  return Taken(std::move(entry));
}

Result<Taken> EntryReader::take_symlink(const FoundName& found, const struct stat& status) {
  std::string target(static_cast<std::size_t>(status.st_size) + 1, '\0');
  while (true) {
    const ssize_t got =
        ::readlinkat(found.folder, found.name.c_str(), target.data(), target.size());
    if (got < 0 && errno == ENOENT) return Taken(Gone{});
    if (got < 0) return Taken(failed(found.shown_path, io_error(errno, found.shown_path)));
    const auto bytes = static_cast<std::size_t>(got);
    if (bytes < target.size()) {
      target.resize(bytes);
      break;
    }
    // Some file systems give 0 as the size, and the link may have been replaced by a longer one.
    if (target.size() > kSymlinkBytesMax)
      return Taken(failed(found.shown_path, "is too long a link"));
    target.resize(target.size() * 2);
  }
  SourceEntry entry = entry_of(EntryType::kSymlink, found.entry_path, status);
  entry.entry.metadata.target = std::move(target);
  return Taken(std::move(entry));
}

const std::string* EntryReader::first_path(const struct stat& status) {
  if (status.st_nlink < 2) return nullptr;
  forget_failed();
  const auto at = first_names_.find({status.st_dev, status.st_ino});
  if (at == first_names_.end()) return nullptr;
  // Once a file's last name is gone the system gives its inode to the next new file.
  if (at->second.size_bytes == static_cast<std::uint64_t>(status.st_size) &&
      at->second.mtime_ns == mtime_ns(status)) {
    return &at->second.path;
  }
  first_names_.erase(at);
  return nullptr;
}

SourceEntry EntryReader::further_name(std::string_view entry_path, const struct stat& status) {
  const auto at = first_names_.find({status.st_dev, status.st_ino});
  SourceEntry entry = entry_of(EntryType::kHardLink, entry_path, status);
  entry.entry.metadata.target = at->second.path;
  if (--at->second.names_left == 0) first_names_.erase(at);
  return entry;
}

void EntryReader::note_moved(std::uint64_t device, std::uint64_t inode, std::string_view to) {
  const auto at = first_names_.find({device, inode});
  if (at != first_names_.end()) at->second.path = to;
}

// Further names of a file that could not be read to its end are no links: the file has no entry.
void EntryReader::forget_failed() {
  if (last_content_failed_) first_names_.erase(last_file_);
  last_content_failed_ = false;
}

}  // namespace letterpress::files
