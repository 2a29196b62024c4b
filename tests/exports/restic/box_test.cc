// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/box.h"

#include <gtest/gtest.h>

#include "vault/ids.h"

namespace letterpress::restic {
namespace {

template <std::size_t kBytes>
std::array<std::uint8_t, kBytes> from_hex(std::string_view hex) {
  std::array<std::uint8_t, kBytes> bytes{};
  EXPECT_TRUE(vault::parse_hex(hex, bytes));
  return bytes;
}

TEST(Box, OpensWhatItSealed) {
  const Result<BoxKey> key = random_box_key();
  ASSERT_TRUE(key);
  Box box(*key);
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 100U, 65536U, 1000001U}) {
    Bytes plain(size);
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::uint8_t>(i * 7);
    Bytes sealed = {1, 2, 3};  // what is there stays
    ASSERT_TRUE(box.seal(plain, sealed));
    ASSERT_EQ(sealed.size(), 3 + size + kBoxExtraBytes);
    Bytes opened;
    ASSERT_TRUE(Box(*key).open(ByteView(sealed).subspan(3), opened));
    EXPECT_EQ(opened, plain);
  }
}

// D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B: four messages.
TEST(Box, AuthenticatesAsThePaperDoes) {
  struct Vector {
    const char *message, *r, *k, *nonce, *tag;
  };
  constexpr Vector kVectors[] = {
      {"f3f6", "851fc40c3467ac0be05cc20404f3f700", "ec074c835580741701425b623235add6",
       "fb447350c4e868c52ac3275cf9d4327e", "f4c633c3044fc145f84f335cb81953de"},
      {"", "a0f3080000f46400d0c7e9076c834403", "75deaa25c09f208e1dc4ce6b5cad3fbf",
       "61ee09218d29b0aaed7e154a2c5509cc", "dd3fab2251f11ac759f0887129cc2ee7"},
      {"663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
       "48443d0bb0d21109c89a100b5ce2c208", "6acb5f61a7176dd320c5c1eb2edcdc74",
       "ae212a55399729595dea458bc621ff0e", "0ee1c16bb73f0f4fd19881753c01cdbe"},
      {"ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0990c62e48b8018b2c3e4a0fa31"
       "34cb67fa83e158c994d961c4cb21095c1bf9",
       "12976a08c4426d0ce8a82407c4f48207", "e1a5668a4d5b66a5f68cc5424ed5982d",
       "9ae831e743978d3a23527c7128149e3a", "5154ad0d2cb26e01274fc51148491f1b"},
  };
  for (const Vector& vector : kVectors) {
    BoxKey key;
    key.encrypt.fill(1);
    key.mac_r = from_hex<16>(vector.r);
    key.mac_k = from_hex<16>(vector.k);
    const std::string hex = std::string(vector.nonce) + vector.message + vector.tag;
    Bytes sealed(hex.size() / 2);
    ASSERT_TRUE(vault::parse_hex(hex, sealed));
    Bytes opened;
    EXPECT_TRUE(Box(key).open(sealed, opened)) << vector.message;
    EXPECT_EQ(opened.size(), sealed.size() - kBoxExtraBytes);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      sealed[i] ^= 0x10;
      EXPECT_FALSE(Box(key).open(sealed, opened)) << i;
      sealed[i] ^= 0x10;
    }
  }
}

// NIST SP 800-38A, F.5.5: CTR-AES256, its first two blocks.
TEST(Box, EncryptsAsTheStandardDoes) {
  BoxKey key;
  key.encrypt = from_hex<32>("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  key.mac_k.fill(2);
  key.mac_r.fill(0);
  constexpr std::string_view kSealed =
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
      "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
      // With r = 0 the tag is AES-128 of the IV under k.
      "00e352134522bdce53808521ba5207d6";
  constexpr std::string_view kPlain =
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
  const auto sealed = from_hex<64>(kSealed);
  Bytes opened;
  ASSERT_TRUE(Box(key).open(sealed, opened));
  EXPECT_EQ(vault::to_hex(opened), kPlain);
}

TEST(Box, RefusesWhatIsTooShort) {
  const Result<BoxKey> key = random_box_key();
  ASSERT_TRUE(key);
  Bytes opened;
  for (std::size_t size = 0; size < kBoxExtraBytes; ++size) {
    const Status status = Box(*key).open(Bytes(size), opened);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(Box, HasAnotherIvEachTime) {
  const Result<BoxKey> key = random_box_key();
  ASSERT_TRUE(key);
  Box box(*key);
  std::vector<Bytes> ivs;
  for (int i = 0; i < 200; ++i) {
    Bytes sealed;
    ASSERT_TRUE(box.seal({}, sealed));
    sealed.resize(kBoxIvBytes);
    EXPECT_EQ(std::ranges::count(ivs, sealed), 0);
    ivs.push_back(sealed);
  }
}

}  // namespace
}  // namespace letterpress::restic
