// SPDX-License-Identifier: Apache-2.0
#include "stream/entry.h"

#include <algorithm>

#include "base/limits.h"

namespace letterpress {

bool is_valid_path(std::string_view path) noexcept {
  if (path.empty() || path.size() > kPathBytesMax) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name == "." || name == ".." || name.find('\0') != name.npos) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

namespace stream {

bool is_valid_target(const Metadata& metadata) noexcept {
  const std::string& target = metadata.target;
  if (metadata.type == EntryType::kHardLink) return is_valid_path(target);
  if (metadata.type != EntryType::kSymlink) return target.empty();
  return !target.empty() && target.size() <= kPathBytesMax &&
         target.find('\0') == std::string::npos;
}

int compare_paths(std::string_view a, std::string_view b) noexcept {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (a[i] == b[i]) continue;
    if (a[i] == '/') return -1;
    if (b[i] == '/') return 1;
    return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]) ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
}

}  // namespace stream
}  // namespace letterpress
