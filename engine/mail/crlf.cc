// SPDX-License-Identifier: Apache-2.0
#include "mail/crlf.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace letterpress::mail {
namespace {

// The offset of the next line feed, or the size.
std::size_t find_line_feed(ByteView text, std::size_t from) noexcept {
  if (from == text.size()) return from;
  const void* found = std::memchr(text.data() + from, '\n', text.size() - from);
  if (found == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - text.data());
}

// The text that `stored` stands for, in runs; `take` gives false to end it.
template <class Take>
bool each_run(ByteView stored, Take take) {
  for (std::size_t from = 0;;) {
    const std::size_t at = find_line_feed(stored, from);
    if (!take(as_text(stored.subspan(from, at - from)))) return false;
    if (at == stored.size()) return true;
    if (!take("\r\n")) return false;
    from = at + 1;
  }
}

}  // namespace

bool undo_crlf(ByteView text, UnsetBytes& stored) {
  const std::size_t first = find_line_feed(text, 0);
  if (first == text.size() || first == 0 || text[first - 1] != '\r') return false;
  const std::size_t start = stored.size();
  stored.resize(start + text.size());
  std::uint8_t* to = stored.data() + start;
  std::size_t from = 0;
  for (std::size_t at = first; at != text.size(); at = find_line_feed(text, from)) {
    if (at == from || text[at - 1] != '\r') {
      stored.resize(start);
      return false;
    }
    to = std::copy_n(text.data() + from, at - from - 1, to);
    *to++ = '\n';
    from = at + 1;
  }
  to = std::copy_n(text.data() + from, text.size() - from, to);
  stored.resize(static_cast<std::size_t>(to - stored.data()));
  return true;
}

Status redo_crlf(ByteView stored, std::size_t raw_bytes, UnsetBytes& out) {
  const auto line_feeds = static_cast<std::size_t>(std::ranges::count(stored, '\n'));
  if (raw_bytes > kSegmentBytesMax || stored.size() + line_feeds != raw_bytes) {
    return Error(ErrorCode::kCorrupt, "text with CRLF lines has another length than it should");
  }
  const std::size_t start = out.size();
  out.resize(start + raw_bytes);
  std::uint8_t* to = out.data() + start;
  each_run(stored, [&to](std::string_view run) {
    to = std::ranges::copy(run, to).out;
    return true;
  });
  return Ok{};
}

bool redoes_crlf(ByteView stored, ByteView text) noexcept {
  const auto is_next = [&text](std::string_view run) {
    if (run.empty()) return true;
    if (text.size() < run.size() || std::memcmp(text.data(), run.data(), run.size()) != 0)
      return false;
    text = text.subspan(run.size());
    return true;
  };
  return each_run(stored, is_next) && text.empty();
}

}  // namespace letterpress::mail
