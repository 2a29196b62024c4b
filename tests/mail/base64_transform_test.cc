// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_transform.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

using test::base64_lines;
using test::in_lines;
using test::plain_base64;
using test::random_bytes;

struct Undone {
  Base64Run run;
  Bytes decoded;
  Bytes layout;
};

// Undoes one run behind bytes that are there already, and checks that they stay and that the run
// comes back.
Undone undo(std::string_view text, bool labelled = true) {
  const Bytes before = {1, 2, 3};
  UnsetBytes decoded(before.begin(), before.end());
  Bytes layout = before;
  Undone undone;
  undone.run = undo_base64(as_bytes(text), labelled, decoded, layout);
  EXPECT_TRUE(std::ranges::equal(ByteView(decoded).first(3), before));
  EXPECT_TRUE(std::ranges::equal(ByteView(layout).first(3), before));
  undone.decoded.assign(decoded.begin() + 3, decoded.end());
  undone.layout.assign(layout.begin() + 3, layout.end());
  EXPECT_EQ(undone.decoded.size(), undone.run.decoded_bytes);
  EXPECT_EQ(undone.layout.size(), undone.run.layout_bytes);
  EXPECT_LE(undone.run.text_bytes, text.size());
  EXPECT_LE(undone.run.scanned_bytes, text.size());
  if (undone.run.text_bytes != 0) {
    UnsetBytes again(before.begin(), before.end());
    const Status status = redo_base64(undone.layout, undone.decoded, undone.run.text_bytes, again);
    EXPECT_TRUE(status.has_value());
    const std::string_view taken = text.substr(0, undone.run.text_bytes);
    EXPECT_EQ(as_text(again).substr(3), taken);
    EXPECT_TRUE(redoes_base64(undone.layout, undone.decoded, as_bytes(taken)));
    EXPECT_FALSE(redoes_base64(undone.layout, undone.decoded, as_bytes(taken).subspan(1)));
    // One byte after another is wrong: all of them if there are few.
    Bytes wrong(taken.begin(), taken.end());
    for (std::size_t at = 0; at < wrong.size(); at += 1 + wrong.size() / 100) {
      wrong[at] ^= 1;
      EXPECT_FALSE(redoes_base64(undone.layout, undone.decoded, wrong)) << at;
      wrong[at] ^= 1;
    }
  }
  return undone;
}

// Expects that all of the text is undone to the bytes, with a layout of so many bytes.
void expect_whole(std::string_view text, const Bytes& bytes, std::size_t layout_bytes_max,
                  bool labelled = true) {
  const Undone undone = undo(text, labelled);
  EXPECT_EQ(undone.run.text_bytes, text.size());
  EXPECT_EQ(undone.decoded, bytes);
  EXPECT_LE(undone.layout.size(), layout_bytes_max);
}

TEST(Base64Transform, UndoesWhatMailProgramsWriteInOneLayoutByte) {
  for (const std::size_t line_chars : {60U, 64U, 72U, 76U}) {
    for (const std::string_view ending : {"\n", "\r\n"}) {
      for (const std::size_t size : {32U, 57U, 100U, 101U, 102U, 570U, 100'000U}) {
        SCOPED_TRACE(std::to_string(line_chars) + " columns, " + std::to_string(size) + " bytes");
        const Bytes bytes = random_bytes(size);
        expect_whole(base64_lines(bytes, line_chars, ending), bytes,
                     size == 32 || size == 57 ? 4 : 1);
      }
    }
  }
}

TEST(Base64Transform, UndoesOtherLineLengthsAndEndings) {
  for (const std::size_t line_chars : {1U, 2U, 3U, 7U, 20U, 61U, 75U, 77U, 78U, 2047U}) {
    for (const std::string_view ending : {"\n", " \n", "  \r\n", "\n\n", " \t \t\r\n"}) {
      SCOPED_TRACE(std::to_string(line_chars) + " columns, ending of " +
                   std::to_string(ending.size()));
      // No padding, which such lines would tear.
      const Bytes bytes = random_bytes(9'999);
      expect_whole(base64_lines(bytes, line_chars, ending), bytes, 12);
    }
  }
}

TEST(Base64Transform, UndoesOneLineWithoutAnEnd) {
  const Bytes bytes = random_bytes(200'000);
  expect_whole(plain_base64(bytes), bytes, 1);
  expect_whole(plain_base64(bytes) + "\r\n", bytes, 1);
}

TEST(Base64Transform, KeepsALastLineWithoutAnEnding) {
  const Bytes bytes = random_bytes(1'000);
  std::string text = base64_lines(bytes);
  text.pop_back();
  expect_whole(text, bytes, 1);
}

TEST(Base64Transform, KeepsBlankLinesInFrontAndBetween) {
  const Bytes bytes = random_bytes(5'700);
  const std::string text = base64_lines(bytes);
  expect_whole("\n" + text, bytes, 2);
  expect_whole("\r\n \n\n" + text, bytes, 8);
  std::string gap = text;
  gap.insert(77 * 20, 1, '\n');
  expect_whole(gap, bytes, 3);
  gap.insert(77 * 50, " \t\n \n");
  expect_whole(gap, bytes, 16);
}

TEST(Base64Transform, KeepsUnevenLines) {
  const Bytes bytes = random_bytes(57'000);
  const std::string characters = plain_base64(bytes);
  std::mt19937 random(7);
  std::string text;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < characters.size(); ++lines) {
    const std::size_t size = random() % 10 == 0 ? 50 + random() % 60 : 76;
    text += characters.substr(at, size) + "\n";
    at += size;
  }
  expect_whole(text, bytes, lines);
  // Every line another length, none of them like the one before it.
  text.clear();
  lines = 0;
  for (std::size_t at = 0; at < characters.size(); ++lines) {
    const std::size_t size = 40 + lines * 7 % 41;
    text += characters.substr(at, size) + "\n";
    at += size;
  }
  expect_whole(text, bytes, lines * 4);
}

TEST(Base64Transform, KeepsTrailingBlanksOnSomeLines) {
  const Bytes bytes = random_bytes(5'700);
  std::string text;
  const std::string characters = plain_base64(bytes);
  for (std::size_t line = 0; line * 76 < characters.size(); ++line) {
    text += characters.substr(line * 76, 76) + (line % 9 == 4 ? "  \n" : "\n");
  }
  expect_whole(text, bytes, 80);
}

TEST(Base64Transform, StartsAnotherRunWhereTheShapeChanges) {
  const Bytes bytes = random_bytes(57'000);
  const std::string characters = plain_base64(bytes);
  const std::string first = in_lines(characters.substr(0, 7'600), 76, "\n");
  const std::string second = in_lines(characters.substr(7'600), 72, "\r\n");
  const std::string text = first + second;
  const Undone undone = undo(text);
  EXPECT_GE(undone.run.text_bytes, first.size());
  EXPECT_LE(undone.run.text_bytes, first.size() + 9 * 74);
  EXPECT_LE(undone.layout.size(), 4U);
  const Undone rest = undo(std::string_view(text).substr(undone.run.text_bytes));
  EXPECT_EQ(rest.run.text_bytes + undone.run.text_bytes, text.size());
  EXPECT_EQ(rest.layout.size(), 1U);
}

TEST(Base64Transform, EndsAtPaddingAndStartsAnew) {
  const Bytes first = random_bytes(100, 1);
  const Bytes second = random_bytes(200, 2);
  const std::string one = base64_lines(first);
  const std::string text = one + base64_lines(second);
  const Undone undone = undo(text);
  EXPECT_EQ(undone.run.text_bytes, one.size());
  EXPECT_EQ(undone.decoded, first);
  EXPECT_TRUE(undone.run.closed);
  EXPECT_EQ(undo(std::string_view(text).substr(one.size())).decoded, second);
}

TEST(Base64Transform, LeavesTheBlankLineBeforeABoundary) {
  for (const std::string_view ending : {"\n", "\r\n"}) {
    for (const std::size_t size : {114U, 115U, 116U}) {
      const Bytes bytes = random_bytes(size);
      const std::string text = base64_lines(bytes, 76, ending);
      const Undone undone = undo(text + std::string(ending) + "--boundary" + std::string(ending));
      EXPECT_EQ(undone.run.text_bytes, text.size());
      EXPECT_EQ(undone.decoded, bytes);
      EXPECT_EQ(undone.layout.size(), 1U);
    }
  }
}

TEST(Base64Transform, LeavesAFooterThatBeginsWithAWord) {
  const Bytes bytes = random_bytes(114);
  const std::string text = base64_lines(bytes);
  for (const std::string_view footer :
       {"This list is closed.\n", "____\n", "From: x\n", "From me Mon May  5 01:02:03 2003\n"}) {
    EXPECT_EQ(undo(text + std::string(footer)).run.text_bytes, text.size()) << footer;
  }
}

TEST(Base64Transform, EndsAtALongBrokenLineInsideIt) {
  const Bytes bytes = random_bytes(3'000);
  std::string text = plain_base64(bytes);
  text[2'001] = '*';
  const Undone undone = undo(text);
  EXPECT_EQ(undone.run.text_bytes, 2'000U);
  EXPECT_TRUE(std::ranges::equal(undone.decoded, ByteView(bytes).first(1'500)));
}

TEST(Base64Transform, EndsBeforePaddingThatNoEncoderWrites) {
  const Bytes bytes = random_bytes(115);
  const std::string text = base64_lines(bytes);
  const std::size_t pad = text.find('=');
  std::string odd_bits = text;
  // The last character before `==` carries four bits that must be zero.
  odd_bits[pad - 1] = odd_bits[pad - 1] == 'Z' ? 'b' : 'Z';
  EXPECT_LT(undo(odd_bits).run.text_bytes, pad);
  std::string one_pad = text;
  one_pad.erase(pad, 1);
  EXPECT_LT(undo(one_pad).run.text_bytes, pad);
  EXPECT_EQ(undo(text.substr(0, pad) + "===\n").run.text_bytes, pad + 2);
  std::string four = text;
  four.insert(76, 1, '=');
  EXPECT_EQ(undo(four).run.text_bytes, 76U);
}

// Characters in lines of nine, and the padding behind them as if it took no room.
TEST(Base64Transform, EndsBeforePaddingThatIsBehindTheEndOfItsLine) {
  const Bytes bytes = random_bytes(343);
  const std::string characters = plain_base64(bytes);
  const std::size_t count = characters.size() - 2;
  ASSERT_EQ(characters.substr(count), "==");
  ASSERT_EQ(count % 9, 8U);
  std::string text = in_lines(characters.substr(0, count), 9, "\n");
  text.insert(text.find_last_not_of('\n') + 1, "==");
  const Undone undone = undo(text);
  EXPECT_TRUE(std::ranges::equal(undone.decoded, ByteView(bytes).first(342)));
  EXPECT_LT(undone.run.text_bytes, text.find('='));
}

TEST(Base64Transform, KnowsMissingPaddingOnlyBeforeMoreText) {
  for (const std::size_t size : {115U, 116U}) {
    const Bytes bytes = random_bytes(size);
    std::string text = plain_base64(bytes);
    while (text.back() == '=') text.pop_back();
    text = in_lines(text, 76, "\n");
    const Undone undone = undo(text + "\n--boundary\n");
    EXPECT_EQ(undone.run.text_bytes, text.size());
    EXPECT_EQ(undone.decoded, bytes);
    EXPECT_EQ(undone.layout.size(), 1U);
    EXPECT_TRUE(undone.run.closed);
    // At the end of a segment more may come.
    EXPECT_FALSE(undo(text).run.closed);
    EXPECT_LT(undo(text).run.text_bytes, text.size());
  }
}

TEST(Base64Transform, KeepsQuantaThatLieAcrossLines) {
  const Bytes bytes = random_bytes(9'001);
  const std::string characters = plain_base64(bytes);
  // A list's software once lengthened some lines by two characters.
  std::string text;
  for (std::size_t at = 0, line = 0; at < characters.size(); ++line) {
    const std::size_t size = line % 12 == 5 ? 78 : 76;
    text += characters.substr(at, size) + "\n";
    at += size;
  }
  expect_whole(text, bytes, 80);
}

TEST(Base64Transform, RefusesWhatCostsMoreThanItSaves) {
  const Undone tiny = undo("TWFueSBoYW5kcw==\n");
  EXPECT_EQ(tiny.run.text_bytes, 0U);
  EXPECT_GT(tiny.run.scanned_bytes, 0U);
  std::string words;
  for (std::size_t i = 0; i < 200; ++i) words.append(1 + i * 5 % 7, 'a') += '\n';
  const Undone lines = undo(words);
  EXPECT_EQ(lines.run.text_bytes, 0U);
  EXPECT_GT(lines.run.scanned_bytes, 0U);
  EXPECT_EQ(undo("").run.text_bytes, 0U);
  EXPECT_EQ(undo("\n\n\n").run.text_bytes, 0U);
  EXPECT_EQ(undo("====\n").run.text_bytes, 0U);
}

TEST(Base64Transform, FindsUnlabelledRunsByTheirLines) {
  for (const std::size_t line_chars : {60U, 64U, 76U, 1000U}) {
    for (const std::string_view ending : {"\n", "\r\n", " \n"}) {
      const Bytes bytes = random_bytes(3 * line_chars + 1);
      const std::string text = base64_lines(bytes, line_chars, ending);
      const Undone undone = undo(text + "-----END-----" + std::string(ending), false);
      EXPECT_EQ(undone.run.text_bytes, text.size());
      EXPECT_EQ(undone.decoded, bytes);
    }
  }
}

TEST(Base64Transform, LeavesUnlabelledTextThatOnlyLooksSimilar) {
  const Bytes bytes = random_bytes(400);
  EXPECT_EQ(undo(base64_lines(bytes, 56), false).run.text_bytes, 0U);
  EXPECT_EQ(undo(base64_lines(bytes, 78), false).run.text_bytes, 0U);
  EXPECT_EQ(undo(base64_lines(ByteView(bytes).first(90), 60), false).run.text_bytes, 0U);
  std::string hex;
  std::string capitals;
  std::string uneven;
  for (int i = 0; i < 20; ++i) {
    hex += "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    capitals += "M1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF1234567890ABCDE\n";
    uneven += plain_base64(bytes).substr(0, 60 + 4 * static_cast<std::size_t>(i % 4)) + "\n";
  }
  EXPECT_EQ(undo(hex, false).run.text_bytes, 0U);
  EXPECT_EQ(undo(capitals, false).run.text_bytes, 0U);
  EXPECT_EQ(undo(uneven, false).run.text_bytes, 0U);
}

TEST(Base64Transform, EndsUnlabelledRunsAtTheFirstOddLine) {
  const Bytes bytes = random_bytes(57 * 6);
  const std::string text = base64_lines(bytes);
  EXPECT_EQ(undo(text + "\nabcd\n", false).run.text_bytes, text.size());
  EXPECT_EQ(undo(text + "hello\n", false).run.text_bytes, text.size());
}

TEST(Base64Transform, ComesBackAtEveryTruncation) {
  const Bytes bytes = random_bytes(400);
  const std::string characters = plain_base64(bytes);
  const std::string text = std::string("\n") + characters.substr(0, 76) + "\r\n" +
                           characters.substr(76, 78) + "\n\n" +
                           in_lines(characters.substr(154), 76, " \n");
  for (std::size_t size = 0; size <= text.size(); ++size) {
    undo(std::string_view(text).substr(0, size), true);
    undo(std::string_view(text).substr(0, size), false);
  }
}

TEST(Base64Transform, ComesBackAfterAnyMutation) {
  const Bytes bytes = random_bytes(1'500);
  std::mt19937 random(11);
  constexpr std::string_view kBytes = "Aa0+/==\n\r\n \t-*\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text =
        base64_lines(bytes, round % 2 == 0 ? 76 : 61, round % 3 == 0 ? "\r\n" : "\n");
    for (unsigned edits = 1 + random() % 8; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1 + random() % 9, byte);
          break;
        default:
          text.erase(at, 1 + random() % 90);
          break;
      }
    }
    undo(text, true);
    if (round % 8 == 0) undo(text, false);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace letterpress::mail
