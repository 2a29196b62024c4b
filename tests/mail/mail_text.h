// SPDX-License-Identifier: Apache-2.0
// Mail and base64 for the tests, made from seeds and without the engine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace letterpress::test {

inline Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

// Bytes that do not compress; the same for the same seed.
inline Bytes random_bytes(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 24);
  return bytes;
}

// RFC 4648, section 4, word for word: 24-bit groups, left to right, six bits a character.
inline std::string plain_base64(ByteView bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const unsigned byte = i / 8 < bytes.size() ? bytes[i / 8] : 0U;
      value = value << 1 | (byte >> (7 - i % 8) & 1U);
    }
    text += kAlphabet[value];
  }
  while (text.size() % 4 != 0) text += '=';
  return text;
}

// The characters in lines, each with the ending, the last one too.
inline std::string in_lines(std::string_view characters, std::size_t line_chars,
                            std::string_view ending) {
  std::string text;
  for (std::size_t at = 0; at < characters.size(); at += line_chars) {
    text += characters.substr(at, line_chars);
    text += ending;
  }
  return text;
}

inline std::string base64_lines(ByteView bytes, std::size_t line_chars = 76,
                                std::string_view ending = "\n") {
  return in_lines(plain_base64(bytes), line_chars, ending);
}

inline std::string with_crlf(std::string_view text) {
  std::string made;
  for (const char c : text) made += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return made;
}

}  // namespace letterpress::test
