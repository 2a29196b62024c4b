// SPDX-License-Identifier: Apache-2.0
// Mails that a fuzzer's input makes up: valid ones, with headers, nested parts and attachments.
//
//   MadeMail mail = made_mail(input);
//   mail.bytes                        // the message
//   mail.attachments                  // what its base64 parts hold
#pragma once

#include <string>

#include "fuzz_input.h"

namespace letterpress::fuzz {

struct MadeMail {
  std::string bytes;
  std::vector<Bytes> attachments;
};

// RFC 4648, section 4, without the engine.
inline std::string plain_base64(ByteView bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

class MailMaker {
 public:
  explicit MailMaker(FuzzInput& input) : input_(input), newline_(input.flag() ? "\r\n" : "\n") {}

  MadeMail message() {
    MadeMail made;
    if (input_.flag()) line(made, "From anna@example.org Mon Nov 23 14:21:00 2026");
    line(made, "From: Anna <anna@example.org>");
    const auto fields = input_.up_to(4);
    for (std::uint64_t i = 0; i < fields; ++i) {
      line(made, "X-Field-" + std::to_string(i) + ": " + text(input_.size_up_to(60), false));
      if (input_.flag()) line(made, "\tfolded");
    }
    entity(made, 0);
    return made;
  }

 private:
  void line(MadeMail& made, const std::string& text) { made.bytes += text + newline_; }

  // Letters and blanks out of the input; lines if they are wanted.
  std::string text(std::size_t count, bool in_lines) {
    std::string made;
    for (const std::uint8_t byte : input_.take(count)) {
      made += static_cast<char>(byte % 8 == 0 ? ' ' : 'a' + byte % 26);
      if (in_lines && byte % 32 == 1) made += newline_;
    }
    return made;
  }

  // Fields that say what it is, a blank line, a body.
  void entity(MadeMail& made, unsigned depth) {
    const auto what = input_.up_to(depth < 3 ? 3 : 1);
    if (what == 0) {
      if (input_.flag()) line(made, "Content-Type: text/plain; charset=us-ascii");
      line(made, "");
      line(made, text(input_.size_up_to(400), true));
    } else if (what == 1) {
      attachment(made);
    } else if (what == 2) {
      multipart(made, depth);
    } else {
      line(made, "Content-Type: message/rfc822");
      line(made, "");
      line(made, "Subject: inside");
      entity(made, depth + 1);
    }
  }

  void attachment(MadeMail& made) {
    line(made, input_.flag() ? "Content-Type: application/pdf" : "content-type:image/png");
    line(made, "Content-Transfer-Encoding: base64");
    line(made, "");
    const std::size_t columns[] = {76, 72, 64, 60};
    const std::size_t width = columns[input_.up_to(3)];
    const std::size_t count = input_.size_up_to(600);
    const ByteView given = input_.take(count);
    Bytes bytes(given.begin(), given.end());
    bytes.resize(count, 'z');
    const std::string encoded = plain_base64(bytes);
    for (std::size_t at = 0; at < encoded.size(); at += width) {
      line(made, encoded.substr(at, width));
    }
    made.attachments.push_back(std::move(bytes));
  }

  void multipart(MadeMail& made, unsigned depth) {
    const std::string boundary = "=_" + std::to_string(depth) + text(input_.size_up_to(8), false);
    const std::string quoted = boundary.substr(0, boundary.find_last_not_of(' ') + 1);
    line(made, "Content-Type: multipart/mixed; boundary=\"" + quoted + "\"");
    line(made, "");
    const auto parts = input_.from_to(1, 3);
    for (std::uint64_t i = 0; i < parts; ++i) {
      line(made, "--" + quoted);
      entity(made, depth + 1);
    }
    line(made, "--" + quoted + "--");
  }

  FuzzInput& input_;
  const std::string newline_;
};

inline MadeMail made_mail(FuzzInput& input) { return MailMaker(input).message(); }

}  // namespace letterpress::fuzz
