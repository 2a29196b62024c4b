// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "failure.h"

namespace mailgen {

void stop(int exit_code, std::string_view message) {
  fmt::print(stderr, "mailgen: {}\n", message);
  std::exit(exit_code);
}

void stop_errno(std::string_view action, std::string_view path) {
  stop(kExitFailed, fmt::format("cannot {} {}: {}", action, path, std::strerror(errno)));
}

// The modes are Dovecot's, and given here: the umask of whoever runs this takes nothing from them.
void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) stop_errno("make the directory", part);
    if (end == std::string::npos) return;
  }
}

void write_file(const std::string& path, std::string_view bytes, int open_flags) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | open_flags, 0600);
  if (file < 0) stop_errno("create", path);
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) stop_errno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (close(file) != 0) stop_errno("write", path);
}

void set_file_date(const std::string& path, std::int64_t date, std::uint32_t micros) {
  timespec times[2] = {};
  times[0].tv_sec = times[1].tv_sec = static_cast<time_t>(date);
  times[0].tv_nsec = times[1].tv_nsec = static_cast<long>(micros) * 1000;
  if (utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    stop_errno("set the date of", path);
}

}  // namespace mailgen
