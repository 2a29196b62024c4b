// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself, and whole-buffer reads and writes with errors that name the
// file.
//
// Not thread-safe, but read_at() may be called from many threads at once.
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress {

// An Error of code kIo (kNotFound for ENOENT) whose message is "PATH: <what the system says>".
Error io_error(int error_number, std::string_view path);

class File {
 public:
  File() = default;
  // Takes over an open descriptor. `path` is used in messages only.
  File(int descriptor, std::string path) noexcept
      : descriptor_(descriptor), path_(std::move(path)) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // open(2) with O_CLOEXEC added; retried on EINTR. `directory` as in openat(2).
  static Result<File> open(const std::string& path, int flags, unsigned mode = 0666);
  static Result<File> open_at(int directory, const std::string& name, int flags, unsigned mode,
                              std::string path);

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  const std::string& path() const noexcept { return path_; }

  // Reads until `into` is full or the file ends; gives the number of bytes read.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) const;
  // Writes all of it.
  Status write(ByteView bytes);
  Status sync();  // fsync(2). After an error the file must be thrown away: never sync it again.
  Result<struct stat> stat() const;
  // Closes, and reports what close(2) says; the destructor closes silently.
  Status close();

 private:
  int descriptor_ = -1;
  std::string path_;
};

// The whole file. kLimitExceeded if it is larger than `bytes_max`.
Result<Bytes> read_file(const std::string& path, std::uint64_t bytes_max);

}  // namespace letterpress
