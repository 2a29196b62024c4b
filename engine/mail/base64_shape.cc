// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "mail/base64_codec.h"
#include "mail/base64_run_reader.h"

namespace letterpress::mail {
namespace {

constexpr std::size_t kLinesSeen = 8;
constexpr std::size_t kUnlabelledLinesSeen = 3;
constexpr std::uint64_t kUsualLineChars = 76;
constexpr std::size_t kShortLineChars = 8;

bool is_blank(std::uint8_t byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\r'; }

// A run of blanks that ends in a line feed; 0 if there is none, or it is too long to be a break.
std::size_t break_size(ByteView text) noexcept {
  const std::size_t stop = std::min(text.size(), kBreakBytesMax);
  std::size_t at = 0;
  while (at < stop && is_blank(text[at])) ++at;
  return at < stop && text[at] == '\n' ? at + 1 : 0;
}

struct SeenLine {
  std::size_t chars = 0;
  ByteView ending;           // its own break
  ByteView ending_repeated;  // with the blank lines after it, for double-spaced base64

  bool alike(const SeenLine& other) const noexcept {
    return chars == other.chars && std::ranges::equal(ending_repeated, other.ending_repeated);
  }
};

// The first lines, as far as they are base64; gives how many.
std::size_t see_lines(ByteView text, std::span<SeenLine> seen) noexcept {
  std::size_t count = 0;
  std::size_t at = 0;
  while (count < seen.size() && at < text.size()) {
    const Base64Line line = parse_base64_line(text.subspan(at));
    const std::size_t break_at = at + line.chars + line.pad;
    if (line.chars == 0) {
      // Blank lines may come first.
      if (count != 0 || line.break_bytes == 0 || break_at > kBreakBytesMax) break;
      at += line.break_bytes;
      continue;
    }
    if (!line.fits && count != 0) break;
    at = break_at + line.break_bytes;
    std::size_t repeated = line.break_bytes;
    for (std::size_t more = line.break_bytes; more != 0; repeated += more) {
      more = break_size(text.subspan(break_at + repeated));
      if (repeated + more > kEndingBytesMax) break;
    }
    seen[count++] = {line.chars + line.pad, text.subspan(break_at, line.break_bytes),
                     text.subspan(break_at, repeated)};
    at = break_at + repeated;
    if (line.pad != 0 || !line.fits || line.break_bytes == 0) break;
  }
  return count;
}

ByteView usable(ByteView ending) noexcept {
  static constexpr std::uint8_t kLineFeed[] = {'\n'};
  const bool fits = !ending.empty() && ending.size() <= kEndingBytesMax;
  return fits ? ending : ByteView(kLineFeed);
}

bool has_both_cases(ByteView line) noexcept {
  const auto is_upper = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](std::uint8_t c) { return c >= 'a' && c <= 'z'; };
  return std::ranges::any_of(line, is_upper) && std::ranges::any_of(line, is_lower);
}

// Hexadecimal, rows of one character and uuencoded lines lack capital or small letters.
std::optional<LineShape> choose_unlabelled(ByteView text) noexcept {
  SeenLine seen[kUnlabelledLinesSeen];
  if (see_lines(text, seen) < kUnlabelledLinesSeen) return std::nullopt;
  const std::size_t chars = seen[0].chars;
  const bool regular = chars >= kUnlabelledLineCharsMin && chars % 4 == 0 &&
                       seen[0].alike(seen[1]) && seen[2].chars <= chars && !seen[0].ending.empty();
  if (!regular || !has_both_cases(text.first(chars))) return std::nullopt;
  return make_shape(chars, usable(seen[0].ending_repeated));
}

}  // namespace

Base64Line parse_base64_line(ByteView text) noexcept {
  Base64Line line;
  // Lines of a few characters are many: calling a kernel for each would cost more than they do.
  const std::size_t look = std::min(text.size(), kShortLineChars);
  while (line.chars < look && base64_value(text[line.chars]) != kNotBase64) ++line.chars;
  if (line.chars == kShortLineChars) line.chars = base64_prefix(text.data(), text.size());
  std::size_t at = line.chars;
  while (line.pad < 2 && at < text.size() && text[at] == '=') {
    ++line.pad;
    ++at;
  }
  line.break_bytes = break_size(text.subspan(at));
  line.fits = line.break_bytes != 0 || at == text.size();
  return line;
}

std::optional<LineShape> choose_shape(ByteView text, bool labelled) noexcept {
  if (!labelled) return choose_unlabelled(text);
  SeenLine seen[kLinesSeen];
  const std::size_t count = see_lines(text, seen);
  if (count == 0) return std::nullopt;
  const SeenLine* best = nullptr;
  std::ptrdiff_t best_votes = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto votes =
        std::count_if(seen, seen + count, [&](const SeenLine& s) { return s.alike(seen[i]); });
    if (votes > best_votes) {
      best = &seen[i];
      best_votes = votes;
    }
  }
  const SeenLine& first = seen[0];
  if (best != nullptr && first.chars <= kLongLineFactor * best->chars) {
    return make_shape(best->chars, usable(best->ending_repeated));
  }
  if (count == 1) {
    const std::uint64_t chars = first.chars <= kUsualLineChars ? kUsualLineChars : 0;
    return make_shape(chars, usable(first.ending));
  }
  return make_shape(first.chars, usable(first.ending));
}

}  // namespace letterpress::mail
