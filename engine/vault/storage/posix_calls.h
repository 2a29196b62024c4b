// SPDX-License-Identifier: Apache-2.0
// The system calls of a commit, one to one, so that a test can make each of them fail.
//
// Every function returns 0 (or a descriptor) or a negative errno. Interrupted calls are repeated,
// but for sync_file(): what an fsync that returned early has written is not known. Thread-safe, as
// the system calls are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::vault {

class PosixCalls {
 public:
  virtual ~PosixCalls() = default;
  // openat(2) for writing, with O_CLOEXEC; `flags` has O_TMPFILE or O_CREAT | O_EXCL.
  virtual int create(int folder, const char* name, int flags, unsigned mode);
  // Reserves room; file systems that cannot are no error.
  virtual int allocate(int file, std::uint64_t count);
  virtual int write_all(int file, const std::uint8_t* bytes, std::size_t count);
  virtual int sync_file(int file);
  virtual int sync_folder(int folder);
  // Gives the nameless file of O_TMPFILE its name.
  virtual int link(int file, int folder, const char* name);
  // renameat2(2) with RENAME_NOREPLACE.
  virtual int rename_no_replace(int from, const char* from_name, int to, const char* to_name);
  virtual int remove(int folder, const char* name);
  virtual int make_folder(int folder, const char* name, unsigned mode);

  static PosixCalls& system() noexcept;
};

}  // namespace letterpress::vault
