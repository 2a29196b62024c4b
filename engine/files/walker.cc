// SPDX-License-Identifier: Apache-2.0
#include "files/walker.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "files/walk.h"

namespace letterpress::files {
namespace {

Error invalid(const std::string& message) { return Error(ErrorCode::kInvalidArgument, message); }

Status check_source(const WalkSource& source) {
  if (!stream::is_valid_path(source.name)) {
    return invalid(source.path + ": cannot be kept under the name \"" + source.name + "\"");
  }
  struct stat status {};
  if (::stat(source.path.c_str(), &status) != 0) return io_error(errno, source.path);
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
    return invalid(source.path + ": is neither a file nor a folder");
  }
  return Ok{};
}

Status check_names_differ(const WalkSource& first, const WalkSource& second) {
  if (first.name == second.name) {
    return invalid(first.path + " and " + second.path + ": both would be kept under the name \"" +
                   first.name + "\"; give one another name");
  }
  if (second.name.starts_with(first.name + "/")) {
    return invalid(second.path + ": its name \"" + second.name + "\" lies inside \"" + first.name +
                   "\"; give it another name");
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Walker>> Walker::open(WalkOptions options) {
  for (const WalkSource& source : options.sources) {
    LETTERPRESS_TRY(check_source(source));
  }
  std::sort(options.sources.begin(), options.sources.end(),
            [](const WalkSource& a, const WalkSource& b) {
              return stream::compare_paths(a.name, b.name) < 0;
            });
  // What lies inside a name comes right behind it.
  for (std::size_t i = 1; i < options.sources.size(); ++i) {
    LETTERPRESS_TRY(check_names_differ(options.sources[i - 1], options.sources[i]));
  }
  return std::unique_ptr<Walker>(new Walker(std::make_unique<Walk>(std::move(options))));
}

Walker::Walker(std::unique_ptr<Walk> walk) : walk_(std::move(walk)) {}
Walker::~Walker() = default;

Result<std::optional<stream::SourceEvent>> Walker::next() { return walk_->next(); }

}  // namespace letterpress::files
