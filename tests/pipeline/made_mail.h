// SPDX-License-Identifier: Apache-2.0
// Mail-like and other bytes from seeds, made without the engine.
#pragma once

#include <random>
#include <string>

#include "mail/mail_text.h"

namespace letterpress::pipeline {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned operator()() { return static_cast<unsigned>(engine_()); }

 private:
  std::mt19937 engine_;
};

inline std::string random_text(Random& random, std::size_t count) {
  const Bytes bytes = test::random_bytes(count, random());
  return std::string(as_text(bytes));
}

// Words in lines, none of which begins with "From ".
inline std::string words(Random& random, std::size_t count) {
  constexpr std::string_view kSyllables[] = {"let", "ter", "press", "in", "ka", "tol", "mun", "e"};
  std::string text;
  std::size_t line = 0;
  while (text.size() < count) {
    std::string word;
    for (auto i = random() % 4 + 1; i > 0; --i) word += kSyllables[random() % 8];
    const bool ends = line + word.size() > 70;
    text += word + (ends ? '\n' : ' ');
    line = ends ? 0 : line + word.size() + 1;
  }
  return text + '\n';
}

struct MailShape {
  std::size_t text_bytes = 1500;
  std::size_t attachment_bytes = 0;  // before base64
  bool crlf = false;
};

inline std::string made_mail(Random& random, const MailShape& shape) {
  const std::string id = std::to_string(random());
  std::string mail = "Received: from relay" + id + ".example.org (relay [192.0.2.7])\n" +
                     "\tby mx.example.org with ESMTPS id " + std::to_string(random()) + "\n" +
                     "From: Anna <anna@example.org>\nTo: Bert <bert@example.net>\n" +
                     "Subject: Message " + id + "\nMessage-ID: <" + id + "@example.org>\n" +
                     "Date: Mon, 23 Nov 2026 14:21:00 +0100\nMIME-Version: 1.0\n";
  if (shape.attachment_bytes == 0) {
    mail += "Content-Type: text/plain\n\n" + words(random, shape.text_bytes);
  } else {
    const std::string line = "--=_" + id;
    mail += "Content-Type: multipart/mixed; boundary=\"=_" + id + "\"\n\n" + line +
            "\nContent-Type: text/plain\n\n" + words(random, shape.text_bytes) + line +
            "\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
            test::base64_lines(test::random_bytes(shape.attachment_bytes, random())) + line +
            "--\n";
  }
  return shape.crlf ? test::with_crlf(mail) : mail;
}

// One message of an mbox, with its From_ line and the blank line behind it.
inline std::string made_mbox_mail(Random& random, const MailShape& shape) {
  return "From anna@example.org Mon Nov 23 14:21:00 2026\n" + made_mail(random, shape) + "\n";
}

}  // namespace letterpress::pipeline
