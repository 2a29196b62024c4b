// SPDX-License-Identifier: Apache-2.0
#include "made_mail.h"
#include "seed_folder.h"
#include "seed_mails.h"

namespace letterpress::fuzz {
namespace {

constexpr const char* kPlain =
    "Return-Path: <anna@example.org>\n"
    "Received: from relay.example.org (relay.example.org [192.0.2.7])\n"
    "\tby mx.example.net with ESMTPS id 4711;\n"
    "\tMon, 23 Nov 2026 14:21:00 +0100\n"
    "From: Anna <anna@example.org>\n"
    "To: Bert <bert@example.net>\n"
    "Subject: The boat\n"
    "Message-ID: <1@example.org>\n"
    "Date: Mon, 23 Nov 2026 14:21:00 +0100\n"
    "\n"
    "Bert,\n"
    "\n"
    "the boat is back in the shed. From what I saw it needs paint,\n"
    "and somebody who likes to paint.\n"
    "\n"
    "-- \n"
    "Anna\n";

constexpr const char* kEightBit =
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\n"
    "Subject: =?utf-8?b?R3LDvMOfZQ==?=\n"
    "Content-Type: text/plain; charset*0=utf; charset*1=-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "Gr\xc3\xbc\xc3\x9f"
    "e!\n";

std::string with_attachment(const std::string& boundary, std::size_t bytes, std::size_t columns) {
  Bytes attached(bytes);
  for (std::size_t i = 0; i < bytes; ++i) attached[i] = static_cast<std::uint8_t>(i * i * 31 + i);
  const std::string encoded = plain_base64(attached);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += columns) {
    lines += encoded.substr(at, columns) + '\n';
  }
  return "From: Bert <bert@example.net>\nTo: Anna <anna@example.org>\nSubject: Re: The boat\n"
         "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" +
         boundary + "\"\n\nThis is a message in parts.\n--" + boundary +
         "\nContent-Type: text/plain\n\nHere is the plan.\n--" + boundary +
         "\nContent-Type: application/pdf; name=plan.pdf\n"
         "Content-Transfer-Encoding: base64\n\n" +
         lines + "--" + boundary + "--\nThe end.\n";
}

std::string forwarded(const std::string& inner) {
  return "From: c@example.org\nContent-Type: multipart/digest; boundary=x\n\n--x\n"
         "Content-Type: message/rfc822\n\n" +
         inner + "\n--x\n\n" + inner + "\n--x--\n";
}

constexpr std::size_t kBlockBytes = 512;

void put(std::string& block, std::size_t at, const std::string& text) {
  block.replace(at, text.size(), text);
}

// POSIX.1-1988, ustar.
std::string tar_member(const std::string& name, const std::string& content) {
  std::string block(kBlockBytes, '\0');
  char size[12];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  put(block, 0, name);
  put(block, 100, "0000600");
  put(block, 124, size);
  put(block, 148, "        ");
  put(block, 156, "0");
  put(block, 257,
      std::string("ustar\0"
                  "00",
                  8));
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  char checksum[8];
  std::snprintf(checksum, sizeof checksum, "%06o", sum);
  put(block, 148, checksum);
  std::string member = block + content;
  member.resize((member.size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes, '\0');
  return member;
}

}  // namespace

std::vector<std::string> seed_mails() {
  return {kPlain,
          kEightBit,
          with_attachment("=_part", 700, 76),
          with_attachment("b", 150, 60),
          forwarded(kPlain),
          forwarded(with_attachment("=_inner", 200, 72))};
}

std::string seed_mailbox() {
  std::string box;
  for (const std::string& mail : seed_mails()) {
    box += "From anna@example.org Mon Nov 23 14:21:00 2026\n" + mail + "\n";
  }
  return box;
}

std::string seed_archive() {
  std::string archive;
  for (const std::string& mail : seed_mails()) archive += tar_member("m/cur/1:2,S", mail);
  return archive + std::string(2 * kBlockBytes, '\0');
}

std::string with_crlf(const std::string& text) {
  std::string made;
  for (const char c : text) made += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return made;
}

void add_mail_seeds(SeedFolder& seeds) {
  std::vector<std::string> texts = seed_mails();
  for (const std::string& mail : seed_mails()) texts.push_back(with_crlf(mail));
  texts.push_back(seed_mailbox());
  texts.push_back(seed_archive());
  for (const std::string& text : texts) {
    const ByteView bytes = as_bytes(text);
    const std::uint64_t half = text.size() / 2;
    seeds.add(
        "mail_splitter",
        SeedInput(bytes).number(7, 7).number(half, 0xffff).number(9, 0xffff).number(0, 0xffff));
    seeds.add("line_search", SeedInput(bytes));
    seeds.add("crlf", SeedInput(bytes).number(0, 40));
  }
  for (const std::size_t columns : {76U, 72U, 60U, 44U}) {
    const std::string mail = with_attachment("b", 400, columns);
    const std::size_t begin = mail.find("base64\n\n") + 8;
    const std::string body = mail.substr(begin, mail.find("\n--b--") + 1 - begin);
    for (const std::string& text : {body, with_crlf(body), body + "\n\n", " " + body}) {
      seeds.add("base64_transform", SeedInput(as_bytes(text)).number(1, 3));
      seeds.add("base64_transform", SeedInput(as_bytes(text)).number(0, 3));
    }
    seeds.add("base64_codec", SeedInput(as_bytes(body))
                                  .number(columns / 4 - 1, 40)
                                  .number(1, 8)
                                  .number('\n', UINT64_MAX));
  }
}

}  // namespace letterpress::fuzz
