// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "base/varint.h"
#include "mail/base64_transform.h"
#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

// What the layout makes of the bytes, or "corrupt"; checks that a refusal leaves the buffer alone.
std::string redo(const Bytes& layout, std::string_view decoded, std::size_t text_bytes) {
  UnsetBytes out = {7};
  const Status status = redo_base64(layout, as_bytes(decoded), text_bytes, out);
  EXPECT_EQ(out[0], 7);
  EXPECT_TRUE(!status || redoes_base64(layout, as_bytes(decoded), ByteView(out).subspan(1)));
  if (status) return std::string(as_text(out).substr(1));
  EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(out.size(), 1U);
  return "corrupt";
}

constexpr std::string_view kHands = "Many hands make light work, but only if they are many.";

TEST(Base64Layout, MakesTheExampleOfTheDocument) {
  const Bytes layout = {0x20, 0x14, 0x01, 0x0a, 0x00, 0xa3, 0x01, 0x02, 0x20, 0x0a, 0x30};
  EXPECT_EQ(redo(layout, kHands, 78),
            "\nTWFueSBoYW5kcyBtYWtl\nIGxpZ2h0IHdvcmssIGJ1 \ndCBvbmx5IGlm\nIHRoZXkgYXJlIG1hbnku\n");
}

TEST(Base64Layout, KnowsTheShapesOfTheDocument) {
  struct Shape {
    std::size_t line_chars;
    std::string_view ending;
  };
  constexpr Shape kShapes[] = {{76, "\n"},  {76, "\r\n"},  {72, "\n"},  {72, "\r\n"},
                               {64, "\n"},  {64, "\r\n"},  {60, "\n"},  {60, "\r\n"},
                               {999, "\n"}, {999, "\r\n"}, {76, " \n"}, {76, " \r\n"}};
  const Bytes bytes = test::random_bytes(301);
  std::uint8_t number = 0;
  for (const Shape& shape : kShapes) {
    ++number;
    const std::string text = test::base64_lines(bytes, shape.line_chars, shape.ending);
    const auto ends = static_cast<std::uint8_t>(number | 0x20);
    EXPECT_EQ(redo({ends}, as_text(bytes), text.size()), text);
    const std::string open = text.substr(0, text.size() - shape.ending.size());
    EXPECT_EQ(redo({number}, as_text(bytes), open.size()), open);
  }
}

TEST(Base64Layout, LeavesOutPaddingIfItIsToldTo) {
  EXPECT_EQ(redo({0x21}, "a", 5), "YQ==\n");
  EXPECT_EQ(redo({0x61}, "a", 3), "YQ\n");
  EXPECT_EQ(redo({0x61}, "ab", 4), "YWI\n");
  EXPECT_EQ(redo({0x61}, "abc", 5), "YWJj\n");
  EXPECT_EQ(redo({0x21}, "", 1), "\n");
}

TEST(Base64Layout, PutsBreaksWhereExceptionsSay) {
  // Inside the padding, and at the end in place of the ending.
  EXPECT_EQ(redo({0x01, 3 << 2}, "a", 5), "YQ=\n=");
  EXPECT_EQ(redo({0x21, 4 << 2 | 1}, "a", 4), "YQ==");
  EXPECT_EQ(redo({0x21, 4 << 2 | 2}, "a", 6), "YQ==\n\n");
  EXPECT_EQ(redo({0x01, 4 << 2 | 3, 2, '!', '?'}, "a", 6), "YQ==!?");
  // Lines of one character with an empty ending, and of two.
  EXPECT_EQ(redo({0x00, 1, 0}, "abc", 4), "YWJj");
  EXPECT_EQ(redo({0x00, 2, 1, '|'}, "abc", 5), "YW|Jj");
  EXPECT_EQ(redo({0x00, 2, 1, '|', 2 << 2 | 1}, "abc", 4), "YWJj");
}

TEST(Base64Layout, RejectsWhatIsMalformed) {
  const std::size_t size = 5;
  EXPECT_EQ(redo({0x21}, "a", size), "YQ==\n");
  EXPECT_EQ(redo({}, "a", size), "corrupt");
  EXPECT_EQ(redo({0xa1}, "a", size), "corrupt");
  for (std::uint8_t shape = 13; shape < 32; ++shape) {
    EXPECT_EQ(redo({static_cast<std::uint8_t>(shape | 0x20)}, "a", size), "corrupt");
  }
  EXPECT_EQ(redo({0x20, 76, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x20, 76, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "a", 4 + 9), "corrupt");
  EXPECT_EQ(redo({0x20, 76, 2, '\n'}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x20}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x21, 0x80}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x21, 5 << 2}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x01, 5 << 2 | 1}, "a", size), "corrupt");
  EXPECT_EQ(redo({0x01, 1 << 2, 0}, "a", 6), "corrupt");
  EXPECT_EQ(redo({0x01, 1 << 2 | 3, 9, 'x'}, "a", size), "corrupt");
  Bytes endless = {0x01};
  for (int i = 0; i < 3; ++i) append_varint(endless, UINT64_MAX);
  EXPECT_EQ(redo(endless, "a", size), "corrupt");
}

TEST(Base64Layout, RejectsEveryOtherLength) {
  const Bytes layout = {0x20, 0x14, 0x01, 0x0a, 0x00, 0xa3, 0x01, 0x02, 0x20, 0x0a, 0x30};
  for (std::size_t size = 0; size < 200; ++size) {
    if (size != 78) {
      EXPECT_EQ(redo(layout, kHands, size), "corrupt") << size;
    }
  }
  EXPECT_EQ(redo({0x21}, "a", kSegmentBytesMax + 1), "corrupt");
  EXPECT_EQ(redo({0x21}, std::string(kSegmentBytesMax + 1, 'a'), kSegmentBytesMax), "corrupt");
  EXPECT_EQ(redo({0x21}, "a", SIZE_MAX), "corrupt");
}

TEST(Base64Layout, IsHarmlessWhateverItsBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 200'000; ++round) {
    Bytes layout(random() % 12);
    for (std::uint8_t& byte : layout) byte = static_cast<std::uint8_t>(random() >> (random() % 32));
    UnsetBytes out;
    const Bytes decoded = test::random_bytes(random() % 200, static_cast<unsigned>(round));
    const std::size_t text_bytes = random() % 400;
    const Status status = redo_base64(layout, decoded, text_bytes, out);
    ASSERT_EQ(out.size(), status ? text_bytes : 0U);
    out.resize(text_bytes, 0);
    ASSERT_EQ(redoes_base64(layout, decoded, out), status.has_value());
  }
}

}  // namespace
}  // namespace letterpress::mail
