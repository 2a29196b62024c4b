// SPDX-License-Identifier: Apache-2.0
// A file or folder of a FileSystem that closes itself, whole reads and writes, and errors that name
// the file. What File (base/file.h) is for the machine's files, this is above the seam.
//
//   LETTERPRESS_TRY_ASSIGN(OpenFile folder, OpenFile::open(files, AT_FDCWD, path,
//                                                          O_RDONLY | O_DIRECTORY, 0, path));
//
// Interrupted calls are repeated, but not for ever. read_at() is thread-safe, the rest not.
#pragma once

#include <cerrno>
#include <string>

#include "letterpress/result.h"
#include "vault/storage/file_system.h"

namespace letterpress::vault {

// Runs a call of the seam until no signal interrupts it; gives what it gave. Gives -EINTR after so
// many interruptions in a row that something else is wrong.
template <class Call>
auto uninterrupted(Call call) {
  constexpr int kInterruptionsMax = 1000;
  auto result = call();
  for (int i = 0; i < kInterruptionsMax && result == -EINTR; ++i) result = call();
  return result;
}

// As io_error() of base/file.h, but kCorrupt where the disk does not give this one place, and there
// may be nothing wrong with others: what cannot be read is damaged, whatever lies there.
Error read_error(int error_number, const std::string& path);
// Whether an error number says that.
bool is_of_one_place(int error_number) noexcept;

class OpenFile {
 public:
  // Takes over a descriptor of `files`, which must outlive it. `path` is used in messages only.
  OpenFile(FileSystem& files, int descriptor, std::string path) noexcept
      : files_(&files), descriptor_(descriptor), path_(std::move(path)) {}
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) = delete;
  ~OpenFile();

  static Result<OpenFile> open(FileSystem& files, int folder, const std::string& name, int flags,
                               unsigned mode, std::string path);

  int descriptor() const noexcept { return descriptor_; }
  const std::string& path() const noexcept { return path_; }
  FileSystem& files() const noexcept { return *files_; }

  // Errors of these two: see read_error().
  Result<FileSystem::FileStatus> status() const;
  // Reads until `into` is full or the file ends; gives the number of bytes read.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) const;
  // Writes all of it.
  Status write(ByteView bytes);
  // Of a folder: its names will last.
  Status sync_folder() const;

 private:
  FileSystem* files_;
  int descriptor_;
  std::string path_;
};

}  // namespace letterpress::vault
