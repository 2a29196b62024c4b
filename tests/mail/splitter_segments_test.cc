// SPDX-License-Identifier: Apache-2.0
// Properties of splitting: whatever the borders and whatever the bytes, the pieces come back.
#include <gtest/gtest.h>

#include "mail/mail_text.h"
#include "mail/split_pieces.h"

namespace letterpress::mail {
namespace {

using test::base64_lines;
using test::count_messages;
using test::split_pieces;

// A mail with something of everything.
std::string rich_mail() {
  const Bytes bytes = test::random_bytes(300);
  const std::string characters = test::plain_base64(bytes);
  return "Return-Path: <a@example.com>\nSubject: folded\n\tline\n"
         "Content-Type: multipart/mixed;\n boundary=\"==outer==\"\n\npreamble\n\n--==outer==\n"
         "Content-Type: multipart/alternative; boundary=in\n\n--in\n\ntext -- of\n--in\n"
         "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" +
         base64_lines(bytes, 60) +
         "\n--in--\n\n--==outer==\nContent-Type: message/rfc822\n\n"
         "Subject: inner\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" +
         test::in_lines(characters.substr(0, 230), 76, " \n") + characters.substr(230) +
         "\n\n--==outer==\nContent-Type: application/pgp-signature\n\n-----BEGIN-----\n" +
         base64_lines(bytes, 64) + "=abcd\n-----END-----\n--==outer==--\nepilogue\n";
}

std::string mbox_of(const std::string& mail, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text +=
        "From a@example.com Mon May  5 01:02:03 2003\n" + mail.substr(0, mail.size() - i) + "\n\n";
  }
  return text;
}

TEST(SplitterSegments, ComeBackAtEveryBorder) {
  for (const std::string& text : {rich_mail(), test::with_crlf(rich_mail())}) {
    for (std::size_t border = 0; border <= text.size(); ++border) {
      for (const Format format : {Format::kMessage, Format::kMbox, Format::kPlain}) {
        const auto pieces = split_pieces(text, format, {border});
        ASSERT_EQ(count_messages(pieces), 1U) << border;
        ASSERT_FALSE(HasFailure()) << border;
      }
    }
  }
}

TEST(SplitterSegments, ComeBackInManySmallOnes) {
  const std::string text = mbox_of(rich_mail(), 3);
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::size_t> borders;
    for (std::size_t at = random() % 200; at < text.size(); at += random() % 300) {
      borders.push_back(at);
    }
    split_pieces(text, Format::kMbox, borders);
    ASSERT_FALSE(HasFailure()) << round;
  }
}

TEST(SplitterSegments, ComeBackAtEveryTruncation) {
  for (const std::string& text : {rich_mail(), test::with_crlf(rich_mail())}) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
      split_pieces(std::string_view(text).substr(0, size), Format::kMessage);
      ASSERT_FALSE(HasFailure()) << size;
    }
  }
}

TEST(SplitterSegments, ComeBackAfterAnyMutation) {
  const std::string mbox = mbox_of(rich_mail(), 2);
  std::mt19937 random(13);
  constexpr std::string_view kBytes = "\n\n\n\r --=AFa0 ";
  for (int round = 0; round < 10'000; ++round) {
    std::string text = mbox;
    for (std::size_t edits = 1 + random() % 12; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        case 2:
          text.erase(at, 1 + random() % 60);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 200));
          break;
      }
    }
    split_pieces(text, round % 4 == 0 ? Format::kMessage : Format::kMbox);
    ASSERT_FALSE(HasFailure()) << round;
  }
}

TEST(SplitterSegments, HaveTheSameMessagesWhateverTheirSize) {
  constexpr std::size_t kMessages = 20;
  const std::string text = mbox_of(rich_mail(), kMessages);
  mail::SplitSegment out;
  for (std::size_t size = 1; size < text.size(); size += 1 + size / 3) {
    for (const std::size_t spare : {std::size_t{60}, 60 + size, text.size()}) {
      std::size_t messages = 0;
      test::split_entry(as_bytes(text), {size, size + spare}, out,
                        [&](std::size_t, ByteView segment, const SplitSegment& split) {
                          EXPECT_EQ(as_text(test::rebuild_segment(segment, split)),
                                    as_text(segment));
                          for (const Piece& piece : split.pieces) messages += piece.begins_message;
                        });
      ASSERT_EQ(messages, kMessages) << "segments from " << size << " bytes on";
    }
  }
}

TEST(SplitterSegments, GoOnInsideBase64) {
  const Bytes bytes = test::random_bytes(30'000);
  const std::string header =
      "From: a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n";
  // A line without an end, lines that tear quanta, and the usual ones.
  for (const std::size_t line_chars : {100'000U, 75U, 76U}) {
    const std::string text = header + base64_lines(bytes, line_chars);
    for (std::size_t skew = 0; skew < 8; ++skew) {
      const std::vector<std::size_t> borders = {10'000 + skew, 20'001 + 2 * skew};
      std::size_t decoded = 0;
      for (const test::ReadPiece& piece : split_pieces(text, Format::kMessage, borders)) {
        if (piece.transform != Transform::kBase64) continue;
        // Decoded in step with the whole: what is found is part of the original.
        EXPECT_NE(as_text(bytes).find(piece.stored), std::string_view::npos);
        decoded += piece.stored.size();
      }
      EXPECT_GE(decoded, bytes.size() - 6) << line_chars << " columns, skew " << skew;
      if (line_chars < bytes.size()) continue;
      // Of a line without an end, a border loses the quantum that it cuts, and nothing else.
      std::size_t lost = 0;
      for (const std::size_t border : borders) lost += (border - header.size()) % 4 == 0 ? 0U : 3U;
      EXPECT_EQ(decoded, bytes.size() - lost) << "skew " << skew;
    }
  }
}

TEST(SplitterSegments, NeedNoNewMemoryTheSecondTime) {
  const std::string text = rich_mail();
  SplitSegment out;
  Splitter(Format::kMessage).split(as_bytes(text), out);
  const void* const buffers[] = {out.pieces.data(), out.stored.data(), out.layouts.data()};
  Splitter(Format::kMessage).split(as_bytes(text), out);
  EXPECT_EQ(buffers[0], out.pieces.data());
  EXPECT_EQ(buffers[1], out.stored.data());
  EXPECT_EQ(buffers[2], out.layouts.data());
}

}  // namespace
}  // namespace letterpress::mail
