// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/posix_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace letterpress::vault {

namespace {

// Runs a call until no signal interrupts it: its result, or a negative errno.
template <class Call>
int repeat(Call call) {
  int result;
  do {
    result = static_cast<int>(call());
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

}  // namespace

int PosixCalls::create(int folder, const char* name, int flags, unsigned mode) {
  return repeat([&] { return ::openat(folder, name, flags | O_RDWR | O_CLOEXEC, mode); });
}

int PosixCalls::allocate(int file, std::uint64_t count) {
  // Not posix_fallocate(), which writes to every block where the file system cannot reserve.
  const int result = repeat([&] { return ::fallocate(file, 0, 0, static_cast<off_t>(count)); });
  return result == -EOPNOTSUPP || result == -ENOSYS ? 0 : result;
}

int PosixCalls::write_all(int file, const std::uint8_t* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t put = ::write(file, bytes, count);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? -errno : -EIO;
    bytes += put;
    count -= static_cast<std::size_t>(put);
  }
  return 0;
}

int PosixCalls::sync_file(int file) { return ::fsync(file) < 0 ? -errno : 0; }

int PosixCalls::sync_folder(int folder) {
  return repeat([&] { return ::fsync(folder); });
}

int PosixCalls::link(int file, int folder, const char* name) {
  // The way that needs no privilege: open(2), O_TMPFILE.
  const std::string nameless = "/proc/self/fd/" + std::to_string(file);
  return repeat(
      [&] { return ::linkat(AT_FDCWD, nameless.c_str(), folder, name, AT_SYMLINK_FOLLOW); });
}

int PosixCalls::rename_no_replace(int from, const char* from_name, int to, const char* to_name) {
  return repeat([&] { return ::renameat2(from, from_name, to, to_name, RENAME_NOREPLACE); });
}

int PosixCalls::remove(int folder, const char* name) {
  return repeat([&] { return ::unlinkat(folder, name, 0); });
}

int PosixCalls::make_folder(int folder, const char* name, unsigned mode) {
  return repeat([&] { return ::mkdirat(folder, name, mode); });
}

PosixCalls& PosixCalls::system() noexcept {
  static PosixCalls calls;
  return calls;
}

}  // namespace letterpress::vault
