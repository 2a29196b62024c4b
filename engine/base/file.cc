// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace letterpress {

Error io_error(int error_number, std::string_view path) {
  const ErrorCode code = error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return Error(code, std::string(path) + ": " + std::generic_category().message(error_number));
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<File> File::open(const std::string& path, int flags, unsigned mode) {
  return open_at(AT_FDCWD, path, flags, mode, path);
}

Result<File> File::open_at(int directory, const std::string& name, int flags, unsigned mode,
                           std::string path) {
  int descriptor;
  do {
    descriptor = ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return io_error(errno, path);
  return File(descriptor, std::move(path));
}

Result<std::size_t> File::read(std::span<std::uint8_t> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::read(descriptor_, into.data() + done, into.size() - done);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(errno, path_);
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<std::size_t> File::read_at(std::uint64_t offset, std::span<std::uint8_t> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(descriptor_, into.data() + done, into.size() - done,
                                static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(errno, path_);
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status File::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io_error(errno, path_);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return Ok{};
}

Status File::sync() {
  if (::fsync(descriptor_) != 0) return io_error(errno, path_);
  return Ok{};
}

Result<struct stat> File::stat() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return io_error(errno, path_);
  return status;
}

Status File::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) return io_error(errno, path_);
  return Ok{};
}

Result<Bytes> read_file(const std::string& path, std::uint64_t bytes_max) {
  LETTERPRESS_TRY_ASSIGN(File file, File::open(path, O_RDONLY));
  LETTERPRESS_TRY_ASSIGN(const struct stat status, file.stat());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > bytes_max) {
    return Error(ErrorCode::kLimitExceeded,
                 path + ": is larger than the allowed " + std::to_string(bytes_max) + " bytes");
  }
  Bytes bytes(static_cast<std::size_t>(size));
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read(bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace letterpress
