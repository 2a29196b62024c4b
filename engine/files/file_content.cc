// SPDX-License-Identifier: Apache-2.0
#include "files/file_content.h"

#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "files/folder_trail.h"

namespace letterpress::files {
namespace {

std::int64_t nanoseconds(const struct timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The clock that file systems take their times from: it stands still between two ticks of the
// kernel.
std::int64_t file_clock_ns() noexcept {
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

std::uint64_t size_of(const struct stat& status) {
  return static_cast<std::uint64_t>(status.st_size);
}

bool is_same_version(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         mtime_ns(a) == mtime_ns(b);
}

Error changed_error(const std::string& shown_path, std::string_view how) {
  return Error(ErrorCode::kIo, shown_path + ": " + std::string(how));
}

constexpr std::string_view kRewritten =
    "was rewritten while it was read; what was stored may mix old and new";
constexpr std::string_view kShortened = "became shorter while it was read";

class WholeContent final : public stream::Content {
 public:
  WholeContent(std::unique_ptr<std::uint8_t[]> bytes, std::size_t size, Status finish)
      : bytes_(std::move(bytes)), size_(size), finish_(std::move(finish)) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::min(into.size(), size_ - done_);
    std::copy_n(bytes_.get() + done_, count, into.begin());
    done_ += count;
    return count;
  }
  Status finish() override { return std::move(finish_); }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
  std::size_t done_ = 0;
  Status finish_;
};

// Of what a large file had when it was opened. It may grow meanwhile, as an mbox does; whether it
// was rewritten besides shows at the beginning and the end of what was given.
class PrefixContent final : public stream::Content {
 public:
  PrefixContent(File file, const struct stat& opened, bool* failed)
      : file_(std::move(file)), opened_(opened), left_(size_of(opened)), failed_(failed) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (left_ < into.size()) into = into.first(static_cast<std::size_t>(left_));
    Result<std::size_t> got = file_.read(into);
    if (!got) {
      *failed_ = true;
      return got;
    }
    keep(size_of(opened_) - left_, ByteView(into).first(*got));
    left_ -= *got;
    return got;
  }

  Status finish() override {
    LETTERPRESS_TRY_ASSIGN(const struct stat now, file_.stat());
    if (left_ > 0 || now.st_size < opened_.st_size) return changed_error(file_.path(), kShortened);
    if (is_same_version(now, opened_)) return Ok{};
    LETTERPRESS_TRY_ASSIGN(const bool begins_alike, still_has(0, first_));
    LETTERPRESS_TRY_ASSIGN(const bool ends_alike,
                           still_has(size_of(opened_) - last_.size(), last_));
    if (now.st_size > opened_.st_size && begins_alike && ends_alike) return Ok{};
    return changed_error(file_.path(), kRewritten);
  }

 private:
  static constexpr std::size_t kKeptBytes = 64 * kKiB;
  static_assert(kKeptBytes <= kWholeBytesMax);  // a larger file has so many

  // Of what was given from an offset on, what lies in the first or last bytes.
  void keep(std::uint64_t offset, ByteView given) {
    const std::uint64_t end = offset + given.size();
    const std::uint64_t last_from = size_of(opened_) - kKeptBytes;
    append(first_, given.first(std::min(given.size(), kKeptBytes - first_.size())));
    if (end > last_from) append(last_, given.last(std::min(given.size(), end - last_from)));
  }

  Result<bool> still_has(std::uint64_t offset, const Bytes& bytes) const {
    Bytes now(bytes.size());
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, file_.read_at(offset, now));
    return got == bytes.size() && now == bytes;
  }

  File file_;
  struct stat opened_;
  std::uint64_t left_;
  bool* failed_;
  Bytes first_;
  Bytes last_;
};

// Reads an open file to the size that `opened` has, until a read saw no change.
Result<OpenedFile> read_whole(const File& file, OpenedFile opened) {
  Status finish = Ok{};
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t size = 0;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    if (tries > 0) {
      const std::int64_t looked_ns = file_clock_ns();
      LETTERPRESS_TRY_ASSIGN(const struct stat now, file.stat());
      if (size_of(now) > kControlBytesMax) break;
      opened.status = now;
      opened.is_settled = ctime_ns(now) < looked_ns;
    }
    size = static_cast<std::size_t>(size_of(opened.status));
    bytes = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read_at(0, {bytes.get(), size}));
    LETTERPRESS_TRY_ASSIGN(const struct stat after, file.stat());
    const bool is_shorter = got < size || after.st_size < opened.status.st_size;
    size = got;
    finish = Ok{};
    if (is_same_version(after, opened.status) && !is_shorter) break;
    if (is_shorter) {
      finish = changed_error(file.path(), kShortened);
    } else if (after.st_size == opened.status.st_size) {
      finish = changed_error(file.path(), kRewritten);
    }
  }
  opened.content = std::make_unique<WholeContent>(std::move(bytes), size, std::move(finish));
  return opened;
}

Result<std::optional<OpenedFile>> open_once(const FileName& name, Reading reading, bool* failed) {
  // O_NONBLOCK: a FIFO that took the file's place must not stop the walk.
  Result<File> opened =
      open_quietly(name.folder, name.name, O_NOFOLLOW | O_NONBLOCK, name.shown_path);
  if (!opened) {
    if (opened.error().code() == ErrorCode::kNotFound) return std::optional<OpenedFile>();
    return std::move(opened).error();
  }
  File file = *std::move(opened);
  OpenedFile result;
  const std::int64_t looked_ns = file_clock_ns();
  LETTERPRESS_TRY_ASSIGN(result.status, file.stat());
  if (!S_ISREG(result.status.st_mode)) {
    return Error(ErrorCode::kIo, name.shown_path + ": is no longer a regular file");
  }
  result.is_settled = ctime_ns(result.status) < looked_ns;
  const std::uint64_t at_once_max =
      reading == Reading::kControl ? kControlBytesMax : kWholeBytesMax;
  if (size_of(result.status) > at_once_max) {
    ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
    result.content = std::make_unique<PrefixContent>(std::move(file), result.status, failed);
    return std::optional<OpenedFile>(std::move(result));
  }
  LETTERPRESS_TRY_ASSIGN(OpenedFile whole, read_whole(file, std::move(result)));
  return std::optional<OpenedFile>(std::move(whole));
}

}  // namespace

Result<std::optional<OpenedFile>> open_content(const FileName& name, Reading reading,
                                               bool* failed) {
  LETTERPRESS_TRY_ASSIGN(std::optional<OpenedFile> file, open_once(name, reading, failed));
  if (reading == Reading::kPlain) return file;
  for (int tries = 1; file && tries < kTriesMax; ++tries) {
    struct stat now {};
    const int looked = ::fstatat(name.folder, name.name.c_str(), &now, AT_SYMLINK_NOFOLLOW);
    if (looked != 0 || !S_ISREG(now.st_mode) || is_same_version(now, file->status)) break;
    LETTERPRESS_TRY_ASSIGN(std::optional<OpenedFile> newer, open_once(name, reading, failed));
    if (!newer) break;
    file = std::move(newer);
  }
  return file;
}

std::int64_t mtime_ns(const struct stat& status) noexcept { return nanoseconds(status.st_mtim); }
std::int64_t ctime_ns(const struct stat& status) noexcept { return nanoseconds(status.st_ctim); }

}  // namespace letterpress::files
