// SPDX-License-Identifier: Apache-2.0
#include "mail/format.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "mail/from_line.h"
#include "mail/header_fields.h"
#include "mail/tar.h"

namespace letterpress::mail {
namespace {

// Field names that are seldom seen but in mail, and that a message has at least one of.
constexpr std::string_view kMailFields[] = {"bcc",
                                            "cc",
                                            "content-disposition",
                                            "content-transfer-encoding",
                                            "content-type",
                                            "date",
                                            "delivered-to",
                                            "delivery-date",
                                            "dkim-signature",
                                            "envelope-to",
                                            "from",
                                            "in-reply-to",
                                            "list-id",
                                            "message-id",
                                            "mime-version",
                                            "newsgroups",
                                            "received",
                                            "references",
                                            "reply-to",
                                            "resent-from",
                                            "return-path",
                                            "sender",
                                            "subject",
                                            "to",
                                            "x-mozilla-status"};

constexpr std::size_t kNamePreviewBytes = 32;

bool is_mail_field(std::string_view name) noexcept {
  char lower[kNamePreviewBytes];
  if (name.size() > sizeof lower) return false;
  std::ranges::transform(name, lower, lower_ascii);
  return std::ranges::find(kMailFields, std::string_view(lower, name.size())) !=
         std::end(kMailFields);
}

std::string_view next_line(std::string_view text) noexcept {
  return text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

bool is_blank_line(std::string_view line) noexcept { return line == "\n" || line == "\r\n"; }

// A byte-order mark and blank lines that some tools leave before the first field.
std::string_view without_preface(std::string_view text) noexcept {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  constexpr int kBlankLinesMax = 8;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (int i = 0; i < kBlankLinesMax && !text.empty() && is_blank_line(next_line(text)); ++i) {
    text.remove_prefix(next_line(text).size());
  }
  return text;
}

// Whether the text begins with a header block that mail has. After a few fields of it that is sure,
// whatever follows; a block with fewer must be whole.
bool begins_with_header(std::string_view text) noexcept {
  constexpr int kSureFields = 3;
  constexpr int kSureMailFields = 2;
  int fields = 0;
  int mail_fields = 0;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (is_blank_line(line)) return mail_fields > 0;
    if (line.find('\0') != std::string_view::npos) return false;
    const std::string_view name = field_name(line);
    const bool is_continuation = fields > 0 && (line[0] == ' ' || line[0] == '\t');
    if (name.empty() && !is_continuation && !is_quoted_from(line)) return false;
    if (!name.empty()) {
      ++fields;
      if (is_mail_field(name)) ++mail_fields;
      if (fields >= kSureFields && mail_fields >= kSureMailFields) return true;
    }
    text.remove_prefix(line.size());
  }
  return mail_fields > 0;
}

bool follows_blank_line(ByteView window, std::size_t at) noexcept {
  if (at < 2 || window[at - 1] != '\n') return false;
  if (window[at - 2] == '\n') return true;
  return window[at - 2] == '\r' && (at == 2 || window[at - 3] == '\n');
}

std::size_t next_line_start(ByteView window, std::size_t from) noexcept {
  if (from == 0) from = 1;
  if (from > window.size()) return window.size();
  const void* found = std::memchr(window.data() + from - 1, '\n', window.size() - from + 1);
  if (found == nullptr) return window.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - window.data()) + 1;
}

// The next line that begins with `From `, behind a line feed at or after `from`.
std::size_t find_from_line(std::string_view text, std::size_t from) noexcept {
  constexpr std::string_view kStart = "\nFrom ";
  const void* found =
      ::memmem(text.data() + from, text.size() - from, kStart.data(), kStart.size());
  if (found == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1;
}

}  // namespace

Format recognise(ByteView first_bytes) noexcept {
  if (read_tar_header(first_bytes)) return Format::kTar;
  std::string_view text = as_text(first_bytes);
  text = text.substr(0, kRecogniseBytes);
  // A header block that is cut off by the end of the view counts up to its last whole line.
  if (text.size() == kRecogniseBytes) text = text.substr(0, text.rfind('\n') + 1);
  text = without_preface(text);
  if (text.starts_with("From ")) {
    std::string_view header = text.substr(next_line(text).size());
    if (begins_with_header(header)) {
      return is_from_line(as_bytes(text)) ? Format::kMbox : Format::kMessage;
    }
    return Format::kPlain;
  }
  return begins_with_header(text) ? Format::kMessage : Format::kPlain;
}

bool is_message_start(ByteView window, std::size_t at) noexcept {
  return at < window.size() && window[at] == 'F' && follows_blank_line(window, at) &&
         is_from_line(window.subspan(at));
}

std::size_t segment_end(ByteView window, std::size_t from, Format format) noexcept {
  LETTERPRESS_ASSERT(from <= window.size());
  const bool is_mail = format == Format::kMessage || format == Format::kMbox;
  if (!is_mail || window.empty()) return window.size();
  if (format == Format::kMessage) return next_line_start(window, from);
  const std::string_view text = as_text(window);
  const std::size_t first = from == 0 ? 0 : from - 1;  // its line feed may be the last byte before
  for (std::size_t at = find_from_line(text, first); at < text.size();
       at = find_from_line(text, at)) {
    if (is_message_start(window, at)) return at;
  }
  // The text behind the last line feed may be the beginning of a From_ line: it goes with the rest.
  const std::size_t feed = text.rfind('\n');
  return feed == text.npos || feed < first ? text.size() : feed + 1;
}

}  // namespace letterpress::mail
