// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/ancestors.h"

#include <sys/stat.h>

namespace letterpress::restic {
namespace {

std::int64_t nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

AncestorSource::AncestorSource(stream::Source& below, const std::vector<std::string>& names)
    : below_(below) {
  for (const std::string& name : names) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      waiting_.insert(name.substr(0, slash));
    }
  }
  // What is a source itself gives its own entry.
  for (const std::string& name : names) waiting_.erase(name);
}

Result<std::optional<stream::SourceEvent>> AncestorSource::next() {
  while (!waiting_.empty()) {
    const std::string path = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    struct stat status {};
    if (::stat(("/" + path).c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    stream::SourceEntry folder;
    folder.entry.path = path;
    folder.entry.metadata.type = stream::EntryType::kFolder;
    folder.entry.metadata.mode = status.st_mode & 07777;
    folder.entry.metadata.user_id = status.st_uid;
    folder.entry.metadata.group_id = status.st_gid;
    folder.entry.metadata.mtime_ns = nanoseconds(status.st_mtim);
    folder.identity = {status.st_dev, status.st_ino, nanoseconds(status.st_ctim)};
    return std::optional<stream::SourceEvent>(std::move(folder));
  }
  return below_.next();
}

}  // namespace letterpress::restic
