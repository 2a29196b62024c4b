// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/posix_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

namespace letterpress::vault {

namespace {

template <class Count>
Count result_of(Count result) {
  return result < 0 ? -errno : result;
}

FileSystem::FileStatus as_status(const struct stat& status) {
  if (S_ISREG(status.st_mode)) {
    return {FileSystem::Kind::kFile, static_cast<std::uint64_t>(status.st_size)};
  }
  return {S_ISDIR(status.st_mode) ? FileSystem::Kind::kFolder : FileSystem::Kind::kOther, 0};
}

}  // namespace

int PosixCalls::open(int folder, const char* name, int flags, unsigned mode) {
  return result_of(::openat(folder, name, flags | O_CLOEXEC, mode));
}

void PosixCalls::close(int file) { ::close(file); }

int PosixCalls::allocate(int file, std::uint64_t count) {
  // Not posix_fallocate(), which writes to every block where the file system cannot reserve.
  const int result = result_of(::fallocate(file, 0, 0, static_cast<off_t>(count)));
  return result == -EOPNOTSUPP || result == -ENOSYS ? 0 : result;
}

std::int64_t PosixCalls::write(int file, ByteView bytes) {
  return result_of(::write(file, bytes.data(), bytes.size()));
}

std::int64_t PosixCalls::read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) {
  return result_of(::pread(file, into.data(), into.size(), static_cast<off_t>(offset)));
}

int PosixCalls::status(int file, FileStatus& status) {
  struct stat found {};
  const int result = result_of(::fstat(file, &found));
  if (result == 0) status = as_status(found);
  return result;
}

int PosixCalls::status_at(int folder, const char* name, FileStatus& status) {
  struct stat found {};
  const int result = result_of(::fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW));
  if (result == 0) status = as_status(found);
  return result;
}

int PosixCalls::list(int folder, std::vector<std::string>& names) {
  const int descriptor = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  DIR* const opened = ::fdopendir(descriptor);
  if (opened == nullptr) {
    const int error_number = errno;
    ::close(descriptor);
    return -error_number;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opened, ::closedir);
  names.clear();
  while (true) {
    errno = 0;
    const dirent* const found = ::readdir(stream.get());
    if (found == nullptr) return -errno;
    const std::string_view name = found->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

int PosixCalls::sync_file(int file) { return result_of(::fsync(file)); }

int PosixCalls::sync_folder(int folder) { return result_of(::fsync(folder)); }

int PosixCalls::link(int file, int folder, const char* name) {
  // The way that needs no privilege: open(2), O_TMPFILE.
  const std::string nameless = "/proc/self/fd/" + std::to_string(file);
  return result_of(::linkat(AT_FDCWD, nameless.c_str(), folder, name, AT_SYMLINK_FOLLOW));
}

int PosixCalls::rename_no_replace(int from, const char* from_name, int to, const char* to_name) {
  return result_of(::renameat2(from, from_name, to, to_name, RENAME_NOREPLACE));
}

int PosixCalls::remove(int folder, const char* name) {
  return result_of(::unlinkat(folder, name, 0));
}

int PosixCalls::make_folder(int folder, const char* name, unsigned mode) {
  return result_of(::mkdirat(folder, name, mode));
}

PosixCalls& PosixCalls::system() noexcept {
  static PosixCalls calls;
  return calls;
}

}  // namespace letterpress::vault
