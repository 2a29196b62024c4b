// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/images.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace letterpress::vault {
namespace {

constexpr std::size_t kOpenFilesMax = 32;
constexpr std::uint64_t kRetryBytes = 4096;

}  // namespace

Status Images::add_file(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const File file, File::open(path, O_RDONLY));
  // Of a disk, stat(2) does not know the size.
  const off_t end = ::lseek(file.descriptor(), 0, SEEK_END);
  if (end < 0) return io_error(errno, path);
  images_.push_back({path, static_cast<std::uint64_t>(end)});
  total_bytes_ += static_cast<std::uint64_t>(end);
  return Ok{};
}

Status Images::add(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && status.type() != fs::file_type::not_found) return io_error(error.value(), path);
  if (!fs::exists(status)) return io_error(ENOENT, path);
  if (!fs::is_directory(status)) return add_file(path);
  std::vector<std::string> files;
  fs::recursive_directory_iterator found(path, error);
  for (; !error && found != fs::recursive_directory_iterator(); found.increment(error)) {
    std::error_code ignored;
    if (fs::is_regular_file(found->symlink_status(ignored)))
      files.push_back(found->path().native());
  }
  if (error) return io_error(error.value(), path);
  std::ranges::sort(files);
  for (const std::string& file : files) LETTERPRESS_TRY(add_file(file));
  return Ok{};
}

const File* Images::open(std::size_t image) const {
  const auto found = std::ranges::find(open_, image, &std::pair<std::size_t, File>::first);
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return &open_.front().second;
  }
  Result<File> file = File::open(images_[image].path, O_RDONLY);
  if (!file) return nullptr;
  if (open_.size() == kOpenFilesMax) open_.pop_back();
  open_.emplace_front(image, *std::move(file));
  return &open_.front().second;
}

Bytes Images::read(std::size_t image, std::uint64_t offset, std::uint64_t count) const {
  const std::uint64_t size = images_[image].bytes;
  Bytes bytes(static_cast<std::size_t>(offset < size ? std::min(count, size - offset) : 0));
  const File* const file = open(image);
  if (file != nullptr && file->read_at(offset, bytes)) return bytes;
  for (std::size_t at = 0; at < bytes.size(); at += kRetryBytes) {
    const auto part = std::span(bytes).subspan(at).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(kRetryBytes, bytes.size() - at)));
    if (file != nullptr && file->read_at(offset + at, part)) continue;
    std::ranges::fill(part, std::uint8_t{0});
    unreadable_bytes_ += part.size();
  }
  return bytes;
}

}  // namespace letterpress::vault
