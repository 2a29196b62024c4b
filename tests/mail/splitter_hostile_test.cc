// SPDX-License-Identifier: Apache-2.0
// Mail that was made to be slow or large. Were the splitter quadratic in any of these, the test
// would not end within its time; none of them measures time.
#include <gtest/gtest.h>

#include "mail/limits.h"
#include "mail/mail_text.h"
#include "mail/split_entry.h"

namespace letterpress::mail {
namespace {

struct Seen {
  std::size_t pieces = 0;
  std::size_t bytes = 0;
  std::size_t plain_bytes = 0;
  std::size_t decoded_bytes = 0;
  std::size_t messages = 0;
};

Seen split_whole(std::string_view text) {
  Seen seen;
  SplitSegment out;
  test::split_entry(
      as_bytes(text), {}, out, [&](std::size_t, ByteView segment, const SplitSegment& split) {
        EXPECT_TRUE(std::ranges::equal(test::rebuild_segment(segment, split), segment));
        for (const Piece& piece : split.pieces) {
          ++seen.pieces;
          seen.bytes += piece.raw_bytes;
          seen.messages += piece.begins_message;
          if (piece.kind == Kind::kPlain) seen.plain_bytes += piece.raw_bytes;
          if (piece.transform == Transform::kBase64) {
            seen.decoded_bytes += piece.stored_bytes;
          }
        }
      });
  EXPECT_EQ(seen.bytes, text.size());
  return seen;
}

std::string repeat(std::string_view text, std::size_t count) {
  std::string made;
  made.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) made += text;
  return made;
}

TEST(HostileMail, OfHalfAMillionHeaderLines) {
  const Seen seen = split_whole("From: a\nTo: b\n" + repeat("X-A: b\n", 500'000) + "\nbody\n");
  EXPECT_EQ(seen.pieces, 2U);
}

TEST(HostileMail, OfHalfAMillionContinuationLines) {
  const Seen seen = split_whole("From: a\nContent-Type: multipart/mixed;\n" +
                                repeat("\tboundary=x;\n", 500'000) + "\n--x\n\nbody\n");
  EXPECT_LE(seen.pieces, 4U);
}

TEST(HostileMail, OfManyBoundaryLines) {
  const Seen seen = split_whole("Content-Type: multipart/mixed; boundary=x\n\n" +
                                repeat("--x\n\na\n", 10'000) + "--x--\n");
  EXPECT_LE(seen.pieces, 2 * kBoundaryLinesMax + 3);
  EXPECT_GT(seen.plain_bytes, 0U);
}

TEST(HostileMail, OfNestedMultiparts) {
  std::string text = "Content-Type: multipart/mixed; boundary=b0\n\n";
  for (int i = 0; i < 100'000; ++i) {
    text += "--b" + std::to_string(i) + "\nContent-Type: multipart/mixed; boundary=b" +
            std::to_string(i + 1) + "\n\n";
  }
  const Seen seen = split_whole(text);
  EXPECT_GT(seen.plain_bytes, text.size() - 10'000);
}

TEST(HostileMail, OfNestedMessages) {
  const Seen seen = split_whole(repeat("Content-Type: message/rfc822\n\n", 100'000) + "x\n");
  EXPECT_EQ(seen.pieces, 2U);
}

TEST(HostileMail, OfLinesThatAreAlmostBoundaries) {
  std::string text;
  const std::string name(kBoundaryBytesMax - 2, 'x');
  for (char c = 'a'; c < 'a' + static_cast<char>(kNestingMax); ++c) {
    text += "Content-Type: multipart/mixed; boundary=" + name + c + "\n\n--" + name + c + "\n";
  }
  text += '\n';
  text += repeat("--" + name + "Z\n", 100'000);
  EXPECT_LE(split_whole(text).pieces, 8U);
}

TEST(HostileMail, OfManyFromLines) {
  const Seen seen = split_whole(repeat("From a 1:11 2000\nTo:\n\n", 400'000));
  EXPECT_EQ(seen.messages, 400'000U);
  // And of those that are none, at the end of every window.
  split_whole("From a 1:11 2000\nTo: a\n\n" + repeat("From \n\n", 4'000'000));
}

TEST(HostileMail, OfOneLineOfAGibibyte) {
  struct Line {
    std::string_view start;
    int segments;
  };
  constexpr Line kLines[] = {{"From: a\nSubject: ", 128},
                             {"From: a\n\n", 128},
                             {"From: a\nContent-Transfer-Encoding: base64\n\n", 8},
                             {"Content-Type: multipart/mixed; boundary=\"", 8}};
  const std::string middle(kSegmentBytesMax, 'x');
  for (const Line& line : kLines) {
    Splitter splitter(Format::kMessage);
    SplitSegment out;
    splitter.split(as_bytes(line.start), out);
    for (int i = 0; i < line.segments; ++i) {
      splitter.split(as_bytes(middle), out);
      ASSERT_LE(out.pieces.size(), 2U);
      ASSERT_LE(out.stored.size(), middle.size());
    }
  }
}

TEST(HostileMail, OfShortLinesThatAreAllBase64) {
  const std::string header = "From: a\nContent-Transfer-Encoding: base64\n\n";
  split_whole(header + repeat("A\n", 3'000'000));
  split_whole(header + repeat("\n", 6'000'000));
  split_whole(header + repeat("AAAA=\n", 1'000'000));
  split_whole(header + repeat("A A A\n", 1'000'000));
  split_whole(header + repeat("AAAA\nAAA\nAA\nA\n\n", 400'000));
  split_whole(header + repeat(std::string(40, 'A') + "\n" + std::string(500, 'B') + "\n", 12'000));
}

TEST(HostileMail, OfShapesThatChangeAtOnce) {
  const std::string header = "From: a\nContent-Transfer-Encoding: base64\n\n";
  std::mt19937 random(17);
  std::string text = header;
  while (text.size() < 8'000'000) {
    const std::size_t size = random() % (random() % 3 == 0 ? 2'000 : 90);
    text += std::string(size, 'A') + (random() % 2 == 0 ? "\n" : " \n");
  }
  split_whole(text);
  text = header;
  for (std::size_t lines = 0; lines < 30'000; ++lines) {
    text += std::string(60 + 16 * (lines / 9 % 2), 'A') + "\n";
  }
  split_whole(text);
}

TEST(HostileMail, OfLongLinesThatAreAlmostBase64) {
  const std::string almost = std::string(100, 'a') + std::string(100, 'Z');
  split_whole("From: a\n\n" + repeat(almost + "\n" + almost + "\n" + almost + "!\n", 10'000));
  split_whole("From: a\nContent-Transfer-Encoding: base64\n\n" + repeat(almost + "!", 40'000));
  // Each line is looked at from the one before it.
  std::string growing = "From: a\n\n";
  for (std::size_t i = 0; i < 3'000; ++i) growing += std::string(60 + i, 'a') + "\n";
  split_whole(growing);
}

}  // namespace
}  // namespace letterpress::mail
