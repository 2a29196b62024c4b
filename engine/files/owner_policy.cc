// SPDX-License-Identifier: Apache-2.0
#include "files/owner_policy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace letterpress::files {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

struct Times {
  struct timespec access_and_modification[2];
};

Times times_of(const stream::Metadata& metadata) {
  std::int64_t seconds = metadata.mtime_ns / kNsPerSecond;
  std::int64_t rest_ns = metadata.mtime_ns % kNsPerSecond;
  if (rest_ns < 0) {  // before 1970
    rest_ns += kNsPerSecond;
    --seconds;
  }
  Times times{};
  times.access_and_modification[0].tv_nsec = UTIME_OMIT;
  times.access_and_modification[1].tv_sec = seconds;
  times.access_and_modification[1].tv_nsec = rest_ns;
  return times;
}

// True if the owner is right afterwards. `change` is chown(2) in some form.
template <class Change>
Result<bool> set_owner(const stream::Metadata& metadata, const FolderDescriptor& parent,
                       OwnerPolicy& owners, const std::string& shown_path, Change change) {
  const bool is_own_user = metadata.user_id == owners.user_id;
  if (is_own_user && metadata.group_id == owners.group_id && !parent.gives_group) return true;
  // The owner may choose among the own groups, but only root may give a file away.
  const bool may_try = is_own_user || owners.user_id == 0;
  if (may_try && change(metadata.user_id, metadata.group_id) == 0) return true;
  if (may_try && errno != EPERM && errno != EINVAL) return io_error(errno, shown_path);
  owners.was_refused.store(true, std::memory_order_relaxed);
  return false;
}

}  // namespace

OwnerPolicy::OwnerPolicy() : user_id(::geteuid()), group_id(::getegid()) {}

Status set_metadata(const File& file, const stream::Metadata& metadata,
                    const FolderDescriptor& parent, OwnerPolicy& owners) {
  const int descriptor = file.descriptor();
  LETTERPRESS_TRY_ASSIGN(const bool has_owner, set_owner(metadata, parent, owners, file.path(),
                                                         [&](uid_t user, gid_t group) {
                                                           return ::fchown(descriptor, user, group);
                                                         }));
  mode_t mode = metadata.mode & 07777;
  // Else a program that ran with another's rights would now run with ours.
  if (!has_owner && metadata.type == stream::EntryType::kFile) mode &= ~mode_t{S_ISUID | S_ISGID};
  if (::futimens(descriptor, times_of(metadata).access_and_modification) != 0) {
    return io_error(errno, file.path());
  }
  // After chown(2), which clears set-uid and set-gid; and last, because it says that a restored
  // file is whole.
  if (::fchmod(descriptor, mode) != 0) return io_error(errno, file.path());
  return Ok{};
}

Status set_symlink_metadata(const FolderDescriptor& parent, const std::string& name,
                            const stream::Metadata& metadata, const std::string& shown_path,
                            OwnerPolicy& owners) {
  const int folder = parent.file.descriptor();
  LETTERPRESS_TRY(set_owner(metadata, parent, owners, shown_path, [&](uid_t user, gid_t group) {
    return ::fchownat(folder, name.c_str(), user, group, AT_SYMLINK_NOFOLLOW);
  }));
  if (::utimensat(folder, name.c_str(), times_of(metadata).access_and_modification,
                  AT_SYMLINK_NOFOLLOW) != 0) {
    return io_error(errno, shown_path);
  }
  return Ok{};
}

}  // namespace letterpress::files
