// SPDX-License-Identifier: Apache-2.0
#include "vault/tree/entry_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <utility>

#include "base/varint.h"

namespace letterpress::vault {
namespace {

// What is read and written at a time. A record of a large mbox may be longer.
constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

// One sorted run, record by record.
class EntrySpool::RunReader {
 public:
  explicit RunReader(File file) : file_(std::move(file)) {}

  // False at the end.
  Result<bool> next(EntryRecord& record) {
    LETTERPRESS_TRY(have(kVarintBytesMax));
    if (begin_ == end_) return false;
    ByteCursor head(held());
    const std::uint64_t bytes = head.varint();
    LETTERPRESS_TRY(have(head.offset() + bytes));
    ByteCursor cursor(held().subspan(head.offset()));
    ByteCursor body(cursor.take(bytes));
    if (!head.ok() || !cursor.ok()) {
      return Error(ErrorCode::kCorrupt, "temporary file is cut short");
    }
    LETTERPRESS_TRY_ASSIGN(record, read_record(body));
    begin_ += head.offset() + cursor.offset();
    return true;
  }

 private:
  ByteView held() const { return ByteView(buffer_).subspan(begin_, end_ - begin_); }

  // Reads on until at least `wanted` bytes are held, or all that there are.
  Status have(std::uint64_t wanted) {
    if (end_ - begin_ >= wanted || is_at_end_) return Ok{};
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < wanted + kReadBytes) buffer_.resize(wanted + kReadBytes);
    LETTERPRESS_TRY_ASSIGN(const std::size_t got,
                           file_.read_at(offset_, std::span(buffer_).subspan(end_)));
    offset_ += got;
    is_at_end_ = got < buffer_.size() - end_;
    end_ += got;
    return Ok{};
  }

  File file_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
  bool is_at_end_ = false;
};

std::string_view EntrySpool::path_of(const Item& item) const {
  return as_text(ByteView(buffer_).subspan(item.path_offset, item.path_bytes));
}

Status EntrySpool::add(const EntryRecord& record) {
  Item item{};
  item.record_offset = buffer_.size();
  append_record(buffer_, record);
  ByteCursor cursor(ByteView(buffer_).subspan(item.record_offset));
  item.path_bytes = static_cast<std::uint32_t>(cursor.varint());
  item.path_offset = item.record_offset + cursor.offset();
  item.record_bytes = static_cast<std::uint32_t>(buffer_.size() - item.record_offset);
  items_.push_back(item);
  ++count_;
  if (buffer_.size() >= run_bytes_) return flush();
  return Ok{};
}

Status EntrySpool::rename(std::string from, std::string to) {
  renames_.emplace_back(std::move(from), std::move(to));
  return Ok{};
}

Status EntrySpool::flush() {
  if (items_.empty()) return Ok{};
  std::stable_sort(items_.begin(), items_.end(), [this](const Item& a, const Item& b) {
    return stream::compare_paths(path_of(a), path_of(b)) < 0;
  });
  LETTERPRESS_TRY_ASSIGN(File file, File::open(folder_, O_TMPFILE | O_RDWR, 0600));
  Bytes out;
  out.reserve(2 * kReadBytes);
  for (const Item& item : items_) {
    append_varint(out, item.record_bytes);
    append(out, ByteView(buffer_).subspan(item.record_offset, item.record_bytes));
    if (out.size() < kReadBytes) continue;
    LETTERPRESS_TRY(file.write(out));
    out.clear();
  }
  LETTERPRESS_TRY(file.write(out));
  runs_.push_back(std::move(file));
  buffer_.clear();
  items_.clear();
  return Ok{};
}

// Renamed records sort elsewhere, so they are taken out of their runs and put into new ones.
Status EntrySpool::apply_renames() {
  if (renames_.empty()) return Ok{};
  // From the last move to the first: where a move leads to is then known to the end.
  std::map<std::string, std::string, std::less<>> renames;
  for (auto move = renames_.rbegin(); move != renames_.rend(); ++move) {
    auto& [from, to] = *move;
    const auto next = renames.find(to);
    renames[std::move(from)] = next == renames.end() ? std::move(to) : next->second;
  }
  renames_.clear();
  EntrySpool renamed(folder_, run_bytes_);
  LETTERPRESS_TRY(merge([&](EntryRecord&& record) -> Status {
    if (const auto found = renames.find(record.entry.path); found != renames.end()) {
      record.entry.path = found->second;
    }
    if (record.entry.metadata.type == stream::EntryType::kHardLink) {
      const auto target = renames.find(record.entry.metadata.target);
      if (target != renames.end()) record.entry.metadata.target = target->second;
    }
    return renamed.add(record);
  }));
  *this = std::move(renamed);
  return flush();
}

Status EntrySpool::merge(const Visit& visit) {
  struct Head {
    EntryRecord record;
    std::size_t run;
  };
  std::vector<std::unique_ptr<RunReader>> readers;
  // By path; of equal paths the later run first, since it holds what was added later.
  const auto after = [](const Head& a, const Head& b) {
    const int order = stream::compare_paths(a.record.entry.path, b.record.entry.path);
    return order != 0 ? order > 0 : a.run < b.run;
  };
  std::priority_queue<Head, std::vector<Head>, decltype(after)> heads(after);
  const auto advance = [&](std::size_t run) -> Status {
    Head head{{}, run};
    LETTERPRESS_TRY_ASSIGN(const bool has, readers[run]->next(head.record));
    if (has) heads.push(std::move(head));
    return Ok{};
  };
  for (File& run : runs_) {
    readers.push_back(std::make_unique<RunReader>(std::move(run)));
    LETTERPRESS_TRY(advance(readers.size() - 1));
  }
  runs_.clear();
  std::optional<EntryRecord> waiting;  // the newest record of its path so far
  std::size_t waiting_run = 0;
  while (!heads.empty()) {
    Head head = heads.top();
    heads.pop();
    LETTERPRESS_TRY(advance(head.run));
    if (waiting && waiting->entry.path == head.record.entry.path) {
      // Within a run the later record comes later; between runs the later run came first.
      if (head.run == waiting_run) waiting = std::move(head.record);
      continue;
    }
    if (waiting) {
      LETTERPRESS_TRY(visit(std::move(*waiting)));
    }
    waiting = std::move(head.record);
    waiting_run = head.run;
  }
  if (waiting) {
    LETTERPRESS_TRY(visit(std::move(*waiting)));
  }
  return Ok{};
}

Status EntrySpool::drain(const Visit& visit) {
  LETTERPRESS_TRY(flush());
  LETTERPRESS_TRY(apply_renames());
  LETTERPRESS_TRY(merge(visit));
  count_ = 0;
  return Ok{};
}

}  // namespace letterpress::vault
