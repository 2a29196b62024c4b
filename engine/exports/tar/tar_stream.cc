// SPDX-License-Identifier: Apache-2.0
#include "exports/tar/tar_stream.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "base/limits.h"
#include "exports/tar/tar_header.h"
#include "pipeline/ordered_work.h"

namespace letterpress::exports {
namespace {

using stream::EntryType;
using stream::Problem;

constexpr std::uint64_t kSmallBytesMax = kMiB;
constexpr std::size_t kTarPieceBytes = kMiB;  // of a larger one
constexpr std::uint64_t kUnsizedBytesMax = 64 * kMiB;
constexpr std::size_t kTarBatchBytes = 8 * kMiB;
constexpr std::size_t kTarBatchItems = 1024;
// So many entries are read by one thread at a time: their blocks are the same.
constexpr std::size_t kItemsTogether = 16;

// To the end, whatever the size was said to be.
Result<Bytes> read_all(stream::Content& content, std::uint64_t size_hint_bytes) {
  Bytes bytes(static_cast<std::size_t>(size_hint_bytes));
  std::size_t done = 0;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, content.read(std::span(bytes).subspan(done)));
    done += got;
    if (done < bytes.size()) break;
    if (done >= kUnsizedBytesMax) {
      return Error(ErrorCode::kLimitExceeded, "grew beyond 64 MiB while it was read");
    }
    bytes.resize(bytes.size() + 4 * kKiB);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

void TarStream::problem(Problem::Severity severity, const std::string& path,
                        const std::string& message) const {
  if (options_.on_problem) options_.on_problem({severity, path, message});
}

void TarStream::lose(const std::string& path, const Error& error) {
  left_out_.insert(path);
  problem(Problem::Severity::kFailed, path, error.message());
}

void TarStream::read_item(Item& item) {
  Result<Bytes> read = read_all(*item.content, item.size_hint_bytes);
  if (read) {
    item.bytes = *std::move(read);
    if (Status finished = item.content->finish(); !finished) {
      item.doubt = std::move(finished).error();
    }
  } else {
    item.failure = std::move(read).error();
  }
  item.content.reset();
}

// False: the batch is full.
bool TarStream::take_entry(std::vector<Item>& items, stream::SourceEntry&& entry,
                           std::size_t& bytes) {
  if (entry.content != nullptr && entry.size_hint_bytes > kSmallBytesMax) {
    waiting_ = std::move(entry);
    return false;
  }
  Item& item = items.emplace_back();
  item.entry = std::move(entry.entry);
  item.content = std::move(entry.content);
  item.size_hint_bytes = entry.size_hint_bytes;
  if (item.content != nullptr && !item.content->stands_alone()) read_item(item);
  bytes += static_cast<std::size_t>(entry.size_hint_bytes) + kTarBlockBytes;
  return bytes < kTarBatchBytes && items.size() < kTarBatchItems;
}

Status TarStream::collect(std::vector<Item>& items) {
  std::size_t bytes = 0;
  while (true) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    LETTERPRESS_TRY_ASSIGN(std::optional<stream::SourceEvent> event, source_.next());
    if (!event) {
      has_source_ended_ = true;
      return Ok{};
    }
    if (auto* entry = std::get_if<stream::SourceEntry>(&*event)) {
      if (!take_entry(items, std::move(*entry), bytes)) return Ok{};
    } else if (auto* moved = std::get_if<stream::Moved>(&*event)) {
      problem(Problem::Severity::kNote, moved->from,
              "was renamed meanwhile to " + moved->to + "; the archive has the former name");
      const auto before = names_.find(moved->from);
      std::string ours = before == names_.end() ? moved->from : before->second;
      names_.insert_or_assign(std::move(moved->to), std::move(ours));
    } else if (options_.on_problem) {
      options_.on_problem(std::get<Problem>(*event));
    }
  }
}

Status TarStream::read_apart(std::vector<Item>& items) const {
  using Share = std::span<Item>;
  std::size_t next = 0;
  const auto has_work = [](const Item& item) { return item.content != nullptr; };
  if (std::ranges::none_of(items, has_work)) return Ok{};
  return pipeline::do_ordered<Share>(
      options_.threads, {.make = [&]() -> Result<std::unique_ptr<Share>> {
                           const std::size_t count = std::min(kItemsTogether, items.size() - next);
                           if (count == 0) return std::unique_ptr<Share>();
                           auto share = std::make_unique<Share>(Share(items).subspan(next, count));
                           next += count;
                           return share;
                         },
                         .work = [&](Share& share) -> Status {
                           for (Item& item : share) {
                             if (item.content != nullptr) read_item(item);
                           }
                           return Ok{};
                         },
                         .take = [](Share&) {}});
}

void TarStream::append_header(const stream::Entry& entry, std::uint64_t size_bytes) {
  const std::size_t slash = entry.path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : entry.path.substr(0, slash);
  const bool is_open = parent.empty() || parent == open_folder_ ||
                       (open_folder_.starts_with(parent) && open_folder_[parent.size()] == '/');
  if (!is_open && folders_.contains(parent)) reopened_.insert(parent);
  const bool is_folder = entry.metadata.type == EntryType::kFolder;
  if (is_folder) folders_.insert_or_assign(entry.path, entry.metadata);
  open_folder_ = is_folder ? entry.path : parent;
  append_tar_header(ready_, entry, size_bytes);
}

void TarStream::append_folders_again() {
  for (const std::string& path : reopened_) append_tar_header(ready_, {path, folders_.at(path)}, 0);
  reopened_.clear();
}

void TarStream::put(Item& item) {
  stream::Entry& entry = item.entry;
  if (item.failure) {
    lose(entry.path, *item.failure);
    return;
  }
  if (item.doubt) problem(Problem::Severity::kFailed, entry.path, item.doubt->message());
  if (entry.metadata.type == EntryType::kHardLink) {
    std::string& target = entry.metadata.target;
    if (const auto ours = names_.find(target); ours != names_.end()) target = ours->second;
    if (left_out_.contains(target)) {
      lose(entry.path,
           Error(ErrorCode::kCorrupt, "is a link to " + target + ", which was left out"));
      return;
    }
  }
  append_header(entry, item.bytes.size());
  append(ready_, item.bytes);
  append_tar_filling(ready_, item.bytes.size());
  ++totals_.entries;
  if (entry.metadata.type == EntryType::kFile) ++totals_.files;
  totals_.content_bytes += item.bytes.size();
}

void TarStream::begin_large(stream::SourceEntry&& entry) {
  append_header(entry.entry, entry.size_hint_bytes);
  large_ = Large{std::move(entry.entry), std::move(entry.content), entry.size_hint_bytes,
                 entry.size_hint_bytes};
  ++totals_.entries;
  ++totals_.files;
  totals_.content_bytes += large_->size_bytes;
}

// In pieces whose borders depend on nothing but the file, as where zeros begin does then.
void TarStream::read_large() {
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(large_->left_bytes, kTarPieceBytes));
  ready_.resize(count);
  std::size_t filled = 0;
  if (!large_->is_lost) {
    const Result<std::size_t> got = large_->content->read(ready_);
    filled = got ? *got : 0;
    large_->is_lost = filled < count;
    if (large_->is_lost) {
      const std::uint64_t from = large_->size_bytes - large_->left_bytes + filled;
      problem(Problem::Severity::kFailed, large_->entry.path,
              (got ? "ends after " + std::to_string(from) + " bytes" : got.error().message()) +
                  "; in the archive the bytes from " + std::to_string(from) + " to " +
                  std::to_string(large_->size_bytes) + " are zero");
    }
  }
  std::fill(ready_.begin() + static_cast<std::ptrdiff_t>(filled), ready_.end(), std::uint8_t{0});
  large_->left_bytes -= count;
}

void TarStream::end_large() {
  const std::string& path = large_->entry.path;
  if (!large_->is_lost) {
    std::uint8_t more = 0;
    const Result<std::size_t> got = large_->content->read({&more, 1});
    const Status finished = got && *got == 0 ? large_->content->finish() : Status(Ok{});
    if (!got || !finished) {
      problem(Problem::Severity::kFailed, path, (got ? finished.error() : got.error()).message());
    } else if (*got > 0) {
      problem(Problem::Severity::kFailed, path,
              "became longer while it was read; the archive has its first " +
                  std::to_string(large_->size_bytes) + " bytes");
    }
  }
  append_tar_filling(ready_, large_->size_bytes);
  large_.reset();
}

// Makes more of the archive ready.
Status TarStream::fill() {
  ready_.clear();
  ready_at_ = 0;
  if (large_ && large_->left_bytes > 0) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    read_large();
  } else if (large_) {
    end_large();
  } else if (waiting_) {
    begin_large(*std::exchange(waiting_, std::nullopt));
  } else if (has_source_ended_) {
    has_ended_ = true;
    append_folders_again();
    append_tar_end(ready_, totals_.archive_bytes + ready_.size());
  } else {
    std::vector<Item> items;
    LETTERPRESS_TRY(collect(items));
    LETTERPRESS_TRY(read_apart(items));
    for (Item& item : items) put(item);
  }
  return Ok{};
}

Result<std::size_t> TarStream::read(std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (ready_at_ == ready_.size()) {
      if (has_ended_) break;
      LETTERPRESS_TRY(fill());
      continue;
    }
    const std::size_t count = std::min(into.size() - filled, ready_.size() - ready_at_);
    std::copy_n(ready_.data() + ready_at_, count, into.data() + filled);
    ready_at_ += count;
    filled += count;
    totals_.archive_bytes += count;
  }
  return filled;
}

}  // namespace letterpress::exports
