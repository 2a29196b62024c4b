// SPDX-License-Identifier: Apache-2.0
#include "mail/base64_codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

constexpr std::uint8_t kUntouched = 0xa5;

TEST(Base64Codec, KnowsTheAlphabetOfRfc4648) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::size_t at = kAlphabet.find(static_cast<char>(byte));
    const std::uint8_t value = base64_value(static_cast<std::uint8_t>(byte));
    EXPECT_EQ(value, at == std::string_view::npos ? kNotBase64 : at) << byte;
    if (value != kNotBase64) {
      EXPECT_EQ(base64_character(value), byte);
    }
  }
}

TEST(Base64Codec, GivesThePublishedVectors) {
  // RFC 4648, section 10, those without padding.
  for (const auto& [plain, text] :
       {std::pair<std::string_view, std::string_view>{"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    const std::size_t quanta = plain.size() / 3;
    Bytes made(4 * quanta);
    encode_quanta(as_bytes(plain).data(), quanta, made.data());
    EXPECT_EQ(as_text(made), text);
    made.assign(3 * quanta, 0);
    EXPECT_EQ(decode_quanta(as_bytes(text).data(), quanta, made.data()), quanta);
    EXPECT_EQ(as_text(made), plain);
  }
}

TEST(Base64Codec, AgreesWithBitsTakenSixByOneAtEveryLength) {
  for (std::size_t quanta = 0; quanta <= 70; ++quanta) {
    const Bytes bytes = test::random_bytes(3 * quanta, static_cast<unsigned>(quanta));
    const std::string text = test::plain_base64(bytes);
    Bytes made(4 * quanta + 8, kUntouched);
    encode_quanta(bytes.data(), quanta, made.data());
    EXPECT_EQ(as_text(made).substr(0, text.size()), text);
    EXPECT_EQ(std::ranges::count(ByteView(made).subspan(4 * quanta), kUntouched), 8);
    made.assign(3 * quanta + 8, kUntouched);
    ASSERT_EQ(decode_quanta(as_bytes(text).data(), quanta, made.data()), quanta);
    EXPECT_TRUE(std::ranges::equal(ByteView(made).first(3 * quanta), bytes));
    EXPECT_EQ(std::ranges::count(ByteView(made).subspan(3 * quanta), kUntouched), 8);
  }
}

TEST(Base64Codec, StopsBeforeTheQuantumWithAnyForeignByte) {
  constexpr std::size_t kQuanta = 9;
  const Bytes bytes = test::random_bytes(3 * kQuanta);
  const std::string text = test::plain_base64(bytes);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (unsigned foreign = 0; foreign < 256; ++foreign) {
      if (base64_value(static_cast<std::uint8_t>(foreign)) != kNotBase64) continue;
      std::string broken = text;
      broken[at] = static_cast<char>(foreign);
      Bytes made(3 * kQuanta);
      const std::size_t done = decode_quanta(as_bytes(broken).data(), kQuanta, made.data());
      ASSERT_EQ(done, at / 4) << "byte " << foreign << " at " << at;
      ASSERT_TRUE(
          std::ranges::equal(ByteView(made).first(3 * done), ByteView(bytes).first(3 * done)));
      ASSERT_EQ(base64_prefix(as_bytes(broken).data(), broken.size()), at);
    }
  }
}

}  // namespace
}  // namespace letterpress::mail
