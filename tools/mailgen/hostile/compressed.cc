// SPDX-License-Identifier: Apache-2.0
// What looks compressed: for every place that inflates, now or one day.
#include <array>
#include <cstdint>
#include <string>

#include "base64.h"
#include "hostile/pattern.h"
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr std::string_view kGzipHead("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
constexpr std::size_t kBombPeriod = 13;
constexpr std::size_t kBombHeadBytes = 2;

// Deflate with the fixed code (RFC 1951, 3.2.6): a zero, then copies of 258 bytes from one byte
// before. A copy is 13 bits, so the stream repeats every 13 bytes; it inflates 1 : 158.
std::string bomb_bytes() {
  std::string bits =
      "110"
      "00110000";  // last block, fixed code; the literal 0, first bit first
  while (bits.size() < 8 * (kBombHeadBytes + kBombPeriod)) bits += "1100010100000";
  std::string bytes;
  for (std::size_t at = 0; at + 8 <= 8 * (kBombHeadBytes + kBombPeriod); at += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (bits[at + bit] == '1') byte |= 1U << bit;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

void put_bomb(PatternText& out, std::uint64_t bytes) {
  const std::string bomb = bomb_bytes();
  out.put(kGzipHead);
  out.put(bomb.substr(0, kBombHeadBytes));
  while (out.bytes() < bytes) out.repeat(bomb.substr(kBombHeadBytes), 1000);
}

// The head is 12 bytes, three periods are 39: both are whole quanta of base64.
void put_encoded_bomb(PatternText& out, std::uint64_t bytes) {
  const std::string bomb = bomb_bytes();
  const std::string period = bomb.substr(kBombHeadBytes);
  out.put(Pattern("{H}Content-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n"), 0);
  out.put(base64_word(std::string(kGzipHead) + bomb.substr(0, kBombHeadBytes)) + "\n");
  const std::string line = base64_word(period + period + period) + "\n";
  while (out.bytes() < bytes) out.repeat(line, 1000);
}

constexpr Shape kCompressedShapes[] = {
    {"compressed.gzip-noise", "bin", "the head of a gzip file, then noise",
     "\x1f\x8b\x08{0}{0}{0}{0}{0}{0}\x03", "{x:4096}"},
    {"compressed.gzip-bomb",
     "bin",
     "a gzip file that inflates 1 : 158",
     {},
     {},
     {},
     {},
     false,
     put_bomb},
    {"compressed.gzip-bomb-attached",
     "eml",
     "the same as an attachment",
     {},
     {},
     {},
     {},
     false,
     put_encoded_bomb},
    {"compressed.gzip-members", "bin", "very many empty gzip members", "",
     "\x1f\x8b\x08{0}{0}{0}{0}{0}{0}\x03\x03{0}{0}{0}{0}{0}{0}{0}{0}{0}"},
    {"compressed.gzip-long-name", "bin", "a gzip file whose name does not end",
     "\x1f\x8b\x08\x08{0}{0}{0}{0}{0}\x03", "name"},
    {"compressed.zstd-noise", "bin", "the head of a zstd frame, then noise",
     "\x28\xb5\x2f\xfd\x04\x58", "{x:4096}"},
    {"compressed.zstd-2-60", "bin", "zstd frames that say they have 2^60 bytes", "",
     "\x28\xb5\x2f\xfd\xe0{0}{0}{0}{0}{0}{0}{0}\x10\x01{0}{0}"},
    {"compressed.zstd-runs", "bin", "zstd frames of runs of 128 KiB", "",
     "\x28\xb5\x2f\xfd{0}\x58\x03{0}\x10{0}"},
    {"compressed.zstd-skippable", "bin", "skippable zstd frames", "",
     "\x50\x2a\x4d\x18\x04{0}{0}{0}aaaa"},
    {"compressed.xz", "bin", "the head of an xz file, then noise",
     "\xfd"
     "7zXZ{0}{0}\x04\xe6\xd6\xb4\x46",
     "{x:4096}"},
    {"compressed.bzip2", "bin", "the head of a bzip2 file, again and again", "",
     "BZh91AY&SY{x:40}"},
    {"compressed.lz4", "bin", "the head of an lz4 frame, then runs", "\x04\x22\x4d\x18\x64\x40\xa7",
     "{f:255:\xff}"},
    {"compressed.zip-headers", "bin", "local headers of a zip file with names that lead out", "",
     "PK\x03\x04\x14{0}{0}{0}\x08{0}{0}{0}{0}{0}{0}{0}{0}{0}\xff\xff\xff\xff\xff\xff\xff\xff\x0e{0}"
     "{0}"
     "{0}../../etc/x{0}{0}{0}"},
    {"compressed.zip-ends", "bin", "ends of a zip file", "PK\x03\x04",
     "PK\x05\x06{0}{0}{0}{0}\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff{0}{0}"},
    {"compressed.pdf", "bin", "PDF streams whose lengths lie", "%PDF-1.7\n",
     "{i} 0 obj\n<< /Length 99999999999 /Filter [/FlateDecode /FlateDecode] "
     ">>\nstream\n{x:60}\nendstream\n"},
    {"compressed.png", "bin", "PNG chunks of 2^31 bytes", "\x89PNG\r\n\x1a\n",
     "\x7f\xff\xff\xffIDAT{x:40}"},
    {"compressed.letterpress-stream", "bin", "what a stream begins with, then noise",
     "H{0}{0}{0}\x20{0}{0}{0}LPSTREAM", "{x:64}B{0}{0}{0}\xff\xff\xff\xff"},
};

}  // namespace

std::span<const Shape> compressed_shapes() { return kCompressedShapes; }

}  // namespace mailgen
