// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/message_list.h"

#include <algorithm>

#include "base/limits.h"
#include "mail/header_fields.h"

namespace letterpress::cli {
namespace {

constexpr std::size_t kFieldBytesMax = 300;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kWhite);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::string* field_of(Message& message, std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), mail::lower_ascii);
  if (lower == "from") return &message.from;
  if (lower == "date") return &message.date;
  if (lower == "subject") return &message.subject;
  if (lower == "message-id") return &message.message_id;
  return nullptr;
}

void extend(std::string& value, std::string_view part) {
  if (!value.empty() && value.size() < kFieldBytesMax) value += ' ';
  value += part.substr(0, kFieldBytesMax - std::min(kFieldBytesMax, value.size()));
}

// In an archive, headers of members come before the first field, and end with zeros.
std::size_t member_header_bytes(std::string_view header) {
  const std::size_t zero = header.rfind('\0');
  return zero == header.npos ? 0 : zero + 1;
}

// The first field of each name counts.
void read_header(std::string_view header, Message& message) {
  std::string* value = nullptr;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find('\n'), header.size() - 1) + 1;
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(end);
    if (line[0] == ' ' || line[0] == '\t') {
      if (value != nullptr) extend(*value, trimmed(line));
      continue;
    }
    const std::string_view name = mail::field_name(line);
    value = field_of(message, name);
    if (value != nullptr && !value->empty()) value = nullptr;
    if (value != nullptr) extend(*value, trimmed(line.substr(line.find(':') + 1)));
  }
}

}  // namespace

void MessageList::add(ByteView bytes) {
  if (!splitter_) {
    const mail::Format format = mail::recognise(bytes);
    splitter_.emplace(format);
    is_archive_ = format == mail::Format::kTar;
  }
  while (!bytes.empty()) {
    const ByteView segment = bytes.first(std::min(bytes.size(), kSegmentBytesMax));
    add_segment(segment);
    bytes = bytes.subspan(segment.size());
  }
}

void MessageList::add_segment(ByteView segment) {
  splitter_->split(segment, split_);
  std::size_t at = 0;
  for (const mail::Piece& piece : split_.pieces) {
    std::string_view raw = as_text(segment.subspan(at, piece.raw_bytes));
    if (piece.kind == Kind::kHeader) {
      const std::size_t foreign_bytes = is_archive_ ? member_header_bytes(raw) : 0;
      if (piece.begins_message || foreign_bytes > 0) in_message_ = piece.begins_message;
      raw.remove_prefix(foreign_bytes);
      if (piece.begins_message) {
        messages_.emplace_back().offset = offset_ + at + foreign_bytes;
        read_header(raw, messages_.back());
      }
    }
    if (in_message_) messages_.back().bytes += raw.size();
    at += piece.raw_bytes;
  }
  offset_ += segment.size();
}

}  // namespace letterpress::cli
