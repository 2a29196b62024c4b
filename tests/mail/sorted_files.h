// SPDX-License-Identifier: Apache-2.0
// The regular files below a folder, by path: what the programs here report on, in one order.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace letterpress::test {

inline std::vector<std::string> sorted_files(const std::filesystem::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace letterpress::test
