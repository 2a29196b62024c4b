// SPDX-License-Identifier: Apache-2.0
#include "prose.h"

#include <fmt/format.h>

#include <algorithm>

#include "drawn_text.h"

namespace mailgen {
namespace {

void capitalize_at(std::size_t at, std::string& text) {
  if (at < text.size() && text[at] >= 'a' && text[at] <= 'z') {
    text[at] = static_cast<char>(text[at] - 'a' + 'A');
  }
}

// Turns blanks from `from` on into line breaks so that no line gets longer than `columns`.
void fill_lines(std::size_t from, std::size_t columns, std::string& text) {
  std::size_t line = from;
  while (text.size() - line > columns) {
    const std::size_t blank = text.rfind(' ', line + columns);
    if (blank == std::string::npos || blank <= line) return;
    text[blank] = '\n';
    line = blank + 1;
  }
}

}  // namespace

std::string capitalized(std::string_view text) {
  std::string result(text);
  capitalize_at(0, result);
  return result;
}

Topic Prose::topic(Random& random) const {
  Topic topic{};
  for (auto& word : topic) word = static_cast<Word>(150 + random.below(7'000));
  return topic;
}

void Prose::append_token(Random& random, const Topic& topic, std::string& out) const {
  const std::uint32_t kind = random.below(100);
  if (kind < 62) {
    out.append(vocabulary_.text(topic[random.early(topic.size())]));
  } else if (kind < 84) {
    append_drawn(out, "{}", Drawn{random.below(random.chance(700) ? 100 : 100'000)});
  } else if (kind < 90) {
    append_drawn(out, "{}/{}", Drawn{random.between(1, 12), random.between(1, 28)});
  } else if (kind < 97) {
    out.append(capitalized(name(random)));
  } else {
    append_drawn(out, "https://www.{}.example/{}/", Drawn{name(random), name(random)});
    random.append_letters(random.between(6, 24), kUrlLetters, out);
  }
}

void Prose::sentence(Random& random, const Topic& topic, std::string& out) const {
  const std::size_t start = out.size();
  Word word = vocabulary_.sample(random);
  for (std::uint32_t left = random.between(4, 12); left > 0; --left) {
    const std::uint64_t bits = random.next() & 1023U;
    if (bits < 170) {
      for (const Word next : vocabulary_.phrase(random)) {
        out.append(vocabulary_.text(word = next)).push_back(' ');
      }
      continue;
    }
    if (bits < 310) {
      append_token(random, topic, out);
    } else {
      out.append(vocabulary_.text(word = vocabulary_.follow(random, word)));
    }
    if (bits > 985) out.push_back(',');
    out.push_back(' ');
  }
  capitalize_at(start, out);
  if (out.size() > start + 2 && out[out.size() - 2] == ',') out.erase(out.size() - 2, 1);
  const std::uint32_t ending = random.below(20);
  out.back() = ending == 0 ? '?' : (ending == 1 ? '!' : '.');
}

std::string Prose::paragraphs(Random& random, const Topic& topic, std::size_t bytes,
                              std::size_t columns) const {
  std::string text;
  text.reserve(bytes + 512);
  while (text.size() < bytes) {
    const std::size_t start = text.size();
    // A paragraph on one line stays below 900 bytes: RFC 5322 allows 998 in a line.
    const std::size_t length = std::min<std::size_t>(60 + random.below(540), bytes - start);
    while (text.size() - start < length) {
      if (text.size() > start) text.push_back(' ');
      sentence(random, topic, text);
    }
    if (columns > 0) fill_lines(start, columns, text);
    text.append("\n\n");
  }
  return text;
}

std::string Prose::title(Random& random, const Topic& topic) const {
  std::string text;
  for (std::uint32_t left = random.between(2, 5); left > 0; --left) {
    if (!text.empty()) text.push_back(' ');
    text.append(vocabulary_.text(random.chance(500) ? topic[random.below(topic.size())]
                                                    : vocabulary_.sample(random)));
  }
  return capitalized(text);
}

}  // namespace mailgen
