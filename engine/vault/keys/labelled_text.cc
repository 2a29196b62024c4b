// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/labelled_text.h"

#include <algorithm>
#include <charconv>

#include "hashing/blake3.h"
#include "vault/keys/secret.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

constexpr std::string_view kProgram = "letterpress ";
constexpr std::string_view kVersion = ", version ";
constexpr std::string_view kCheck = "check ";
constexpr std::size_t kCheckBytes = 16;

std::string check_of(std::string_view lines) {
  const ChunkId digest = hashing::hash(as_bytes(lines));
  return to_hex(ByteView(digest.bytes).first(kCheckBytes));
}

// Takes the next line, without its end, from `text`. A file that went through a system with other
// line ends is still the same key.
bool take_line(std::string_view& text, std::string& line) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return false;
  line = text.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  text.remove_prefix(end + 1);
  return true;
}

Error damaged(std::string_view file, const std::string& what) {
  return Error(ErrorCode::kCorrupt,
               std::string(file) + ": is damaged: " + what + "; use another copy of it");
}

// The lines of a text that may be secret.
struct WipedLines {
  std::vector<std::string> lines;
  ~WipedLines() {
    for (std::string& line : lines) WipeAtEnd{line};
  }
};

struct Title {
  std::string kind;
  std::uint32_t version = 0;
};

bool parse_title(std::string_view line, Title& title) {
  const std::size_t comma = line.find(kVersion);
  if (!line.starts_with(kProgram) || comma == line.npos || comma < kProgram.size()) return false;
  title.kind = line.substr(kProgram.size(), comma - kProgram.size());
  const std::string_view digits = line.substr(comma + kVersion.size());
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), title.version);
  return error == std::errc{} && end == digits.data() + digits.size() &&
         std::to_string(title.version) == digits;
}

}  // namespace

std::string format_lines(const LabelledText& text) {
  std::string out;
  out.reserve(kLabelledTextBytesMax);  // so that no copy is left behind, which may be secret
  out.append(kProgram).append(text.kind).append(kVersion).append(std::to_string(text.version));
  out += '\n';
  for (const auto& [label, value] : text.lines) {
    out.append(label).append(1, ' ').append(value).append(1, '\n');
  }
  return out;
}

std::string format_labelled_text(const LabelledText& text) {
  std::string out = format_lines(text);
  const std::string check = check_of(out);
  out.reserve(out.size() + kCheck.size() + check.size() + 1);
  out.append(kCheck).append(check).append(1, '\n');
  return out;
}

Result<LabelledText> parse_labelled_text(ByteView bytes, std::string_view kind,
                                         std::span<const std::string_view> labels,
                                         std::string_view file) {
  const std::string name(file);
  std::string_view text = as_text(bytes);
  std::string line;
  const WipeAtEnd wipe_line(line);
  line.reserve(text.size());
  Title title;
  if (!take_line(text, line) || !parse_title(line, title)) {
    return Error(ErrorCode::kInvalidArgument, name + ": is not a letterpress " + std::string(kind));
  }
  // A title with a wrong letter is damage if the check line says so, else another kind of file.
  std::string checked;
  const WipeAtEnd wipe_checked(checked);
  checked.reserve(bytes.size() + 1);
  checked.append(line).append(1, '\n');
  WipedLines wiped;
  std::vector<std::string>& lines = wiped.lines;
  std::string check;
  while (check.empty() && take_line(text, line)) {
    if (line.starts_with(kCheck)) {
      check = line.substr(kCheck.size());
    } else {
      checked.append(line).append(1, '\n');
      lines.push_back(line);
    }
  }
  if (check != check_of(checked) || !text.empty()) {
    return damaged(file, check.empty() ? "its end is missing" : "its check line does not match");
  }
  if (title.kind != kind) {
    return Error(ErrorCode::kInvalidArgument,
                 name + ": is a letterpress " + title.kind + ", expected a " + std::string(kind));
  }
  if (title.version != kFormatVersion) {
    return Error(ErrorCode::kUnsupported,
                 name + ": was made by " +
                     (title.version > kFormatVersion ? "a newer" : "an older, unfinished") +
                     " letterpress (version " + std::to_string(title.version) +
                     "; this one reads version " + std::to_string(kFormatVersion) + ")");
  }
  LabelledText parsed{title.kind, title.version, {}};
  std::string_view repeated;
  if (!labels.empty() && labels.back().ends_with('*')) {
    repeated = labels.back().substr(0, labels.back().size() - 1);
    labels = labels.first(labels.size() - 1);
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string start = std::string(labels[i]) + ' ';
    if (i >= lines.size() || !lines[i].starts_with(start)) {
      return damaged(file, "expected a line '" + std::string(labels[i]) + "'");
    }
    parsed.lines.emplace_back(labels[i], lines[i].substr(start.size()));
  }
  for (std::size_t i = labels.size(); i < lines.size() && !repeated.empty(); ++i) {
    const std::string start = std::string(repeated) + ' ';
    if (!lines[i].starts_with(start)) {
      return damaged(file, "expected a line '" + std::string(repeated) + "'");
    }
    parsed.lines.emplace_back(repeated, lines[i].substr(start.size()));
  }
  if (lines.size() != parsed.lines.size()) return damaged(file, "it has more lines than expected");
  return parsed;
}

}  // namespace letterpress::vault
