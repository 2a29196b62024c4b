// SPDX-License-Identifier: Apache-2.0
#include "exports/store/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace letterpress::exports {
namespace {

constexpr int kTriesMax = 1000;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string part_path(const std::string& path) {
  static std::atomic<unsigned> count = 0;
  const std::size_t name = path.rfind('/') + 1;  // 0 if there is none
  return path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(::getpid()) + "-" +
         std::to_string(count++) + ".part";
}

}  // namespace

Result<NewFile> NewFile::create(const std::string& path, unsigned mode) {
  // A program that was killed may have left parts, and had our number if it ran in a container.
  for (int tries = 0;; ++tries) {
    std::string part = part_path(path);
    Result<File> file = File::open_at(AT_FDCWD, part, O_WRONLY | O_CREAT | O_EXCL, mode, path);
    if (file) return NewFile(*std::move(file), std::move(part));
    const bool is_taken = errno == EEXIST;
    if (!is_taken || tries == kTriesMax) return std::move(file).error();
  }
}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)), part_(std::exchange(other.part_, {})) {}

NewFile& NewFile::operator=(NewFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(part_, other.part_);
  return *this;
}

NewFile::~NewFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

Status NewFile::write_at(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(errno, file_.path());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return Ok{};
}

Status NewFile::commit(Lasting lasting) {
  if (lasting == Lasting::kYes) {
    LETTERPRESS_TRY(file_.sync());
  }
  LETTERPRESS_TRY(file_.close());
  const std::string& path = file_.path();
  if (std::rename(part_.c_str(), path.c_str()) != 0) return io_error(errno, path);
  part_.clear();
  if (lasting == Lasting::kNo) return Ok{};
  LETTERPRESS_TRY_ASSIGN(File folder, File::open(folder_of(path), O_RDONLY | O_DIRECTORY));
  return folder.sync();
}

Status make_folders(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0) return Ok{};
  if (errno == ENOENT && folder_of(path) != path) {
    LETTERPRESS_TRY(make_folders(folder_of(path), mode));
    if (::mkdir(path.c_str(), mode) == 0) return Ok{};
  }
  const int error = errno;
  struct stat status {};
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return Ok{};
  return io_error(error == EEXIST ? ENOTDIR : error, path);
}

Status sync_file_system(const std::string& folder) {
  LETTERPRESS_TRY_ASSIGN(const File file, File::open(folder, O_RDONLY | O_DIRECTORY));
  if (::syncfs(file.descriptor()) != 0) return io_error(errno, folder);
  return Ok{};
}

}  // namespace letterpress::exports
