// SPDX-License-Identifier: Apache-2.0
// Reads what the splitter must know from a header block: Content-Type and
// Content-Transfer-Encoding.
//
//   HeaderFields fields;
//   fields.add_line(line);             // every line of the block, in order, with its line ending
//   const PartShape shape = fields.describe();
//   fields.clear();
//
// A small value of fixed size, whatever the header: fields are unfolded up to kFieldBytesMax.
// Not thread-safe. Cannot fail: what is not understood is text/plain in 7bit.
#pragma once

#include <array>

#include "base/bytes.h"
#include "mail/boundary.h"
#include "mail/limits.h"

namespace letterpress::mail {

enum class Body : std::uint8_t {
  kText,        // text/*, and all that is not named below
  kAttachment,  // image, audio, video, application, font, model
  kMultipart,   // with a boundary
  kMessage,     // a message inside the message
};

struct PartShape {
  Body body = Body::kText;
  bool is_typed = false;  // there is a Content-Type
  bool is_base64 = false;
  bool is_binary = false;  // 8bit or binary
  Boundary boundary;       // of kMultipart
};

class HeaderFields {
 public:
  void clear() noexcept;
  // A line of a header block. `continues`: the rest of a line whose start was added before.
  void add_line(ByteView line, bool continues) noexcept;
  // Whether the last field matters, so that its folded lines do.
  bool in_field() const noexcept { return field_ != Field::kOther; }
  PartShape describe() const noexcept;

 private:
  enum class Field : std::uint8_t { kOther, kType, kEncoding };

  struct Value {
    std::uint16_t size = 0;
    std::array<char, kFieldBytesMax> bytes{};
    std::string_view view() const noexcept { return {bytes.data(), size}; }
    void add(std::string_view text) noexcept;
  };

  Field field_ = Field::kOther;
  Value type_;
  Value encoding_;
};

constexpr char lower_ascii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The name before the colon of a header field, or nothing if the line is none.
std::string_view field_name(std::string_view line) noexcept;

// `>From user ...`, which mbox tools leave in header blocks.
bool is_quoted_from(std::string_view line) noexcept;

}  // namespace letterpress::mail
