// SPDX-License-Identifier: Apache-2.0
// The inputs that tests/golden/cut_points.txt describes; the file has the language.
#pragma once

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace letterpress::chunking::test {

class ByteGenerator {
 public:
  explicit ByteGenerator(std::uint64_t seed) : x_(seed) {}

  std::uint8_t next() {
    x_ ^= x_ << 13;
    x_ ^= x_ >> 7;
    x_ ^= x_ << 17;
    return static_cast<std::uint8_t>(x_ >> 56);
  }

 private:
  std::uint64_t x_;
};

inline std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

inline Bytes generated_piece(const std::string& text) {
  const std::vector<std::string> fields = split_text(text, ':');
  const std::string& kind = fields.at(0);
  Bytes bytes(std::stoul(fields.back()));
  if (kind == "fill") {
    std::fill(bytes.begin(), bytes.end(),
              static_cast<std::uint8_t>(std::stoul(fields.at(1), nullptr, 16)));
    return bytes;
  }
  ByteGenerator generator(std::stoul(fields.at(1)));
  const std::size_t period = kind == "repeat" ? std::stoul(fields.at(2)) : bytes.size();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i >= period) {
      bytes[i] = bytes[i - period];
    } else if (kind == "random" || kind == "repeat") {
      bytes[i] = generator.next();
    } else if (kind == "bits") {
      bytes[i] = generator.next() % 2 == 0 ? '0' : '1';
    } else if (kind == "base64") {
      constexpr std::string_view kAlphabet =
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      bytes[i] = static_cast<std::uint8_t>(i % 77 == 76 ? '\n' : kAlphabet[generator.next() % 64]);
    } else {
      throw std::invalid_argument("no such kind of input: " + text);
    }
  }
  return bytes;
}

// "random:1:100+fill:00:50"
inline Bytes generated_input(const std::string& text) {
  Bytes bytes;
  for (const std::string& piece : split_text(text, '+')) append(bytes, generated_piece(piece));
  return bytes;
}

}  // namespace letterpress::chunking::test
