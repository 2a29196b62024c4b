// SPDX-License-Identifier: Apache-2.0
// The FileSystem of the machine: each function is one system call (list() is a few).
#pragma once

#include "vault/storage/file_system.h"

namespace letterpress::vault {

class PosixCalls : public FileSystem {
 public:
  int open(int folder, const char* name, int flags, unsigned mode) override;
  void close(int file) override;
  int allocate(int file, std::uint64_t count) override;
  std::int64_t write(int file, ByteView bytes) override;
  std::int64_t read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) override;
  int status(int file, FileStatus& status) override;
  int status_at(int folder, const char* name, FileStatus& status) override;
  int list(int folder, std::vector<std::string>& names) override;
  int sync_file(int file) override;
  int sync_folder(int folder) override;
  int link(int file, int folder, const char* name) override;
  int rename_no_replace(int from, const char* from_name, int to, const char* to_name) override;
  int remove(int folder, const char* name) override;
  int make_folder(int folder, const char* name, unsigned mode) override;

  static PosixCalls& system() noexcept;
};

}  // namespace letterpress::vault
