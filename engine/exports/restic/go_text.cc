// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/go_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace letterpress::restic {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

struct Rune {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool is_valid = false;
};

Rune rune_at(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t bytes = 0;
  if (first >= 0xc2 && first <= 0xdf) bytes = 2;
  if (first >= 0xe0 && first <= 0xef) bytes = 3;
  if (first >= 0xf0 && first <= 0xf4) bytes = 4;
  if (bytes == 0) return {};
  std::uint32_t value = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return {};
  }
  return {value, bytes, true};
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kHexDigits[value >> shift & 15];
  }
}

// Inside a JSON string.
void append_json_rune(std::string& out, std::string_view bytes, std::uint32_t rune) {
  switch (rune) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (rune < 0x20 || rune == '<' || rune == '>' || rune == '&' || rune == 0x2028 ||
      rune == 0x2029) {
    out += "\\u";
    append_hex(out, rune, 4);
    return;
  }
  out += bytes;
}

// Beyond ASCII: spaces, controls, formats, private use, non-characters.
bool is_unprintable(std::uint32_t rune) {
  struct Range {
    std::uint32_t first, last;
  };
  static constexpr Range kRanges[] = {
      {0x7f, 0xa0},     {0xad, 0xad},     {0x600, 0x605},   {0x61c, 0x61c},     {0x6dd, 0x6dd},
      {0x70f, 0x70f},   {0x890, 0x891},   {0x8e2, 0x8e2},   {0x1680, 0x1680},   {0x180e, 0x180e},
      {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},   {0xe000, 0xf8ff},
      {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
  };
  const auto* const at =
      std::ranges::find_if(kRanges, [&](const Range& range) { return rune <= range.last; });
  return at != std::end(kRanges) && rune >= at->first;
}

// What Go source has for a character, or nothing if it has the character itself.
std::string go_escape(const Rune& rune, char first_byte) {
  std::string escape;
  if (!rune.is_valid || (rune.value < 0x20 || rune.value == 0x7f)) {
    constexpr std::string_view kNamed = "abtnvfr";  // from 7 on
    if (rune.is_valid && rune.value >= 7 && rune.value < 7 + kNamed.size()) {
      return {'\\', kNamed[rune.value - 7]};
    }
    escape = "\\x";
    append_hex(escape, static_cast<unsigned char>(first_byte), 2);
  } else if (rune.value == '"' || rune.value == '\\') {
    escape = {'\\', static_cast<char>(rune.value)};
  } else if (rune.value > 0x7f && is_unprintable(rune.value)) {
    const bool is_long = rune.value > 0xffff;
    escape = is_long ? "\\U" : "\\u";
    append_hex(escape, rune.value, is_long ? 8 : 4);
  }
  return escape;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  });
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const Rune rune = rune_at(text);
    if (rune.is_valid) {
      append_json_rune(out, text.substr(0, rune.bytes), rune.value);
    } else {
      out += "\\ufffd";
    }
    text.remove_prefix(rune.bytes);
  }
  out += '"';
}

void append_json_name(std::string& out, std::string_view name) {
  if (is_plain(name)) {
    out += '"';
    out += name;
    out += '"';
    return;
  }
  out += '"';
  while (!name.empty()) {
    const Rune rune = rune_at(name);
    const std::string escape = go_escape(rune, name.front());
    for (const char c : escape) append_json_rune(out, {&c, 1}, static_cast<unsigned char>(c));
    if (escape.empty()) append_json_rune(out, name.substr(0, rune.bytes), rune.value);
    name.remove_prefix(rune.bytes);
  }
  out += '"';
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Rune rune = rune_at(text);
    if (!rune.is_valid) return false;
    text.remove_prefix(rune.bytes);
  }
  return true;
}

}  // namespace letterpress::restic
