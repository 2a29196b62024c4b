// SPDX-License-Identifier: Apache-2.0
// The calls of a file system that a vault is made of, one to one: the seam below PosixStorage, so
// that a test can log them, make each of them fail, or cut the power between any two.
//
//   FileSystem& files = PosixCalls::system();
//   const int file = files.open(folder, "name", O_CREAT | O_EXCL | O_RDWR, 0444);
//
// Every function returns 0, a descriptor or a count, or a negative errno. Nothing is repeated: an
// interrupted call gives -EINTR, and read_at() and write() may do less than they were asked for.
// OpenFile (open_file.h) deals with both. A folder is a descriptor or AT_FDCWD; names may be paths.
// Thread-safe, as the system calls are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace letterpress::vault {

class FileSystem {
 public:
  enum class Kind : std::uint8_t { kFile, kFolder, kOther };
  struct FileStatus {
    Kind kind = Kind::kOther;
    std::uint64_t size_bytes = 0;  // of a file
  };

  virtual ~FileSystem() = default;

  // openat(2) with O_CLOEXEC. Flags: O_RDONLY, or O_RDWR with O_TMPFILE or with O_CREAT | O_EXCL,
  // and O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK.
  virtual int open(int folder, const char* name, int flags, unsigned mode) = 0;
  virtual void close(int file) = 0;
  // Reserves room; file systems that cannot are no error.
  virtual int allocate(int file, std::uint64_t count) = 0;
  // Behind what was written before.
  virtual std::int64_t write(int file, ByteView bytes) = 0;
  virtual std::int64_t read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) = 0;
  virtual int status(int file, FileStatus& status) = 0;
  // Does not follow a symbolic link.
  virtual int status_at(int folder, const char* name, FileStatus& status) = 0;
  // The names in a folder, in any order, without "." and "..".
  virtual int list(int folder, std::vector<std::string>& names) = 0;
  virtual int sync_file(int file) = 0;
  virtual int sync_folder(int folder) = 0;
  // Gives the nameless file of O_TMPFILE its name.
  virtual int link(int file, int folder, const char* name) = 0;
  // renameat2(2) with RENAME_NOREPLACE.
  virtual int rename_no_replace(int from, const char* from_name, int to, const char* to_name) = 0;
  // Of a file.
  virtual int remove(int folder, const char* name) = 0;
  virtual int make_folder(int folder, const char* name, unsigned mode) = 0;
};

}  // namespace letterpress::vault
