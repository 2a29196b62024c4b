// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_codec.h"

#include <array>
#include <string_view>

#include "base/endian.h"

namespace letterpress::mail {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using ValueTable = std::array<std::uint8_t, 256>;

constexpr ValueTable make_values() {
  ValueTable values{};
  for (std::uint8_t& value : values) value = kNotBase64;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr ValueTable kValues = make_values();

// What a character adds to the three decoded bytes, read as a little-endian word, by its place in
// the quantum. A character outside the alphabet sets a bit above them.
using PlaceTable = std::array<std::uint32_t, 256>;
constexpr std::uint32_t kBad = 1U << 24;

constexpr PlaceTable make_place(unsigned place) {
  PlaceTable words{};
  for (std::size_t character = 0; character < 256; ++character) {
    if (kValues[character] == kNotBase64) {
      words[character] = kBad;
      continue;
    }
    const std::uint32_t big = std::uint32_t{kValues[character]} << (18 - 6 * place);
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
    const auto first = static_cast<std::uint8_t>(kAlphabet[bits >> 6]);
    const auto second = static_cast<std::uint8_t>(kAlphabet[bits & 63]);
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

}  // namespace

std::uint8_t base64_value(std::uint8_t character) noexcept { return kValues[character]; }

std::uint8_t base64_character(unsigned value) noexcept {
  return static_cast<std::uint8_t>(kAlphabet[value & 63]);
}

std::size_t base64_prefix(const std::uint8_t* text, std::size_t size) noexcept {
  std::size_t count = 0;
  while (count < size && kValues[text[count]] != kNotBase64) ++count;
  return count;
}

std::size_t decode_quanta(const std::uint8_t* text, std::size_t quanta_max,
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

void encode_quanta(const std::uint8_t* decoded, std::size_t quanta, std::uint8_t* text) noexcept {
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

}  // namespace letterpress::mail
