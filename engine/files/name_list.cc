// SPDX-License-Identifier: Apache-2.0
#include "files/name_list.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/file.h"

namespace letterpress::files {
namespace {

// Large, so that a folder of a million names needs few calls.
constexpr std::size_t kListingBytes = 256 * 1024;
constexpr std::size_t kArenaBytesMin = 1024;
constexpr std::size_t kArenaBytesMax = 256 * 1024;

}  // namespace

FolderReader::FolderReader() : buffer_(kListingBytes) {}

Status FolderReader::start(int folder) {
  folder_ = folder;
  begin_ = end_ = 0;
  if (::lseek(folder, 0, SEEK_SET) < 0) return io_error(errno, "listing the folder");
  return Ok{};
}

Result<bool> FolderReader::next(ListedName& name) {
  while (true) {
    if (begin_ == end_) {
      const ssize_t got = ::getdents64(folder_, buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      // ENOENT: the folder itself was removed.
      if (got == 0 || (got < 0 && errno == ENOENT)) return false;
      if (got < 0) return io_error(errno, "listing the folder");
      begin_ = 0;
      end_ = static_cast<std::size_t>(got);
    }
    const char* const record = buffer_.data() + begin_;
    decltype(dirent64::d_reclen) record_bytes;
    std::memcpy(&record_bytes, record + offsetof(dirent64, d_reclen), sizeof(record_bytes));
    begin_ += record_bytes;
    name.text = record + offsetof(dirent64, d_name);
    name.type = static_cast<std::uint8_t>(record[offsetof(dirent64, d_type)]);
    if (name.text != "." && name.text != "..") return true;
  }
}

std::string_view NameArena::add(std::string_view name) {
  if (blocks_.empty() || block_bytes_ - used_bytes_ < name.size()) {
    block_bytes_ = std::clamp(block_bytes_ * 2, kArenaBytesMin, kArenaBytesMax);
    block_bytes_ = std::max(block_bytes_, name.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes_));
    used_bytes_ = 0;
  }
  char* const to = blocks_.back().get() + used_bytes_;
  std::copy(name.begin(), name.end(), to);
  used_bytes_ += name.size();
  return {to, name.size()};
}

Status NameList::read(FolderReader& reader, int folder) {
  names_.clear();
  LETTERPRESS_TRY(reader.start(folder));
  while (true) {
    ListedName name;
    LETTERPRESS_TRY_ASSIGN(const bool more, reader.next(name));
    if (!more) break;
    names_.push_back({arena_.add(name.text), name.type, 0});
  }
  sort();
  return Ok{};
}

void NameList::sort() {
  std::sort(names_.begin(), names_.end(), [](const Name& a, const Name& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.text < b.text;
  });
}

const NameList::Name* NameList::find(std::string_view text) const noexcept {
  const auto at = std::lower_bound(names_.begin(), names_.end(), text,
                                   [](const Name& a, std::string_view b) { return a.text < b; });
  return at != names_.end() && at->text == text ? &*at : nullptr;
}

}  // namespace letterpress::files
