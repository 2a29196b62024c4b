// SPDX-License-Identifier: Apache-2.0
#include "hostile/pattern.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "failure.h"

namespace mailgen {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
// What is short is repeated in pieces of about this size.
constexpr std::size_t kPieceBytes = 64 * 1024;

constexpr std::string_view kFieldsText =
    "From: Ann <ann@a.example>\nTo: ben@b.example\nSubject: hostile\n"
    "Date: Thu, 1 Jan 2026 00:00:00 +0000\nMIME-Version: 1.0\n";

struct Named {
  std::string_view name;
  std::string_view text;
};
constexpr Named kNamed[] = {
    {"M", "Content-Type: multipart/mixed; boundary=x\n\n"},
    {"B", "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"},
    {"H", ""}};

constexpr std::string_view kFromText = "From ann@a.example Thu Jan  1 00:00:00 2026\n";
constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kLetterAlphabet =
    "eeeeeeetttttaaaaooooiiiinnnnsssshhhrrrddllcumwfgypbvk           ";
static_assert(kBase64Alphabet.size() == 64 && kLetterAlphabet.size() == 64);

struct Code {
  char letter;
  Pattern::Kind kind;
  bool has_text;
};
constexpr Code kCodes[] = {
    {'b', Pattern::Kind::kBase64, false},  {'t', Pattern::Kind::kLetters, false},
    {'x', Pattern::Kind::kBytes, false},   {'8', Pattern::Kind::kHighBytes, false},
    {'f', Pattern::Kind::kRepeated, true}, {'l', Pattern::Kind::kSometimes, true},
    {'s', Pattern::Kind::kGrowing, true},
};

[[noreturn]] void stop_at(std::string_view insertion) {
  stop(kExitFailed, fmt::format("no insertion {{{}}} in patterns", insertion));
}

// Those that have a count: letter, count, and text where the letter takes one.
Pattern::Insertion counted(std::string_view inside) {
  const Code* const code = std::find_if(std::begin(kCodes), std::end(kCodes), [&](const Code& c) {
    return !inside.empty() && inside[0] == c.letter;
  });
  if (code == std::end(kCodes) || inside.size() < 3 || inside[1] != ':') stop_at(inside);
  std::string_view rest = inside.substr(2);
  std::uint64_t count = 0;
  for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1)) {
    count = count * 10 + static_cast<std::uint64_t>(rest[0] - '0');
  }
  if (count == 0 || code->has_text != (rest.size() >= 2 && rest[0] == ':')) stop_at(inside);
  if (!code->has_text) return {code->kind, count, {}, {}};
  Pattern inner(rest.substr(1));
  if (inner.is_fixed()) return {code->kind, count, inner.fixed_text(), {}};
  return {code->kind, count, {}, {std::move(inner)}};
}

// Where the insertion that `text` begins with is closed.
std::size_t close_of(std::string_view text) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
  }
  stop_at(text);
}

}  // namespace

Pattern::Pattern(std::string_view text) {
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    add_text(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = close_of(text);
    const std::string_view inside = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed),
                                     [&](const Named& each) { return each.name == inside; });
    if (named != std::end(kNamed)) {
      add_text(kFieldsText);
      add_text(named->text);
    } else if (inside == "F") {
      add_text(kFromText);
    } else if (inside == "0") {
      add_text(std::string_view("\0", 1));
    } else if (inside == "i") {
      insertions_.push_back({Kind::kNumber, 0, {}, {}});
    } else if (inside == "n") {
      insertions_.push_back({Kind::kNextNumber, 0, {}, {}});
    } else {
      Insertion insertion = counted(inside);
      const bool is_short = insertion.kind == Kind::kRepeated && insertion.inner.empty() &&
                            insertion.count * insertion.text.size() <= kPieceBytes;
      if (!is_short) insertions_.push_back(std::move(insertion));
      for (std::uint64_t i = 0; is_short && i < insertion.count; ++i) add_text(insertion.text);
    }
  }
}

void Pattern::add_text(std::string_view text) {
  if (text.empty()) return;
  if (insertions_.empty() || insertions_.back().kind != Kind::kText) {
    insertions_.push_back({Kind::kText, 0, {}, {}});
  }
  insertions_.back().text += text;
}

bool Pattern::is_fixed() const {
  return insertions_.size() == 1 && insertions_.front().kind == Kind::kText;
}

void PatternText::put(std::string_view text) {
  if (buffer_.size() + text.size() > kBufferBytes) flush();
  buffer_ += text;
}

void PatternText::repeat(std::string_view text, std::uint64_t count) {
  std::string piece(text);
  std::uint64_t in_piece = 1;
  while (2 * piece.size() <= kPieceBytes && 2 * in_piece <= count) {
    piece += piece;
    in_piece *= 2;
  }
  for (; count >= in_piece; count -= in_piece) put(piece);
  for (; count > 0; --count) put(text);
}

void PatternText::put(const Pattern& pattern, std::uint64_t number) {
  for (const Pattern::Insertion& insertion : pattern.insertions()) {
    switch (insertion.kind) {
      case Pattern::Kind::kText:
        put(insertion.text);
        break;
      case Pattern::Kind::kNumber:
        put(fmt::format_int(number).c_str());
        break;
      case Pattern::Kind::kNextNumber:
        put(fmt::format_int(number + 1).c_str());
        break;
      case Pattern::Kind::kBase64:
        put_random(insertion.count, kBase64Alphabet);
        break;
      case Pattern::Kind::kLetters:
        put_random(insertion.count, kLetterAlphabet);
        break;
      case Pattern::Kind::kBytes:
        put_bytes(insertion.count, 0);
        break;
      case Pattern::Kind::kHighBytes:
        put_bytes(insertion.count, 0x80);
        break;
      case Pattern::Kind::kRepeated:
        put_repeated(insertion, insertion.count, number);
        break;
      case Pattern::Kind::kSometimes:
        put_repeated(insertion, 1 + random_.below(insertion.count), number);
        break;
      case Pattern::Kind::kGrowing:
        put_repeated(insertion, 1 + number % insertion.count, number);
        break;
    }
  }
}

void PatternText::put_repeated(const Pattern::Insertion& insertion, std::uint64_t count,
                               std::uint64_t number) {
  if (insertion.inner.empty()) return repeat(insertion.text, count);
  for (; count > 0; --count) put(insertion.inner.front(), number);
}

std::uint64_t PatternText::put_until(const Pattern& pattern, std::uint64_t bytes) {
  if (pattern.insertions().empty()) return 0;
  if (pattern.is_fixed()) {
    const std::uint64_t left = bytes > this->bytes() ? bytes - this->bytes() : 0;
    const std::uint64_t size = pattern.fixed_text().size();
    repeat(pattern.fixed_text(), (left + size - 1) / size);
    return (left + size - 1) / size;
  }
  std::uint64_t number = 0;
  for (; this->bytes() < bytes; ++number) put(pattern, number);
  return number;
}

// Ten characters from each random number.
void PatternText::put_random(std::uint64_t count, std::string_view alphabet) {
  std::array<char, 10> piece;
  while (count > 0) {
    std::uint64_t bits = random_.next();
    for (char& c : piece) {
      c = alphabet[bits & 63U];
      bits >>= 6U;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(count, piece.size()));
    put({piece.data(), size});
    count -= size;
  }
}

void PatternText::put_bytes(std::uint64_t count, unsigned least) {
  std::array<char, 8> piece;
  while (count > 0) {
    const std::uint64_t bits = random_.next() | least * std::uint64_t{0x0101010101010101};
    std::memcpy(piece.data(), &bits, sizeof bits);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(count, piece.size()));
    put({piece.data(), size});
    count -= size;
  }
}

void PatternText::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t done = ::write(file_descriptor_, left.data(), left.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) stop(kExitFailed, fmt::format("writing: {}", std::strerror(errno)));
    left.remove_prefix(static_cast<std::size_t>(done));
  }
  written_ += buffer_.size();
  buffer_.clear();
}

}  // namespace mailgen
