// SPDX-License-Identifier: Apache-2.0
#include "exports/store/chunk_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/hex.h"
#include "base/limits.h"
#include "exports/store/new_file.h"

namespace letterpress::exports {
namespace {

// What a chunk's file may have beside the chunk, compressed or not.
constexpr std::size_t kFramingBytesMax = 4 * kKiB;

}  // namespace

// False: there is no such file, or it is nothing that could be a chunk; then `file` is empty.
Result<bool> ChunkFolder::find(const std::string& path, Bytes& file, std::size_t bytes_max) const {
  file.clear();
  struct stat status {};
  // A symbolic link in a chunk's place says that it is missing.
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return io_error(errno, path);
  }
  if (S_ISDIR(status.st_mode)) return io_error(EISDIR, path);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > bytes_max) {
    return true;
  }
  LETTERPRESS_TRY_ASSIGN(File opened, File::open(path, O_RDONLY | O_NOFOLLOW));
  file.resize(static_cast<std::size_t>(status.st_size));
  Result<std::size_t> got = opened.read(file);
  // A bad sector is a reason to write the chunk anew.
  file.resize(got ? *got : 0);
  return true;
}

Result<ChunkFolder::Outcome> ChunkFolder::keep(const StoreDigest& digest, ByteView chunk,
                                               ChunkCoder& coder, Bytes& buffer) const {
  const std::string name = to_hex(digest);
  const std::string below = path_ + "/" + name.substr(0, 4);
  const std::string path = below + "/" + name + std::string(format_.suffix());
  LETTERPRESS_TRY_ASSIGN(const bool has,
                         find(path, buffer, chunk.size() + chunk.size() / 8 + kFramingBytesMax));
  if (has && format_.holds(buffer, chunk, coder)) return Outcome{Kept::kThere, 0};
  format_.encode(chunk, coder, buffer);
  auto file = NewFile::create(path, 0644);
  if (!file && file.error().code() == ErrorCode::kNotFound) {
    LETTERPRESS_TRY(make_folders(below, 0755));
    file = NewFile::create(path, 0644);
  }
  if (!file) return std::move(file).error();
  LETTERPRESS_TRY(file->write(buffer));
  LETTERPRESS_TRY(file->commit(NewFile::Lasting::kNo));
  return Outcome{has ? Kept::kMended : Kept::kWritten, buffer.size()};
}

Status ChunkFolder::sync() const { return sync_file_system(path_); }

}  // namespace letterpress::exports
