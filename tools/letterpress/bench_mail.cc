// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/bench_mail.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace letterpress::cli {
namespace {

class HeldContent : public stream::Content {
 public:
  HeldContent(ByteView bytes, bool is_lent) : is_lent_(is_lent), rest_(bytes) {}

  std::optional<ByteView> held() override {
    return is_lent_ ? std::optional<ByteView>(rest_) : std::nullopt;
  }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::min(into.size(), rest_.size());
    std::copy_n(rest_.begin(), count, into.begin());
    rest_ = rest_.subspan(count);
    return count;
  }
  Status finish() override { return Ok{}; }

 private:
  const bool is_lent_;
  ByteView rest_;
};

}  // namespace

Result<std::vector<HeldFile>> hold_files(const std::string& folder, std::uint64_t bytes_max) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file() && !at->is_symlink()) paths.push_back(at->path());
  }
  if (error) return Error(ErrorCode::kIo, folder + ": " + error.message());
  std::ranges::sort(paths);
  std::vector<HeldFile> files;
  std::uint64_t held = 0;
  for (const fs::path& path : paths) {
    const std::uint64_t size = fs::file_size(path, error);
    if (error || held + size > bytes_max) continue;
    LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_file(path.string(), size));
    held += bytes.size();
    files.push_back({path.lexically_relative(folder).string(), std::move(bytes), {}});
  }
  if (files.empty()) {
    return Error(ErrorCode::kInvalidArgument, folder + ": has no files to measure with");
  }
  return files;
}

Result<std::optional<stream::SourceEvent>> HeldSource::next() {
  if (next_ == files_.size()) return std::optional<stream::SourceEvent>();
  const HeldFile& file = files_[next_++];
  stream::SourceEntry entry;
  entry.entry.path = file.path;
  entry.entry.metadata.type = stream::EntryType::kFile;
  entry.content = std::make_unique<HeldContent>(file.bytes, is_lent_);
  entry.size_hint_bytes = file.bytes.size();
  if (offers_known_) entry.known = file.known;
  return std::optional<stream::SourceEvent>(std::move(entry));
}

// Entries come in the order of the files.
Status HeldSink::put_entry(stream::PressedEntry&& entry) {
  HeldFile& file = files_[next_++];
  file.known = stream::KnownContent{.content = std::move(entry.content),
                                    .size_bytes = file.bytes.size(),
                                    .segments = std::move(entry.segments)};
  return Ok{};
}

}  // namespace letterpress::cli
