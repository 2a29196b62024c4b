// SPDX-License-Identifier: Apache-2.0
// A source in memory, and what may go wrong with one. Checks the order of calls that
// stream/source.h promises to sources.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stream/source.h"

namespace letterpress::pipeline {

// One event, as a value that any number of sources can give.
struct Given {
  enum class What : std::uint8_t { kFile, kUnread, kFolder, kMoved, kProblem };
  What what = What::kFile;
  std::string path;
  std::string bytes = {};                    // files; kMoved: the new name
  std::optional<std::size_t> fails_at = {};  // a read that goes past this offset is an error
  bool changes = false;                      // finish() says so
  std::optional<stream::KnownContent> known = {};
  std::uint64_t size_hint = 0;
};

inline Given file(std::string path, std::string bytes) {
  return {.what = Given::What::kFile, .path = std::move(path), .bytes = std::move(bytes)};
}
inline Given folder(std::string path) {
  return {.what = Given::What::kFolder, .path = std::move(path)};
}
inline Given moved(std::string from, std::string to) {
  return {.what = Given::What::kMoved, .path = std::move(from), .bytes = std::move(to)};
}
inline Given failing(std::string path, std::string bytes, std::size_t fails_at) {
  Given given = file(std::move(path), std::move(bytes));
  given.fails_at = fails_at;
  return given;
}
inline Given changing(std::string path, std::string bytes) {
  Given given = file(std::move(path), std::move(bytes));
  given.changes = true;
  return given;
}

class MemorySource : public stream::Source {
 public:
  explicit MemorySource(const std::vector<Given>& events) : events_(events) {}
  ~MemorySource() override { EXPECT_EQ(open_contents_, 0); }

  // Whether contents say that they are in memory, so that they are not read.
  bool lends = false;
  // The event of this number, and all after it, are an error.
  std::optional<std::size_t> fails_at_event;
  std::function<void(std::size_t)> on_event;
  // Asked before each event and each segment: whether it has to wait for the next resume().
  std::function<bool()> pauses;
  std::atomic<std::uint64_t> bytes_read = 0;

  Result<std::optional<stream::SourceEvent>> next() override {
    EXPECT_EQ(open_contents_, 0) << "a content was still held";
    has_paused_ = pauses && pauses();
    if (has_paused_) return std::optional<stream::SourceEvent>();
    if (on_event) on_event(at_);
    if (fails_at_event && at_ >= *fails_at_event) {
      return Error(ErrorCode::kIo, "the source broke");
    }
    if (at_ == events_.size()) return std::optional<stream::SourceEvent>();
    std::optional<stream::SourceEvent> event;
    event.emplace(event_of(events_[at_++]));
    return event;
  }
  bool has_paused() const override { return has_paused_; }

 private:
  class MemoryContent : public stream::Content {
   public:
    MemoryContent(MemorySource& source, const Given& given) : source_(source), given_(given) {
      ++source_.open_contents_;
    }
    ~MemoryContent() override { --source_.open_contents_; }

    std::optional<ByteView> held() override {
      if (!source_.lends) return std::nullopt;
      has_ended_ = true;
      return as_bytes(given_.bytes);
    }
    bool can_read(std::size_t) const override { return !source_.pauses || !source_.pauses(); }
    Result<std::size_t> read(std::span<std::uint8_t> into) override {
      EXPECT_FALSE(has_failed_ || is_finished_ || source_.lends);
      const std::size_t count = std::min(into.size(), given_.bytes.size() - at_);
      if (given_.fails_at && at_ + count >= *given_.fails_at) {
        has_failed_ = true;
        return Error(ErrorCode::kIo, "the disk broke");
      }
      std::copy_n(given_.bytes.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
      at_ += count;
      source_.bytes_read += count;
      has_ended_ = count < into.size();
      return count;
    }
    Status finish() override {
      EXPECT_TRUE(has_ended_ && !has_failed_ && !is_finished_);
      is_finished_ = true;
      if (given_.changes) return Error(ErrorCode::kIo, "changed while it was read");
      return Ok{};
    }

   private:
    MemorySource& source_;
    const Given& given_;
    std::size_t at_ = 0;
    bool has_ended_ = false;
    bool has_failed_ = false;
    bool is_finished_ = false;
  };

  stream::SourceEvent event_of(const Given& given) {
    if (given.what == Given::What::kMoved) return stream::Moved{given.path, given.bytes};
    if (given.what == Given::What::kProblem) {
      return stream::Problem{stream::Problem::Severity::kNote, given.path, given.bytes};
    }
    stream::SourceEntry entry;
    entry.entry.path = given.path;
    entry.entry.metadata.mode = 0640;
    entry.entry.metadata.mtime_ns = static_cast<std::int64_t>(given.path.size());
    entry.identity = {1, at_, 2};
    entry.known = given.known;
    entry.size_hint_bytes = given.size_hint;
    if (given.what == Given::What::kFolder) {
      entry.entry.metadata.type = stream::EntryType::kFolder;
    } else if (given.what == Given::What::kFile) {
      entry.content = std::make_unique<MemoryContent>(*this, given);
    }
    return entry;
  }

  const std::vector<Given>& events_;
  std::size_t at_ = 0;
  bool has_paused_ = false;
  int open_contents_ = 0;
};

}  // namespace letterpress::pipeline
