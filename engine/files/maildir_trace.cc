// SPDX-License-Identifier: Apache-2.0
#include "files/maildir_trace.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "files/file_content.h"

namespace letterpress::files {

bool MaildirTrace::knows(std::string_view base_name) const noexcept {
  return std::binary_search(known.begin(), known.end(), base_name_hash(base_name));
}

bool MaildirTrace::is_unchanged(int maildir) const noexcept {
  const char* const names[] = {"new", "cur"};
  for (std::size_t i = 0; i < mtimes_ns.size(); ++i) {
    struct stat now {};
    if (::fstatat(maildir, names[i], &now, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (mtime_ns(now) != mtimes_ns[i]) return false;
  }
  return true;
}

std::uint64_t base_name_hash(std::string_view base_name) noexcept {
  return std::hash<std::string_view>{}(base_name);
}

}  // namespace letterpress::files
