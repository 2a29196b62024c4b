// SPDX-License-Identifier: Apache-2.0
#include "mail/tar.h"

#include <gtest/gtest.h>

#include "mail/mail_text.h"
#include "mail/split_pieces.h"
#include "mail/tar_archive.h"

namespace letterpress::mail {
namespace {

using test::count_messages;
using test::split_pieces;
using test::tar_end;
using test::tar_header;
using test::tar_member;
using test::TarMember;

std::string random_picture() { return test::base64_lines(test::random_bytes(900)); }

std::string mail_with_picture() {
  return "From: a@example.com\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" +
         random_picture();
}

std::string archive() {
  return tar_member({"mail/", "", '5'}) +
         tar_member({"x", "30 mtime=1700000000.123456789\n", 'x'}) +
         tar_member({"mail/1", "From: a@example.com\n\nHello.\n"}) +
         tar_member({"mail/2", mail_with_picture()}) + tar_member({"mail/empty", ""}) +
         tar_member({"mail/notes", "No mail at all.\n"}) +
         tar_member({"mail/box",
                     "From a Mon May  5 01:02:03 2003\nX: 1\nTo: b\n\none\n\n"
                     "From a Mon May  5 01:02:03 2003\nX: 2\nTo: b\n\ntwo\n"}) +
         tar_end();
}

TEST(TarHeader, IsReadAsItWasMade) {
  const std::string header = tar_header({"name", std::string(1234, 'x')});
  const auto read = read_tar_header(as_bytes(header));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->content_bytes, 1234U);
  EXPECT_EQ(read->padded_bytes(), 1536U);
  EXPECT_TRUE(read->is_file);
  EXPECT_FALSE(read_tar_header(as_bytes(tar_header({"x", "comment", 'x'})))->is_file);
  EXPECT_EQ(read_tar_header(as_bytes(tar_header({"link", "no content", '2'})))->content_bytes, 0U);
}

TEST(TarHeader, OfALargeMemberHasABinarySize) {
  std::string header = tar_header({"large", ""});
  header.replace(124, 12, std::string("\x80\0\0\0\0\0\0\x02\0\0\0\x01", 12));
  std::size_t sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i) {
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(header[i]);
  }
  header.replace(148, 8, test::octal(sum, 6) + '\0' + ' ');
  EXPECT_EQ(read_tar_header(as_bytes(header))->content_bytes, (std::uint64_t{2} << 32) + 1);
}

TEST(TarHeader, IsNoneIfAnyByteWasChangedOrIsMissing) {
  const std::string header = tar_header({"name", "content"});
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string changed = header;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    // A checksum may end with a blank or a NUL, and what follows it does not count.
    if (i >= 154 && i < 156) continue;
    EXPECT_FALSE(read_tar_header(as_bytes(changed))) << i;
  }
  EXPECT_FALSE(read_tar_header(as_bytes(std::string_view(header).substr(0, 511))));
  EXPECT_FALSE(read_tar_header(as_bytes(tar_end())));
}

TEST(TarWalk, FindsTheHeadersThatTheArchiveHas) {
  const std::string text = archive();
  std::vector<std::size_t> headers;
  for (std::size_t at = 0; at < text.size(); at += 512) {
    if (read_tar_header(as_bytes(text).subspan(at))) headers.push_back(at);
  }
  ASSERT_EQ(headers.size(), 7U);
  TarWalk walk;
  std::size_t from = 0;
  for (const std::size_t header : headers) {
    EXPECT_EQ(walk.next_header(as_bytes(text), from), header);
    from = header + 1;
  }
  // And goes on from anywhere but inside a header.
  for (std::size_t i = 0; i + 1 < headers.size(); ++i) {
    for (std::size_t end = headers[i] + 512; end <= headers[i + 1]; ++end) {
      TarWalk part;
      part.pass(as_bytes(text).first(end));
      ASSERT_EQ(part.bytes_to_header(), headers[i + 1] - end) << end;
    }
  }
}

TEST(TarSplit, IsRecognised) {
  EXPECT_EQ(recognise(as_bytes(archive())), Format::kTar);
  EXPECT_EQ(recognise(as_bytes(archive().substr(0, 511))), Format::kPlain);
}

TEST(TarSplit, FindsTheMessagesAndUndoesTheirBase64) {
  const std::string text = archive();
  const auto pieces = split_pieces(text, Format::kTar);
  EXPECT_EQ(count_messages(pieces), 4U);
  std::string kinds;
  std::string decoded;
  for (const test::ReadPiece& piece : pieces) {
    kinds += std::string(kind_name(piece.kind)) + " ";
    if (piece.transform == Transform::kBase64) decoded += piece.stored;
  }
  EXPECT_EQ(kinds,
            "header text "        // folder, pax header and first mail
            "header attachment "  // second mail
            "header plain "       // empty file and notes
            "header "             // of the member that is an mbox
            "header text header text "
            "header plain ");  // what fills its last block, and the end
  const Bytes bytes = test::random_bytes(900);
  EXPECT_EQ(decoded, as_text(bytes));
}

TEST(TarSplit, KeepsTheHeadersOfAMemberWithThoseOfItsMail) {
  const std::string text = tar_member({"m", "From: a@example.com\n\nHello.\n"});
  const auto pieces = split_pieces(text, Format::kTar);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].raw, tar_header({"m", std::string(28, 'x')}) + "From: a@example.com\n\n");
  EXPECT_EQ(pieces[1].raw, "Hello.\n");
}

TEST(TarSplit, ComesBackAtEveryBorder) {
  const std::string text = archive();
  for (std::size_t border = 0; border <= text.size(); ++border) {
    split_pieces(text, Format::kTar, {border});
    ASSERT_FALSE(HasFailure()) << border;
  }
}

TEST(TarSplit, FindsTheSameAtBordersInsideContents) {
  const std::string text = archive();
  const std::size_t content = text.find("Content-Type: image/png");
  const auto pieces = split_pieces(text, Format::kTar, {content, content + 200});
  EXPECT_EQ(count_messages(pieces), 4U);
}

TEST(TarSplit, ComesBackAfterAnyMutation) {
  const std::string text = archive();
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string changed = text;
    for (std::size_t edits = 1 + random() % 6; edits > 0; --edits) {
      const std::size_t at = random() % changed.size();
      if (random() % 2 == 0) {
        changed[at] = static_cast<char>(random() % 256);
      } else {
        changed.erase(at, 1 + random() % 700);
      }
      if (changed.empty()) changed = "x";
    }
    split_pieces(changed, Format::kTar, {random() % changed.size()});
    ASSERT_FALSE(HasFailure()) << round;
  }
}

// After a member whose header is damaged the next ones are found again.
TEST(TarSplit, GoesOnBehindADamagedHeader) {
  std::string text = archive();
  text[text.find("mail/1")] = 'X';
  EXPECT_EQ(count_messages(split_pieces(text, Format::kTar)), 3U);
}

TEST(TarSplit, StartsAgainInsideAMember) {
  const std::string text = archive();
  const std::size_t from = text.find("From a Mon", text.find("From a Mon") + 1);
  Splitter splitter = Splitter::before_tar_header(text.size() - 1024 - from);
  SplitSegment out;
  splitter.split(as_bytes(text).subspan(from), out);
  ASSERT_EQ(out.pieces.size(), 3U);
  EXPECT_TRUE(out.pieces[0].begins_message);
  EXPECT_EQ(out.pieces[0].kind, Kind::kHeader);
  EXPECT_EQ(out.pieces[1].kind, Kind::kText);
}

}  // namespace
}  // namespace letterpress::mail
