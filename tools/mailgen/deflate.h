// SPDX-License-Identifier: Apache-2.0
/// Real, small deflate (RFC 1951), so that the texts inside generated documents really inflate.
///
/// One dynamic block with one Huffman code for all texts (built once from a sample), greedy matches
/// from a hash of four bytes. About as good as zlib's level 1. Also the CRC-32 that zip and PNG
/// want.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mailgen {

std::uint32_t crc32(std::string_view bytes);

class Deflater {
 public:
  /// The code is fitted to the byte frequencies of `sample`.
  explicit Deflater(std::string_view sample);
  /// Appends `text` as a complete raw deflate stream to `out`.
  void compress(std::string_view text, std::string& out) const;

 private:
  struct Code {
    std::uint16_t bits = 0;
    std::uint8_t length = 0;
  };
  class BitWriter;
  static void assign(const std::string& lengths, Code* codes);
  void append_match(std::size_t length, std::size_t distance, BitWriter& bits) const;

  std::string literal_lengths_;   // 286 code lengths, as characters
  std::string distance_lengths_;  // 30 of them
  std::array<Code, 286> literals_{};
  std::array<Code, 30> distances_{};
};

}  // namespace mailgen
