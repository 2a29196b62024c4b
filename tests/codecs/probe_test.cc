// SPDX-License-Identifier: Apache-2.0
// What must be called incompressible is what zstd itself cannot make smaller, and the other way
// round.
#include "codecs/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "codecs/codec.h"

namespace letterpress::codecs {
namespace {

Bytes random_bytes(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(LooksIncompressible, SeesRandomBytes) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    EXPECT_TRUE(looks_incompressible(random_bytes(seed, 2048 + 317 * seed))) << seed;
  }
}

TEST(LooksIncompressible, LetsTextAndZerosPass) {
  EXPECT_FALSE(looks_incompressible(Bytes(65536)));
  EXPECT_FALSE(looks_incompressible(Bytes(65536, 0xff)));
  std::string text;
  while (text.size() < 65536) text += "The quick brown fox jumps over the lazy dog. ";
  EXPECT_FALSE(looks_incompressible(as_bytes(text)));
  std::mt19937 random(3);
  std::string digits;
  while (digits.size() < 65536) digits += std::to_string(random());
  EXPECT_FALSE(looks_incompressible(as_bytes(digits)));
}

TEST(LooksIncompressible, LetsRandomBase64Pass) {
  // Six bits of eight: a quarter is to be saved.
  Bytes bytes = random_bytes(4, 16384);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "0123456789+/"[byte & 63]);
  }
  EXPECT_FALSE(looks_incompressible(bytes));
}

TEST(LooksIncompressible, LetsShortChunksPass) {
  for (std::size_t count = 0; count < 2048; count += 89) {
    EXPECT_FALSE(looks_incompressible(random_bytes(5, count))) << count;
  }
}

TEST(LooksIncompressible, LetsChunksPassOfWhichAQuarterCompresses) {
  for (std::ptrdiff_t quarter = 0; quarter < 4; ++quarter) {
    Bytes bytes = random_bytes(6, 65536);
    std::fill_n(bytes.begin() + quarter * 16384, 16384, std::uint8_t{0});
    EXPECT_FALSE(looks_incompressible(bytes)) << quarter;
  }
}

TEST(LooksIncompressible, AgreesWithZstdOnSkewedBytes) {
  // Bytes below `limit`, all equally likely: log2(limit) bits each.
  BlockCodec codec;
  Bytes stored;
  for (const unsigned limit : {32U, 64U, 128U, 250U, 256U}) {
    Bytes bytes = random_bytes(limit, 32768);
    std::mt19937 random(limit);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % limit);
    codec.compress(Kind::kText, bytes, stored);
    const double saved = 1 - static_cast<double>(stored.size()) / static_cast<double>(bytes.size());
    EXPECT_EQ(looks_incompressible(bytes), saved < 0.05) << limit << ": zstd saves " << saved;
  }
}

}  // namespace
}  // namespace letterpress::codecs
