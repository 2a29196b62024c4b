// SPDX-License-Identifier: Apache-2.0
#include "mail/format.h"

#include <gtest/gtest.h>

#include "mail/from_line.h"
#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

Format recognise_text(std::string_view text) { return recognise(as_bytes(text)); }

TEST(Recognise, KnowsAMessageByItsHeader) {
  for (const std::string_view text :
       {"From: a@example.com\nTo: b@example.com\nSubject: x\n\nbody\n",
        "Received: from a\n\tby b\r\nDate: today\r\n\r\n", "Content-Type: multipart/mixed\n\nx",
        "\n\r\nReturn-Path: <>\nFrom: a\n\n", "\xef\xbb\xbfSubject: x\nFrom: y\n\nz",
        ">From a Mon May  5 01:02:03 2003\nX-A: 1\nMessage-ID: <1@a>\n\n",
        "SUBJECT : x\nfrom:y\n\n", "From: a\nTo: b\nSubject: c\nthis line is broken\n\nbody",
        "Subject: no more than this", "From user without a date\nFrom: a\nTo: b\n\nbody"}) {
    EXPECT_EQ(recognise_text(text), Format::kMessage) << text;
  }
}

TEST(Recognise, KnowsAnMboxByItsFromLine) {
  for (const std::string_view text :
       {"From a@example.com Mon May  5 01:02:03 2003\nFrom: a\n\nbody\n",
        "From user at example.com  Mon May  5 01:02:03 2003\r\nSubject: x\r\n\r\nbody\r\n",
        "From - Mon, 05 May 2003 1:02:03 +0200\n>From b Mon May 5 01:02:03 2003\nDate: x\n\n"}) {
    EXPECT_EQ(recognise_text(text), Format::kMbox) << text;
  }
}

TEST(Recognise, LeavesTheRestPlain) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text :
       {""sv, "\n\n\n"sv, "hello\nworld\n"sv, "key: value\nother: value\n\ntext\n"sv,
        "From here to there\n12:30 2003\n"sv, "From a Mon May  5 01:02:03 2003\n"sv,
        "#include <cstdio>\nint main() {}\n"sv, "From: a\0b\nTo: c\nSubject: d\n\n"sv,
        "From: a\nbroken\n\n"sv,
        "\x7f"
        "ELF\x02\x01\x01\0\0\0\0\0"sv,
        ": empty name\nFrom: x\n\n"sv, "{\n\"from\": 1\n}\n"sv}) {
    EXPECT_EQ(recognise_text(text), Format::kPlain) << text;
  }
}

TEST(Recognise, ForgivesAHeaderLongerThanItsView) {
  std::string text = "Subject: x\n";
  while (text.size() < 2 * kRecogniseBytes) text += "Received: from a\n\tby b\n";
  EXPECT_EQ(recognise_text(text), Format::kMessage);
  for (std::size_t cut = 0; cut < 30; ++cut) {
    EXPECT_EQ(recognise_text(text.substr(0, kRecogniseBytes + cut)), Format::kMessage);
  }
}

TEST(FromLine, WantsATimeAndAYear) {
  for (const std::string_view line :
       {"From a@b Mon May  5 01:02:03 2003\n", "From - Tue Nov 10 9:15:00 1998\r\n",
        "From user at example.com  Mon May  5 01:02:03 2003\nnext", "From a 12:00 2024 +0100\n",
        "From a 5 May 2003 9:30\n"}) {
    EXPECT_TRUE(is_from_line(as_bytes(line))) << line;
  }
  const std::string long_line = "From " + std::string(600, 'a') + " 12:00 2003\n";
  for (const std::string_view line :
       {std::string_view("From now on, in 2003\n"), std::string_view("From 12:30 to 14:00\n"),
        std::string_view("From: a 12:00 2003\n"), std::string_view("from a 12:00 2003\n"),
        std::string_view(">From a 12:00 2003\n"), std::string_view("From a 12:00 2003"),
        std::string_view("From a 12:00 12003\n"), std::string_view("From \n12:00 2003\n"),
        std::string_view(""), std::string_view(long_line)}) {
    EXPECT_FALSE(is_from_line(as_bytes(line))) << line;
  }
}

TEST(SegmentEnd, IsTheNextMessageOfAnMbox) {
  const std::string one = "From a 12:00 2003\nA: 1\n\nbody\nFrom b 12:00 2003\n\n";
  const std::string text = one + "From c 12:00 2003\nB: 2\n\n";
  const ByteView window = as_bytes(text);
  for (std::size_t from = 0; from <= one.size(); ++from) {
    EXPECT_EQ(segment_end(window, from, Format::kMbox), one.size()) << from;
  }
  for (std::size_t from = one.size() + 1; from <= text.size(); ++from) {
    EXPECT_EQ(segment_end(window, from, Format::kMbox), text.size()) << from;
  }
  const std::string crlf = test::with_crlf(text);
  EXPECT_EQ(segment_end(as_bytes(crlf), 9, Format::kMbox), test::with_crlf(one).size());
}

TEST(SegmentEnd, IsALineStartIfNoMessageStarts) {
  const std::string text = "From a 12:00 2003\nline\n\nFrom b 12:0";
  const ByteView window = as_bytes(text);
  EXPECT_EQ(segment_end(window, 3, Format::kMbox), 24U);
  EXPECT_EQ(segment_end(window, 30, Format::kMbox), text.size());
  EXPECT_EQ(segment_end(window, 0, Format::kMessage), 18U);
  EXPECT_EQ(segment_end(window, 18, Format::kMessage), 18U);
  EXPECT_EQ(segment_end(window, 19, Format::kMessage), 23U);
  EXPECT_EQ(segment_end(window, 25, Format::kMessage), text.size());
  EXPECT_EQ(segment_end(window, 0, Format::kPlain), text.size());
}

TEST(SegmentEnd, IsNeverEmptyNorPastTheEnd) {
  const std::string text = "\n\nFrom a 12:00 2003\n\n\nFrom b 12:00 2003\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const ByteView window = as_bytes(std::string_view(text).substr(0, size));
    for (std::size_t from = 0; from <= size; ++from) {
      for (const Format format : {Format::kPlain, Format::kMessage, Format::kMbox}) {
        const std::size_t end = segment_end(window, from, format);
        EXPECT_LE(end, size);
        EXPECT_GE(end, from);
        EXPECT_TRUE(end > 0 || size == 0);
      }
    }
  }
}

}  // namespace
}  // namespace letterpress::mail
