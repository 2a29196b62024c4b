// SPDX-License-Identifier: Apache-2.0
// Entries in memory as a source for the pipeline.
//
//   const std::vector<MadeEntry> entries = made_entries(input);
//   MadeSource source(entries);
#pragma once

#include "damage.h"
#include "made_mail.h"
#include "stream/source.h"

namespace letterpress::fuzz {

struct MadeEntry {
  stream::Entry entry;
  Bytes bytes;  // of a file
};

class MadeSource : public stream::Source {
 public:
  // `entries` outlives the source.
  explicit MadeSource(const std::vector<MadeEntry>& entries) : entries_(entries) {}

  Result<std::optional<stream::SourceEvent>> next() override {
    if (at_ == entries_.size()) return std::optional<stream::SourceEvent>();
    const MadeEntry& made = entries_[at_++];
    stream::SourceEntry event;
    event.entry = made.entry;
    event.size_hint_bytes = made.bytes.size();
    if (made.entry.metadata.type == stream::EntryType::kFile) {
      event.content = std::make_unique<MadeContent>(made.bytes);
    }
    return std::optional<stream::SourceEvent>(std::move(event));
  }

 private:
  class MadeContent : public stream::Content {
   public:
    explicit MadeContent(ByteView bytes) : rest_(bytes) {}
    Result<std::size_t> read(std::span<std::uint8_t> into) override {
      const std::size_t count = std::min(into.size(), rest_.size());
      std::copy_n(rest_.begin(), count, into.begin());
      rest_ = rest_.subspan(count);
      return count;
    }
    Status finish() override { return Ok{}; }

   private:
    ByteView rest_;
  };

  const std::vector<MadeEntry>& entries_;
  std::size_t at_ = 0;
};

// A mail, many of them, plain bytes, or what a file before it had, a little changed.
inline Bytes made_content(FuzzInput& input, const std::vector<MadeEntry>& before) {
  const auto what = input.up_to(4);
  Bytes bytes;
  if (what == 0) {
    append(bytes, input.take(input.size_up_to(2000)));
  } else if (what == 1 && !before.empty()) {
    bytes = before[input.size_up_to(before.size() - 1)].bytes;
    damage(input, bytes);
  } else if (what == 2) {
    // Longer than a chunk, so that it is cut.
    const ByteView pattern = input.take(64);
    const auto times = input.up_to(3000);
    for (std::uint64_t i = 0; i < times; ++i) {
      append(bytes, pattern);
      append_le(bytes, static_cast<std::uint64_t>(i * 0x9e3779b97f4a7c15U));
    }
  } else {
    for (auto mails = input.from_to(1, 3); mails > 0; --mails) {
      append(bytes, as_bytes(made_mail(input).bytes));
    }
  }
  return bytes;
}

// By path, as sources give them: a folder and what is in it.
inline std::vector<MadeEntry> made_entries(FuzzInput& input) {
  std::vector<MadeEntry> entries;
  const auto count = input.from_to(1, 6);
  entries.push_back({{.path = "m", .metadata = {.type = stream::EntryType::kFolder}}, {}});
  for (std::uint64_t i = 0; i < count; ++i) {
    MadeEntry made;
    made.entry.path = "m/" + std::to_string(i);
    made.entry.metadata.mode = static_cast<std::uint32_t>(input.up_to(0777));
    made.entry.metadata.mtime_ns = static_cast<std::int64_t>(input.up_to(UINT64_MAX));
    if (input.up_to(7) == 7) {
      made.entry.metadata.type = stream::EntryType::kSymlink;
      made.entry.metadata.target = "../anywhere";
    } else {
      made.bytes = made_content(input, entries);
    }
    entries.push_back(std::move(made));
  }
  return entries;
}

}  // namespace letterpress::fuzz
