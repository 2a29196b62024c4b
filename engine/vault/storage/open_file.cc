// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/open_file.h"

#include <utility>

#include "base/file.h"

namespace letterpress::vault {

bool is_of_one_place(int error_number) noexcept {
  return error_number == EIO || error_number == EUCLEAN || error_number == EBADMSG ||
         error_number == ESTALE;
}

Error read_error(int error_number, const std::string& path) {
  Error error = io_error(error_number, path);
  if (!is_of_one_place(error_number)) return error;
  return Error(ErrorCode::kCorrupt, error.message() + ": the disk does not give it");
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : files_(other.files_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)) {}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) files_->close(descriptor_);
}

Result<OpenFile> OpenFile::open(FileSystem& files, int folder, const std::string& name, int flags,
                                unsigned mode, std::string path) {
  const int opened = uninterrupted([&] { return files.open(folder, name.c_str(), flags, mode); });
  if (opened < 0) return io_error(-opened, path);
  return OpenFile(files, opened, std::move(path));
}

Result<FileSystem::FileStatus> OpenFile::status() const {
  FileSystem::FileStatus status;
  const int result = uninterrupted([&] { return files_->status(descriptor_, status); });
  if (result < 0) return read_error(-result, path_);
  return status;
}

Result<std::size_t> OpenFile::read_at(std::uint64_t offset, std::span<std::uint8_t> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::int64_t got = uninterrupted(
        [&] { return files_->read_at(descriptor_, offset + done, into.subspan(done)); });
    if (got < 0) return read_error(static_cast<int>(-got), path_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status OpenFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    const std::int64_t put = uninterrupted([&] { return files_->write(descriptor_, bytes); });
    if (put <= 0) return io_error(put < 0 ? static_cast<int>(-put) : EIO, path_);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return Ok{};
}

Status OpenFile::sync_folder() const {
  const int result = uninterrupted([&] { return files_->sync_folder(descriptor_); });
  if (result < 0) return io_error(-result, path_);
  return Ok{};
}

}  // namespace letterpress::vault
