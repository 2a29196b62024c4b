// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "random.h"

namespace mailgen {
namespace {

// Two characters for each 12 bits.
const auto kPairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t bits = 0; bits < 4096; ++bits) {
    pairs[bits] = {kBase64Letters[bits >> 6U], kBase64Letters[bits & 63U]};
  }
  return pairs;
}();

char* encode_group(std::uint32_t bits, char* to) {
  std::memcpy(to, kPairs[bits >> 12U].data(), 2);
  std::memcpy(to + 2, kPairs[bits & 4095U].data(), 2);
  return to + 4;
}

char* encode(std::string_view bytes, char* to) {
  const auto at = [&](std::size_t index) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[index]);
  };
  std::size_t index = 0;
  for (; index + 3 <= bytes.size(); index += 3) {
    to = encode_group(at(index) << 16U | at(index + 1) << 8U | at(index + 2), to);
  }
  if (const std::size_t rest = bytes.size() - index; rest > 0) {
    to = encode_group(at(index) << 16U | (rest == 2 ? at(index + 1) << 8U : 0), to);
    if (rest == 1) to[-2] = '=';
    to[-1] = '=';
  }
  return to;
}

}  // namespace

std::uint64_t base64_lines(std::uint64_t bytes, Wrapping wrapping) {
  const std::uint64_t characters = (bytes + 2) / 3 * 4;
  return (characters + wrapping.columns - 1) / wrapping.columns;
}

std::uint64_t base64_bytes(std::uint64_t bytes, Wrapping wrapping) {
  return (bytes + 2) / 3 * 4 + base64_lines(bytes, wrapping) * (wrapping.crlf ? 2 : 1);
}

void append_base64(std::string_view bytes, Wrapping wrapping, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + base64_bytes(bytes.size(), wrapping));
  char* to = out.data() + start;
  const std::size_t line = wrapping.columns / 4U * 3U;
  for (std::size_t at = 0; at < bytes.size(); at += line) {
    to = encode(bytes.substr(at, line), to);
    if (wrapping.crlf) *to++ = '\r';
    *to++ = '\n';
  }
}

std::string base64_word(std::string_view text) {
  std::string word((text.size() + 2) / 3 * 4, '\0');
  encode(text, word.data());
  return word;
}

}  // namespace mailgen
