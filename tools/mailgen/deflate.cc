// SPDX-License-Identifier: Apache-2.0
#include "deflate.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

namespace mailgen {
namespace {

constexpr std::size_t kMatchMin = 4;
constexpr std::size_t kMatchMax = 258;
constexpr std::size_t kWindow = 32'768;
constexpr unsigned kEndOfBlock = 256;

constexpr auto kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t table = 1; table < 8; ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[table - 1][byte];
      tables[table][byte] = (crc >> 8U) ^ tables[0][crc & 0xffU];
    }
  }
  return tables;
}();

std::uint32_t load32(const char* from) {
  std::uint32_t value = 0;
  for (unsigned lane = 0; lane < 4; ++lane) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[lane])) << (8 * lane);
  }
  return value;
}

// Huffman code lengths of at most 15 bits: when a length comes out greater, flatter counts are
// tried.
std::string huffman_lengths(std::vector<std::uint32_t> counts) {
  const std::size_t symbols = counts.size();
  for (;;) {
    std::vector<std::uint64_t> weight(counts.begin(), counts.end());
    std::vector<std::size_t> parent(symbols, 0);
    std::vector<std::size_t> roots(symbols);
    std::iota(roots.begin(), roots.end(), std::size_t{0});
    while (roots.size() > 1) {
      std::sort(roots.begin(), roots.end(), [&](std::size_t a, std::size_t b) {
        return weight[a] != weight[b] ? weight[a] > weight[b] : a > b;
      });
      const std::size_t node = weight.size();
      weight.push_back(weight[roots.back()] + weight[roots[roots.size() - 2]]);
      parent.push_back(0);
      parent[roots.back()] = parent[roots[roots.size() - 2]] = node;
      roots.resize(roots.size() - 2);
      roots.push_back(node);
    }
    std::string lengths(symbols, '\0');
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
      for (std::size_t node = symbol; parent[node] != 0; node = parent[node]) ++lengths[symbol];
    }
    if (*std::max_element(lengths.begin(), lengths.end()) <= 15) return lengths;
    for (auto& count : counts) count = count / 2 + 1;
  }
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const std::uint32_t low = crc ^ load32(at);
    const std::uint32_t high = load32(at + 4);
    crc = 0;
    for (unsigned lane = 0; lane < 4; ++lane) {
      crc ^= kCrcTables[7 - lane][(low >> (8 * lane)) & 0xffU];
      crc ^= kCrcTables[3 - lane][(high >> (8 * lane)) & 0xffU];
    }
  }
  for (; left > 0; --left, ++at) {
    crc = (crc >> 8U) ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xffU];
  }
  return ~crc;
}

class Deflater::BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void put(std::uint32_t value, unsigned count) {
    held_ |= std::uint64_t{value} << count_;
    for (count_ += count; count_ >= 8; count_ -= 8, held_ >>= 8U) {
      out_.push_back(static_cast<char>(held_));
    }
  }
  void put(const Code& code) { put(code.bits, code.length); }
  void finish() {
    if (count_ > 0) out_.push_back(static_cast<char>(held_));
  }

 private:
  std::string& out_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

void Deflater::assign(const std::string& lengths, Code* codes) {
  unsigned next = 0;
  for (unsigned length = 1; length <= 15; ++length, next <<= 1U) {
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != static_cast<char>(length)) continue;
      // Deflate packs bits from the low end but wants a code's first bit first: so codes are
      // mirrored.
      unsigned mirrored = 0;
      for (unsigned bit = 0; bit < length; ++bit)
        mirrored |= ((next >> bit) & 1U) << (length - 1 - bit);
      codes[symbol] = {static_cast<std::uint16_t>(mirrored), static_cast<std::uint8_t>(length)};
      ++next;
    }
  }
}

Deflater::Deflater(std::string_view sample) {
  std::vector<std::uint32_t> counts(286, 1);
  for (const char byte : sample) ++counts[static_cast<unsigned char>(byte)];
  // Lengths 4 to 18 are the usual matches in XML; there is about one match for four literals.
  for (std::size_t symbol = 258; symbol < 273; ++symbol) {
    counts[symbol] += static_cast<std::uint32_t>(sample.size() / 60);
  }
  literal_lengths_ = huffman_lengths(std::move(counts));
  // Two codes of 4 bits and 28 of 5 bits are complete: 2/16 + 28/32 = 1.
  distance_lengths_ = std::string(28, '\5') + std::string(2, '\4');
  assign(literal_lengths_, literals_.data());
  assign(distance_lengths_, distances_.data());
}

void Deflater::append_match(std::size_t length, std::size_t distance, BitWriter& bits) const {
  // Both tables of RFC 1951, 3.2.5, are "two more significant bits and a count of extra bits", for
  // lengths in groups of four and for distances in groups of two; 258 has a symbol of its own.
  if (length == kMatchMax) {
    bits.put(literals_[285]);
  } else {
    const auto offset = static_cast<std::uint32_t>(length - 3);
    const unsigned extra = offset < 8 ? 0 : static_cast<unsigned>(std::bit_width(offset)) - 3;
    bits.put(literals_[257 + 4 * extra + (offset >> extra)]);
    bits.put(offset & ((1U << extra) - 1), extra);
  }
  const auto offset = static_cast<std::uint32_t>(distance - 1);
  const unsigned extra = offset < 4 ? 0 : static_cast<unsigned>(std::bit_width(offset)) - 2;
  bits.put(distances_[2 * extra + (offset >> extra)]);
  bits.put(offset & ((1U << extra) - 1), extra);
}

void Deflater::compress(std::string_view text, std::string& out) const {
  BitWriter bits(out);
  bits.put(1, 1);  // the last block
  bits.put(2, 2);  // with codes of its own
  bits.put(286 - 257, 5);
  bits.put(30 - 1, 5);
  bits.put(19 - 4, 4);
  // The code for code lengths: 0 to 15 in four bits each (as numbers, so mirrored), no run lengths.
  for (unsigned symbol = 0; symbol < 19; ++symbol) bits.put(symbol < 3 ? 0 : 4, 3);
  for (const std::string* lengths : {&literal_lengths_, &distance_lengths_}) {
    for (const char length : *lengths) {
      const auto value = static_cast<unsigned>(length);
      bits.put((value & 1U) << 3U | (value & 2U) << 1U | (value & 4U) >> 1U | value >> 3U, 4);
    }
  }
  std::vector<std::uint32_t> newest(4096, 0);  // position + 1 of the newest string with a hash
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t length = 0;
    std::size_t distance = 0;
    if (at + kMatchMin <= text.size()) {
      auto& slot = newest[(load32(text.data() + at) * 0x9e3779b1U) >> 20U];
      if (slot > 0 && at + 1 - slot <= kWindow) {
        distance = at + 1 - slot;
        const std::size_t most = std::min(kMatchMax, text.size() - at);
        while (length < most && text[at + length] == text[at + length - distance]) ++length;
      }
      slot = static_cast<std::uint32_t>(at + 1);
    }
    if (length >= kMatchMin) {
      append_match(length, distance, bits);
      at += length;
    } else {
      bits.put(literals_[static_cast<unsigned char>(text[at++])]);
    }
  }
  bits.put(literals_[kEndOfBlock]);
  bits.finish();
}

}  // namespace mailgen
