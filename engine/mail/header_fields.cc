// SPDX-License-Identifier: Apache-2.0
#include "mail/header_fields.h"

#include <algorithm>
#include <cstring>

namespace letterpress::mail {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool same_word(std::string_view text, std::string_view lower) noexcept {
  return std::ranges::equal(text, lower, [](char a, char b) { return lower_ascii(a) == b; });
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the text up to the next `stop`, which goes too.
std::string_view take_until(std::string_view& text, char stop) noexcept {
  const std::size_t at = std::min(text.find(stop), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

// Collects a boundary that may come in pieces, and forgets one that is too long.
class BoundaryReader {
 public:
  explicit BoundaryReader(Boundary& boundary) noexcept : boundary_(boundary) {}

  bool is_empty() const noexcept { return size_ == 0; }

  void add(std::string_view text) noexcept {
    if (size_ + text.size() <= kBoundaryBytesMax) {
      std::ranges::copy(text, boundary_.bytes.data() + size_);
    }
    size_ += text.size();
    boundary_.size = size_ <= kBoundaryBytesMax ? static_cast<std::uint8_t>(size_) : 0;
  }

 private:
  Boundary& boundary_;
  std::size_t size_ = 0;
};

// A quoted string's inside: `text` is what follows the opening quote, and loses the closing one.
void take_quoted(std::string_view& text, BoundaryReader* boundary) noexcept {
  while (!text.empty() && text[0] != '"') {
    if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
    if (boundary != nullptr) boundary->add(text.substr(0, 1));
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
}

// Collects the boundary from parameters like `; boundary="..."; charset=x`, also in the pieces
// boundary*0=, boundary*1= of RFC 2231, in the order in which they stand.
void read_boundary(std::string_view parameters, Boundary& into) noexcept {
  BoundaryReader boundary(into);
  while (!parameters.empty()) {
    parameters =
        parameters.substr(std::min(parameters.find_first_not_of(" \t\r\n;"), parameters.size()));
    const std::size_t name_end = std::min(parameters.find_first_of("=;"), parameters.size());
    std::string_view name = trimmed(parameters.substr(0, name_end));
    const bool has_value = name_end < parameters.size() && parameters[name_end] == '=';
    parameters.remove_prefix(has_value ? name_end + 1 : name_end);
    if (!has_value) continue;
    const bool in_pieces = name.find('*') != std::string_view::npos;
    const bool wanted =
        same_word(take_until(name, '*'), "boundary") && (in_pieces || boundary.is_empty());
    parameters =
        parameters.substr(std::min(parameters.find_first_not_of(kBlanks), parameters.size()));
    if (!parameters.empty() && parameters[0] == '"') {
      parameters.remove_prefix(1);
      take_quoted(parameters, wanted ? &boundary : nullptr);
      continue;
    }
    const std::string_view value = trimmed(take_until(parameters, ';'));
    if (wanted) boundary.add(value);
  }
}

}  // namespace

std::string_view field_name(std::string_view line) noexcept {
  // RFC 5322, 3.6.8: printable US-ASCII but the colon; old mail has blanks before the colon.
  std::size_t size = 0;
  while (size < line.size() && line[size] > ' ' && line[size] < '\x7f' && line[size] != ':') ++size;
  std::size_t colon = size;
  while (colon < line.size() && (line[colon] == ' ' || line[colon] == '\t')) ++colon;
  const bool is_field = size > 0 && colon < line.size() && line[colon] == ':';
  return is_field ? line.substr(0, size) : std::string_view();
}

bool is_quoted_from(std::string_view line) noexcept {
  return line.starts_with("From ") || line.starts_with(">From ");
}

void HeaderFields::Value::add(std::string_view text) noexcept {
  text = text.substr(0, kFieldBytesMax - size);
  std::ranges::copy(text, bytes.begin() + size);
  size = static_cast<std::uint16_t>(size + text.size());
}

void HeaderFields::clear() noexcept {
  field_ = Field::kOther;
  type_.size = 0;
  encoding_.size = 0;
}

void HeaderFields::add_line(ByteView line, bool continues) noexcept {
  std::string_view text = as_text(line);
  if (!continues) {
    field_ = Field::kOther;
    // Every other field is out after one look.
    if (text.empty() || lower_ascii(text[0]) != 'c') return;
    const std::string_view name = field_name(text);
    if (same_word(name, "content-type") && type_.size == 0) field_ = Field::kType;
    if (same_word(name, "content-transfer-encoding") && encoding_.size == 0) {
      field_ = Field::kEncoding;
    }
    if (field_ == Field::kOther) return;
    text.remove_prefix(text.find(':') + 1);
  }
  if (field_ == Field::kOther) return;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  (field_ == Field::kType ? type_ : encoding_).add(text);
}

PartShape HeaderFields::describe() const noexcept {
  PartShape shape;
  std::string_view encoding = trimmed(encoding_.view());
  encoding = trimmed(take_until(encoding, ';'));
  if (encoding.size() > 2 && encoding.front() == '"')
    encoding = encoding.substr(1, encoding.size() - 2);
  shape.is_base64 = same_word(encoding, "base64");
  shape.is_binary = same_word(encoding, "8bit") || same_word(encoding, "binary");
  std::string_view rest = type_.view();
  std::string_view whole_type = trimmed(take_until(rest, ';'));
  if (whole_type.empty()) return shape;
  shape.is_typed = true;
  const std::string_view type = trimmed(take_until(whole_type, '/'));
  const std::string_view subtype = trimmed(whole_type);
  constexpr std::string_view kAttachmentTypes[] = {"application", "audio", "font",
                                                   "image",       "model", "video"};
  const auto is_type = [&](std::string_view name) { return same_word(type, name); };
  if (std::ranges::any_of(kAttachmentTypes, is_type)) shape.body = Body::kAttachment;
  if (is_type("message") && !shape.is_base64 &&
      (same_word(subtype, "rfc822") || same_word(subtype, "global") ||
       same_word(subtype, "news"))) {
    shape.body = Body::kMessage;
  }
  if (!is_type("multipart")) return shape;
  read_boundary(rest, shape.boundary);
  shape.boundary.is_digest = same_word(subtype, "digest");
  if (shape.boundary.size > 0) shape.body = Body::kMultipart;
  return shape;
}

}  // namespace letterpress::mail
