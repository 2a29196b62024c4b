// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "document.h"

namespace mailgen {
namespace {

using namespace std::string_view_literals;

void append_be(std::uint64_t value, unsigned bytes, std::string& out) {
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
}

void append_png_chunk(std::string_view type, std::string_view body, std::string& out) {
  append_be(body.size(), 4, out);
  const std::size_t start = out.size();
  out.append(type).append(body);
  append_be(crc32(std::string_view(out).substr(start)), 4, out);
}

// The segments before the picture, the same in every JPEG as encoders' standard tables are.
const std::string& jpeg_head() {
  static const std::string head = [] {
    std::string segments("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00"sv);
    Random tables(0x6a706567);
    for (int table = 0; table < 2; ++table) {
      segments.append("\xff\xdb\x00\x43"sv).push_back(static_cast<char>(table));
      for (int entry = 0; entry < 64; ++entry) {
        segments.push_back(static_cast<char>(tables.between(1, 99)));
      }
    }
    // Huffman tables have one code length histogram and up to 162 symbols.
    for (const std::size_t symbols : {12U, 162U, 12U, 162U}) {
      segments.append("\xff\xc4"sv);
      append_be(2 + 17 + symbols, 2, segments);
      for (std::size_t byte = 0; byte < 17 + symbols; ++byte) {
        segments.push_back(static_cast<char>(tables.below(250)));
      }
    }
    return segments;
  }();
  return head;
}

}  // namespace

void append_jpeg(Random& random, std::uint64_t bytes, std::string& out) {
  const std::size_t start = out.size();
  out.append(jpeg_head());
  out.append("\xff\xc0\x00\x11\x08"sv);
  append_be(random.between(240, 4000), 2, out);
  append_be(random.between(320, 6000), 2, out);
  out.append("\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"sv);
  out.append("\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"sv);
  const std::size_t head = out.size() - start;
  const std::size_t noise = bytes > head + 2 ? bytes - head - 2 : 0;
  const std::size_t from = out.size();
  random.append_bytes(noise, out);
  // In entropy-coded data 0xff is followed by a stuffed zero.
  for (std::size_t at = out.find('\xff', from); at < out.size(); at = out.find('\xff', at + 1)) {
    if (at + 1 < out.size()) out[at + 1] = '\0';
  }
  if (noise > 0) out.back() = '\x5a';
  out.append("\xff\xd9"sv);
}

void append_png(Random& random, std::uint64_t bytes, std::string& out) {
  const std::size_t start = out.size();
  out.append("\x89PNG\r\n\x1a\n"sv);
  std::string body;
  append_be(random.between(64, 3000), 4, body);
  append_be(random.between(64, 2000), 4, body);
  body.append("\x08\x06\x00\x00\x00"sv);
  append_png_chunk("IHDR", body, out);
  constexpr std::uint64_t kFrame = 12;  // length, type, checksum
  std::uint64_t left = bytes - std::min<std::uint64_t>(bytes, out.size() - start + kFrame);
  for (bool first = true; left > kFrame; first = false) {
    std::uint64_t size = std::min<std::uint64_t>(left - kFrame, 8192);
    // What is left must be nothing or room for a frame.
    if (const std::uint64_t rest = left - kFrame - size; rest > 0 && rest <= kFrame) size -= kFrame;
    body.assign(first ? "\x78\x9c" : "");
    if (size > body.size()) random.append_bytes(size - body.size(), body);
    body.resize(size);
    append_png_chunk("IDAT", body, out);
    left -= kFrame + size;
  }
  append_png_chunk("IEND", "", out);
}

}  // namespace mailgen
