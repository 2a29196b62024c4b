// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/source_names.h"

#include <algorithm>
#include <filesystem>

namespace letterpress::cli {
namespace {

Result<std::string> name_of(const std::string& path) {
  std::filesystem::path given(path);
  if (!given.has_filename()) given = given.parent_path();  // "mail/"
  std::string name = given.filename().string();
  if (name.empty() || name == "." || name == "..") {
    std::error_code error;
    name = std::filesystem::canonical(path, error).filename().string();
    if (error) return io_error(error.value(), path);
  }
  if (name.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 path + ": has no name of its own; use --as NAME=" + path);
  }
  return name;
}

}  // namespace

Result<std::vector<files::WalkSource>> name_sources(const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& named,
                                                    std::vector<files::WalkSource> sources) {
  for (const std::string& path : paths) {
    LETTERPRESS_TRY_ASSIGN(std::string name, name_of(path));
    sources.push_back({std::move(name), path});
  }
  for (const std::string& pair : named) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
      return Error(ErrorCode::kInvalidArgument, "--as " + pair + ": expected NAME=PATH");
    }
    sources.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
  }
  for (const files::WalkSource& source : sources) {
    const auto is_same = [&](const files::WalkSource& other) { return other.name == source.name; };
    if (std::ranges::count_if(sources, is_same) > 1) {
      return Error(ErrorCode::kInvalidArgument,
                   "two sources would be kept under the name " + source.name +
                       "; give one another name with --as NAME=" + source.path);
    }
  }
  if (sources.empty()) {
    return Error(ErrorCode::kInvalidArgument, "no source given: name a folder, a file, or -");
  }
  return sources;
}

}  // namespace letterpress::cli
