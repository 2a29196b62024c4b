// SPDX-License-Identifier: Apache-2.0
#include "mail/splitter.h"

#include <gtest/gtest.h>

#include "mail/mail_text.h"
#include "mail/split_pieces.h"

namespace letterpress::mail {
namespace {

using test::base64_lines;
using test::split_pieces;
using test::split_text;

constexpr std::string_view kPicture = "<a picture, that is any bytes, of more than thirty-two>";
constexpr std::string_view kLetter = "Dear reader, this is text that somebody put in base64.\n";

std::string picture(std::string_view ending = "\n") {
  return base64_lines(as_bytes(kPicture), 76, ending);
}

TEST(Splitter, SplitsHeaderFromBody) {
  EXPECT_EQ(split_text("From: a\nTo: b\n\nHello.\nBye.\n", Format::kMessage),
            "*header [From: a$To: b$$]\n text [Hello.$Bye.$]\n");
}

TEST(Splitter, MakesNothingOfNothing) {
  EXPECT_EQ(split_text("", Format::kMessage), "");
  EXPECT_EQ(split_text("", Format::kPlain), "");
  EXPECT_EQ(split_text("x", Format::kMbox), "*header [x]\n");
}

TEST(Splitter, KeepsPlainDataWhole) {
  const std::string text = "From: a\n\n" + picture();
  const auto pieces = split_pieces(text, Format::kPlain, {4});
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].kind, Kind::kPlain);
  EXPECT_TRUE(pieces[0].begins_message);
  EXPECT_FALSE(pieces[1].begins_message);
}

TEST(Splitter, LeavesLeadingBlankLinesWithTheHeader) {
  EXPECT_EQ(split_text("From: a\n\n\n\nHello.\n", Format::kMessage),
            "*header [From: a$$$$]\n text [Hello.$]\n");
}

TEST(Splitter, DropsTheReturnsOfCrlfMail) {
  EXPECT_EQ(split_text("From: a\r\n\r\nHello.\r\n", Format::kMessage),
            "*header crlf [From: a$$]\n text crlf [Hello.$]\n");
  // One server's habit: the header in CRLF, the body in LF.
  EXPECT_EQ(split_text("From: a\r\n\r\nHello.\n", Format::kMessage),
            "*header crlf [From: a$$]\n text [Hello.$]\n");
}

TEST(Splitter, UndoesTheBodyOfAMessage) {
  const std::string header =
      "From: a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n";
  EXPECT_EQ(split_text(header + picture(), Format::kMessage),
            "*header [From: a$Content-Type: image/png$Content-Transfer-Encoding: base64$$]\n"
            " attachment base64 [" +
                std::string(kPicture) + "]\n");
}

TEST(Splitter, CallsDecodedTextText) {
  for (const std::string_view type : {"", "Content-Type: text/plain; charset=utf-8\n"}) {
    const std::string text = "From: a\nContent-Transfer-Encoding: base64\n" + std::string(type) +
                             "\n" + base64_lines(as_bytes(kLetter));
    const auto pieces = split_pieces(text, Format::kMessage);
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[1].kind, Kind::kText);
    EXPECT_EQ(pieces[1].stored, kLetter);
  }
}

std::string multipart(std::string_view ending) {
  std::string text =
      "From: a\nContent-Type: multipart/mixed; boundary=\"=_x\"\n\npreamble\n"
      "--=_x\nContent-Type: text/plain\n\nHello.\n"
      "--=_x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" +
      picture() + "\n--=_x--\nepilogue\n";
  return ending == "\n" ? text : test::with_crlf(text);
}

TEST(Splitter, SplitsTheSamePartsFromLfAndCrlf) {
  const auto pieces = split_pieces(multipart("\n"), Format::kMessage);
  EXPECT_EQ(test::describe(pieces),
            "*header [From: a$Content-Type: multipart/mixed; boundary=\"=_x\"$$]\n"
            " text [preamble$]\n"
            " header [--=_x$Content-Type: text/plain$$]\n"
            " text [Hello.$]\n"
            " header [--=_x$Content-Type: image/png$Content-Transfer-Encoding: base64$$]\n"
            " attachment base64 [" +
                std::string(kPicture) +
                "]\n"
                " header [$--=_x--$]\n"
                " text [epilogue$]\n");
  const auto crlf = split_pieces(multipart("\r\n"), Format::kMessage);
  ASSERT_EQ(crlf.size(), pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) EXPECT_EQ(crlf[i].stored, pieces[i].stored);
}

TEST(Splitter, FollowsNestedMultipartsThatWereNeverClosed) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\n"
      "Content-Type: multipart/alternative; boundary=ab\n\n--ab\n\nfirst\n--ab\n\nsecond\n"
      "--a\nContent-Transfer-Encoding: base64\n\n" +
      base64_lines(as_bytes(kLetter)) + "--ab\nnot a boundary any more\n--a--\n";
  EXPECT_EQ(split_text(text, Format::kMessage),
            "*header [Content-Type: multipart/mixed; boundary=a$$--a$"
            "Content-Type: multipart/alternative; boundary=ab$$--ab$$]\n"
            " text [first$]\n header [--ab$$]\n text [second$]\n"
            " header [--a$Content-Transfer-Encoding: base64$$]\n"
            " text base64 [" +
                std::string(kLetter.substr(0, kLetter.size() - 1)) +
                "$]\n"
                " text [--ab$not a boundary any more$]\n header [--a--$]\n");
}

TEST(Splitter, EntersMessagesInsideMessages) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n"
      "Subject: inner\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
      "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" +
      picture() + "--b--\n\n--a--\n";
  const auto pieces = split_pieces(text, Format::kMessage);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].kind, Kind::kHeader);
  EXPECT_EQ(pieces[1].stored, kPicture);
  EXPECT_EQ(pieces[2].raw, "--b--\n\n--a--\n");
  EXPECT_EQ(pieces[2].kind, Kind::kHeader);
}

TEST(Splitter, TakesThePartsOfADigestForMessages) {
  const std::string text =
      "Content-Type: multipart/digest; boundary=a\n\n--a\n\n"
      "Subject: one\nContent-Transfer-Encoding: base64\n\n" +
      base64_lines(as_bytes(kLetter)) + "--a\n\nSubject: two\n\nbody\n--a--\n";
  EXPECT_EQ(split_text(text, Format::kMessage),
            "*header [Content-Type: multipart/digest; boundary=a$$--a$$"
            "Subject: one$Content-Transfer-Encoding: base64$$]\n"
            " text base64 [" +
                std::string(kLetter.substr(0, kLetter.size() - 1)) +
                "$]\n"
                " header [--a$$Subject: two$$]\n text [body$]\n header [--a--$]\n");
}

TEST(Splitter, CallsBinaryAttachmentsAttachments) {
  for (const std::string_view encoding : {"8bit", "binary"}) {
    const auto pieces = split_pieces("Content-Type: image/png\nContent-Transfer-Encoding: " +
                                         std::string(encoding) + "\n\n\x89PNG\r\n\x1a\r\n",
                                     Format::kMessage);
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[1].kind, Kind::kAttachment);
    EXPECT_EQ(pieces[1].transform, Transform::kIdentity);
  }
}

TEST(Splitter, FindsBase64ByContent) {
  const Bytes bytes = test::random_bytes(400);
  const std::string armour =
      "-----BEGIN CERTIFICATE-----\n" + base64_lines(bytes, 64) + "-----END CERTIFICATE-----\n";
  const auto pieces = split_pieces("From: a\n\nSee here:\n" + armour + "Bye\n", Format::kMessage);
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[1].raw, "See here:\n-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(pieces[2].kind, Kind::kAttachment);
  EXPECT_EQ(pieces[2].stored, as_text(bytes));
  EXPECT_EQ(pieces[3].raw, "-----END CERTIFICATE-----\nBye\n");
}

TEST(Splitter, UndoesConcatenatedRuns) {
  const std::string text =
      "From: a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + picture() + "\n" +
      picture() + "footer of a list\n";
  const auto pieces = split_pieces(text, Format::kMessage);
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[1].stored, kPicture);
  EXPECT_EQ(pieces[2].stored, kPicture);
  EXPECT_EQ(pieces[3].raw, "footer of a list\n");
  EXPECT_EQ(pieces[3].kind, Kind::kText);
}

TEST(Splitter, KeepsTextThatIsMislabelledInOnePiece) {
  const std::string body = "This is not base64.\nIt says so\nbut\nit\nis\nnot\n\nat all\n";
  EXPECT_EQ(split_text("Content-Transfer-Encoding: base64\n\n" + body, Format::kMessage),
            "*header [Content-Transfer-Encoding: base64$$]\n"
            " text [This is not base64.$It says so$but$it$is$not$$at all$]\n");
}

TEST(Splitter, EndsAHeaderAtALineThatIsNone) {
  EXPECT_EQ(split_text("From: a\n>From b 12:00 2003\nbody without a blank line\n\nX: y\n",
                       Format::kMessage),
            "*header [From: a$>From b 12:00 2003$]\n text [body without a blank line$$X: y$]\n");
}

TEST(Splitter, EndsAPartHeaderAtABoundary) {
  EXPECT_EQ(split_text("Content-Type: multipart/mixed; boundary=a\n\n--a\nX: 1\n--a\n\nbody\n",
                       Format::kMessage),
            "*header [Content-Type: multipart/mixed; boundary=a$$--a$X: 1$--a$$]\n text [body$]\n");
}

TEST(Splitter, StartsAMessageAtEachFromLine) {
  const std::string text =
      "From a 12:00 2003\nSubject: 1\n\nbody\nFrom x 12:00 2003\n\n"
      "From b 12:00 2003\nSubject: 2\n\nFrom here on\n\nFrom now on in 2003\n\n"
      "From c 12:00 2003\nSubject: 3\n\n\n"
      "From d 12:00 2003\nSubject: 4\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\n"
      "From e 12:00 2003\nSubject: 5\n\n--a\n";
  EXPECT_EQ(split_text(text, Format::kMbox),
            "*header [From a 12:00 2003$Subject: 1$$]\n text [body$From x 12:00 2003$$]\n"
            "*header [From b 12:00 2003$Subject: 2$$]\n"
            " text [From here on$$From now on in 2003$$]\n"
            "*header [From c 12:00 2003$Subject: 3$$$]\n"
            "*header [From d 12:00 2003$Subject: 4$"
            "Content-Type: multipart/mixed; boundary=a$$--a$$]\n"
            "*header [From e 12:00 2003$Subject: 5$$]\n text [--a$]\n");
}

TEST(Splitter, StartsNoMessageOutsideAnMbox) {
  const auto pieces =
      split_pieces("From: a\n\nbody\n\nFrom b 12:00 2003\nX: y\n\n", Format::kMessage);
  EXPECT_EQ(pieces.size(), 2U);
}

TEST(Splitter, StartsAMessageBehindBase64) {
  const std::string message =
      "From a 12:00 2003\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" +
      picture();
  for (const std::string_view gap : {"\n", "\n\n", "word\n\n", "\r\n"}) {
    const auto pieces = split_pieces(message + std::string(gap) + message, Format::kMbox);
    EXPECT_EQ(std::count_if(pieces.begin(), pieces.end(),
                            [](const test::ReadPiece& piece) { return piece.begins_message; }),
              2)
        << gap;
  }
}

}  // namespace
}  // namespace letterpress::mail
