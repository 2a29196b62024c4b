// SPDX-License-Identifier: Apache-2.0
#include "files/excludes.h"

namespace letterpress::files {
namespace {

// One step of a pattern, from pattern[at].
struct Step {
  bool matches = false;  // the byte
  std::size_t next = 0;  // in the pattern
};

// The set that starts at pattern[at] == '['. Its first member may be ']'. No end: the byte '['
// itself.
Step match_set(std::string_view pattern, std::size_t at, char byte) {
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  const auto value = static_cast<unsigned char>(byte);
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    found = found || (low <= value && value <= high);
    ++i;
  }
  if (i >= pattern.size()) return {byte == '[', at + 1};
  return {found != negated && byte != '/', i + 1};
}

Step match_byte(std::string_view pattern, std::size_t at, char byte) {
  switch (pattern[at]) {
    case '?':
      return {byte != '/', at + 1};
    case '[':
      return match_set(pattern, at, byte);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {pattern[at] == byte, at + 1};
  }
}

// Where to go on after a mismatch: the pattern behind a star, and the text that the star ends
// before.
struct Retry {
  std::size_t pattern = std::string_view::npos;
  std::size_t text = 0;
  bool whole_folders = false;  // "**/": the star ends behind a '/'
  bool is_set() const { return pattern != std::string_view::npos; }
};

// Reads the star at pattern[p].
Retry read_star(std::string_view pattern, std::size_t p, std::size_t t) {
  if (p + 1 == pattern.size() || pattern[p + 1] != '*') return {p + 1, t, false};
  const bool begins_component = p == 0 || pattern[p - 1] == '/';
  const bool whole = begins_component && p + 2 < pattern.size() && pattern[p + 2] == '/';
  return {p + (whole ? 3 : 2), t, whole};
}

// Lets a "**" take one byte, or one folder, more. False if it cannot.
bool widen(Retry& double_star, std::string_view text) {
  if (!double_star.is_set() || double_star.text >= text.size()) return false;
  if (!double_star.whole_folders) {
    ++double_star.text;
    return true;
  }
  const std::size_t slash = text.find('/', double_star.text);
  if (slash == text.npos) return false;
  double_star.text = slash + 1;
  return true;
}

}  // namespace

// Greedy: only the last star of each sort is ever widened, which is enough: what an earlier one
// could gain, the later one can take as well, and a '*' never passes the '/' that ends its
// component.
bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  Retry star;
  Retry double_star;
  std::size_t p = 0;
  std::size_t t = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      const bool is_double = p + 1 < pattern.size() && pattern[p + 1] == '*';
      const Retry read = read_star(pattern, p, t);
      p = read.pattern;
      star = is_double ? Retry{} : read;
      if (is_double) double_star = read;
      continue;
    }
    if (p == pattern.size() && t == text.size()) return true;
    if (p < pattern.size() && t < text.size()) {
      const Step step = match_byte(pattern, p, text[t]);
      if (step.matches) {
        p = step.next;
        ++t;
        continue;
      }
    }
    if (star.is_set() && star.text < text.size() && text[star.text] != '/') {
      t = ++star.text;
      p = star.pattern;
    } else if (widen(double_star, text)) {
      t = double_star.text;
      p = double_star.pattern;
      star = {};
    } else {
      return false;
    }
  }
}

Excludes::Excludes(const std::vector<std::string>& patterns) {
  for (std::string glob : patterns) {
    Pattern pattern{};
    pattern.folders_only = glob.size() > 1 && glob.back() == '/';
    if (pattern.folders_only) glob.pop_back();
    pattern.has_slash = glob.find('/') != glob.npos;
    pattern.anchored = !glob.empty() && glob.front() == '/';
    if (pattern.anchored) glob.erase(0, 1);
    pattern.glob = std::move(glob);
    patterns_.push_back(std::move(pattern));
  }
}

bool Excludes::match(std::string_view entry_path, bool is_folder) const noexcept {
  const std::string_view name = entry_path.substr(entry_path.rfind('/') + 1);
  for (const Pattern& pattern : patterns_) {
    if (pattern.folders_only && !is_folder) continue;
    if (!pattern.has_slash) {
      if (glob_match(pattern.glob, name)) return true;
      continue;
    }
    std::string_view tail = entry_path;
    while (true) {
      if (glob_match(pattern.glob, tail)) return true;
      const std::size_t slash = tail.find('/');
      if (pattern.anchored || slash == tail.npos) break;
      tail.remove_prefix(slash + 1);
    }
  }
  return false;
}

}  // namespace letterpress::files
