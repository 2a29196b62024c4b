// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/endian.h"
#include "mail/base64_alphabet.h"
#include "mail/base64_kernels.h"

namespace letterpress::mail {
namespace {

// What a character adds to the three decoded bytes, read as a little-endian word, by its place in
// the quantum. A character outside the alphabet sets a bit above them.
using PlaceTable = std::array<std::uint32_t, 256>;
constexpr std::uint32_t kBad = 1U << 24;

constexpr PlaceTable make_place(unsigned place) {
  PlaceTable words{};
  for (std::size_t character = 0; character < 256; ++character) {
    const std::uint8_t value = kBase64Values.of[character];
    if (value == kNotBase64) {
      words[character] = kBad;
      continue;
    }
    const std::uint32_t big = std::uint32_t{value} << (18 - 6 * place);
    words[character] = (big >> 16) | (big & 0xff00U) | ((big & 0xffU) << 16);
  }
  return words;
}

constexpr std::array<PlaceTable, 4> kPlaces = {make_place(0), make_place(1), make_place(2),
                                               make_place(3)};

// Two characters for 12 bits.
using PairTable = std::array<std::uint16_t, 4096>;

constexpr PairTable make_pairs() {
  PairTable pairs{};
  for (std::size_t bits = 0; bits < pairs.size(); ++bits) {
    const auto first = static_cast<std::uint8_t>(kBase64Alphabet[bits >> 6]);
    const auto second = static_cast<std::uint8_t>(kBase64Alphabet[bits & 63]);
    pairs[bits] = static_cast<std::uint16_t>(first | second << 8);
  }
  return pairs;
}

constexpr PairTable kPairs = make_pairs();

std::uint32_t decode_one(const std::uint8_t* text) noexcept {
  return kPlaces[0][text[0]] | kPlaces[1][text[1]] | kPlaces[2][text[2]] | kPlaces[3][text[3]];
}

void encode_one(const std::uint8_t* decoded, std::uint8_t* text) noexcept {
  const std::uint32_t bits =
      std::uint32_t{decoded[0]} << 16 | std::uint32_t{decoded[1]} << 8 | decoded[2];
  store_le(text, kPairs[bits >> 12]);
  store_le(text + 2, kPairs[bits & 0xfff]);
}

std::size_t prefix(const std::uint8_t* text, std::size_t size) noexcept {
  std::size_t count = 0;
  while (count < size && kBase64Values.of[text[count]] != kNotBase64) ++count;
  return count;
}

std::size_t decode_quanta_scalar(const std::uint8_t* text, std::size_t quanta_max,
                                 std::uint8_t* decoded) noexcept {
  std::size_t done = 0;
  // Two quanta in one 8-byte store, of which the next one overwrites the last two bytes.
  for (; done + 3 <= quanta_max; done += 2) {
    const std::uint32_t first = decode_one(text + 4 * done);
    const std::uint32_t second = decode_one(text + 4 * done + 4);
    if (((first | second) & kBad) != 0) break;
    store_le(decoded + 3 * done, std::uint64_t{first} | std::uint64_t{second} << 24);
  }
  for (; done < quanta_max; ++done) {
    const std::uint32_t word = decode_one(text + 4 * done);
    if ((word & kBad) != 0) break;
    store_le(decoded + 3 * done, static_cast<std::uint16_t>(word));
    decoded[3 * done + 2] = static_cast<std::uint8_t>(word >> 16);
  }
  return done;
}

void encode_quanta_scalar(const std::uint8_t* decoded, std::size_t quanta,
                          std::uint8_t* text) noexcept {
  std::size_t done = 0;
  // Two quanta from one 8-byte load; the last ones by themselves, since it reads two bytes ahead.
  for (; done + 3 <= quanta; done += 2) {
    const std::uint64_t bits = __builtin_bswap64(load_le<std::uint64_t>(decoded + 3 * done));
    store_le(text + 4 * done, kPairs[bits >> 52]);
    store_le(text + 4 * done + 2, kPairs[(bits >> 40) & 0xfff]);
    store_le(text + 4 * done + 4, kPairs[(bits >> 28) & 0xfff]);
    store_le(text + 4 * done + 6, kPairs[(bits >> 16) & 0xfff]);
  }
  for (; done < quanta; ++done) encode_one(decoded + 3 * done, text + 4 * done);
}

bool ends_with(const std::uint8_t* text, const Base64Lines& lines) noexcept {
  std::uint64_t ending = lines.ending;
  for (std::size_t i = 0; i < lines.ending_bytes; ++i, ending >>= 8) {
    if (text[i] != static_cast<std::uint8_t>(ending)) return false;
  }
  return true;
}

std::size_t decode_lines_scalar(const std::uint8_t* text, std::size_t lines_max,
                                const Base64Lines& lines, std::uint8_t* decoded) noexcept {
  std::size_t done = 0;
  for (; done < lines_max; ++done) {
    if (!ends_with(text + 4 * lines.quanta, lines)) break;
    if (decode_quanta_scalar(text, lines.quanta, decoded) != lines.quanta) break;
    text += lines.line_bytes();
    decoded += 3 * lines.quanta;
  }
  return done;
}

void encode_lines_scalar(const std::uint8_t* decoded, std::size_t line_count,
                         const Base64Lines& lines, std::uint8_t* text) noexcept {
  for (; line_count > 0; --line_count) {
    encode_quanta_scalar(decoded, lines.quanta, text);
    text += 4 * lines.quanta;
    std::uint64_t ending = lines.ending;
    for (std::size_t i = 0; i < lines.ending_bytes; ++i, ending >>= 8) {
      *text++ = static_cast<std::uint8_t>(ending);
    }
    decoded += 3 * lines.quanta;
  }
}

}  // namespace

constinit const Base64Kernel kBase64Scalar = {CpuTier::kScalar,     prefix,
                                              decode_quanta_scalar, encode_quanta_scalar,
                                              decode_lines_scalar,  encode_lines_scalar};

}  // namespace letterpress::mail
