// SPDX-License-Identifier: Apache-2.0
// What the line search finds, from the rules in its header; and every kernel this CPU runs against
// the scalar one, with the loops that they share also over 64 bytes looked at one by one.
#include "mail/line_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "mail/guarded_bytes.h"
#include "mail/line_search_body.h"

namespace letterpress::mail {
namespace {

using test::GuardedBytes;

class PlainText {
 public:
  explicit PlainText(const std::uint8_t* bytes) { std::copy_n(bytes, kTextBytes, bytes_); }

  BitRow equal(std::uint8_t byte) const {
    return which([&](std::uint8_t b) { return b == byte; });
  }
  BitRow graphic() const {
    return which([](std::uint8_t b) { return b > 0x20 && b < 0x80; });
  }

 private:
  template <class Test>
  BitRow which(Test test) const {
    BitRow row = {0};
    for (std::size_t i = 0; i < kTextBytes; ++i) row.set |= std::uint64_t{test(bytes_[i])} << i;
    return row;
  }

  std::uint8_t bytes_[kTextBytes];
};

constexpr LineKernel kPlain = {CpuTier::kAvx512, find_line_by<PlainText, BodyLines<PlainText>>,
                               find_line_by<PlainText, HeaderLines<PlainText>>};

struct NamedLineKernel {
  std::string name;
  const LineKernel* kernel;
};

std::vector<NamedLineKernel> kernels_to_search_by() {
  std::vector<NamedLineKernel> named = {{"bit_by_bit", &kPlain}};
  for (const LineKernel* kernel : line_kernels()) {
    if (kernel->tier <= cpu_tier()) named.push_back({cpu_tier_name(kernel->tier), kernel});
  }
  return named;
}

class LineSearchTest : public testing::TestWithParam<NamedLineKernel> {
 protected:
  const LineKernel& kernel() const { return *GetParam().kernel; }

  std::size_t in_body(const std::string& text) const {
    const ByteView bytes = as_bytes(text);
    return kernel().find_body_line(bytes.data(), 0, bytes.size());
  }
  std::size_t in_header(const std::string& text) const {
    const ByteView bytes = as_bytes(text);
    return kernel().find_header_line(bytes.data(), 0, bytes.size());
  }

  // From every beginning of a line, with the text against a guard page.
  void expect_as_scalar(ByteView text) {
    const std::uint8_t* bytes = room_.put(text);
    for (std::size_t from = 0; from <= text.size(); ++from) {
      if (from > 0 && bytes[from - 1] != '\n') continue;
      ASSERT_EQ(kernel().find_body_line(bytes, from, text.size()),
                kLineScalar.find_body_line(bytes, from, text.size()))
          << from << " of " << testing::PrintToString(as_text(text));
      ASSERT_EQ(kernel().find_header_line(bytes, from, text.size()),
                kLineScalar.find_header_line(bytes, from, text.size()))
          << from << " of " << testing::PrintToString(as_text(text));
    }
  }

  GuardedBytes room_{4096};
};

// `text` after so many bytes of lines that do not matter, and what `find` gives there.
std::string with_lines_before(std::size_t bytes, const std::string& text) {
  const std::string line = "a: b\n";
  std::string lines;
  while (bytes - lines.size() >= 2 * line.size()) lines += line;
  if (bytes > lines.size()) {
    lines += "a: " + std::string(bytes - lines.size() - line.size() + 1, ' ') + "\n";
  }
  return lines + text;
}

TEST_P(LineSearchTest, BodyLinesThatMatter) {
  for (std::size_t before = 5; before < 200; ++before) {
    for (const char* matters :
         {"--", "--x\n", "Fr", "From a b\n", "0123456789abcdef0123456789abcdef",
          "a!~#5678901234567890123456789012\x7f\n"}) {
      EXPECT_EQ(in_body(with_lines_before(before, matters)), before) << before << matters;
    }
  }
}

TEST_P(LineSearchTest, BodyLinesThatDoNot) {
  for (std::size_t before = 5; before < 200; ++before) {
    for (const char* other :
         {"", "-", "- -\n", "F", "for\n", "a--\n", " --\n", "xFrom a\n", "\n\n\n",
          "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcde\n",
          "0123456789abcdef0123456789abcde f\n", "0123456789abcdef0123456789abcd\xc3\xa4\n",
          " 123456789abcdef0123456789abcdef0123456789abcdef0\n", "\r\n"}) {
      const std::string text = with_lines_before(before, other);
      EXPECT_EQ(in_body(text), text.size()) << before << other;
    }
  }
}

TEST_P(LineSearchTest, HeaderLinesThatMatter) {
  for (std::size_t before = 5; before < 200; ++before) {
    for (const char* matters :
         {"\n", "\r\n", "Content-Type: a/b\n", "cc: x\n", "Cc", "--x: y\n", "-", "From a b\n",
          "no colon\n", "nocolon", "Old : mail\n", ":\n", ": x\n", "\x7f: x\n", "n\xc3\xa4me: x\n",
          "a\tb: c\n", "Subject\n: x\n", "To\r\n"}) {
      EXPECT_EQ(in_header(with_lines_before(before, matters)), before) << before << matters;
    }
  }
}

TEST_P(LineSearchTest, HeaderLinesThatDoNot) {
  for (std::size_t before = 5; before < 200; ++before) {
    for (const char* other : {"", "To:", "To: x", "To: x\n", "From: x\n", "!~:\n", " \n", "\t\r\n",
                              " folded\n --x\n\tFrom y\n", "X-C: -\nB: c\n"}) {
      const std::string text = with_lines_before(before, other);
      EXPECT_EQ(in_header(text), text.size()) << before << other;
    }
  }
}

TEST_P(LineSearchTest, ANameOfAnyLength) {
  for (std::size_t length = 1; length < 300; ++length) {
    const std::string name(length, 'n');
    EXPECT_EQ(in_header(name), 0U) << length;
    EXPECT_EQ(in_header(name + "\n"), 0U) << length;
    EXPECT_EQ(in_header("a:\n" + name + " x\n"), 3U) << length;
    const std::string fields = name + ":" + name + "\n" + name + ":";
    EXPECT_EQ(in_header(fields), fields.size()) << length;
  }
}

TEST_P(LineSearchTest, TextOfAnyLengthIsAsTheScalarOneSees) {
  std::mt19937 random(7);
  const std::string alphabet = "--FFrrCc::: \t\n\n\r>aZ09+/=~\x7f\x80\xff" + std::string(1, '\0');
  for (std::size_t size = 0; size < 330; ++size) {
    for (const std::size_t letters : {std::size_t{6}, std::size_t{16}, alphabet.size()}) {
      std::string text(size, '\0');
      for (char& c : text) c = alphabet[random() % letters];
      expect_as_scalar(as_bytes(text));
    }
  }
}

TEST_P(LineSearchTest, MailIsAsTheScalarOneSees) {
  std::mt19937 random(8);
  const std::vector<std::string> lines = {"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\n",
                                          "\tby c with ESMTP id 0123456789abcdef0123456789abcdef\n",
                                          "Subject: a\r\n",
                                          "> quoted, and on it goes for a while\n",
                                          "A line of ordinary text, about as long as most are.\n",
                                          "\n",
                                          "http://example.org/a/b\n",
                                          "--\n",
                                          "Friday\n",
                                          std::string(70, '=') + "\n",
                                          "Content-Type: text/plain\n"};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    // Mostly the first of them, so that something is passed over.
    while (text.size() < 1000) text += lines[random() % (random() % 8 == 0 ? lines.size() : 5)];
    expect_as_scalar(as_bytes(text));
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, LineSearchTest, testing::ValuesIn(kernels_to_search_by()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace letterpress::mail
