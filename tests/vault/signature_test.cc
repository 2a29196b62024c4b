// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/signature.h"

#include <gmock/gmock.h>
#include <sodium.h>

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

Bytes from_hex(const std::string& text) {
  Bytes bytes(text.size() / 2);
  EXPECT_TRUE(parse_hex(text, bytes));
  return bytes;
}

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

// The format signs context, zero, message; the library under it is held to the RFC as it is.
TEST(Signature, TheLibraryIsThatOfTheRfc) {
  for (const Vector& vector : kVectors) {
    Secret seed;
    ASSERT_TRUE(parse_hex(vector.seed, seed.bytes));
    EXPECT_EQ(to_hex(SigningKey(seed).public_key().bytes), vector.public_key);
    const Bytes key = from_hex(vector.public_key);
    const Bytes message = from_hex(vector.message);
    const Bytes signature = from_hex(vector.signature);
    EXPECT_EQ(
        ::crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()),
        0);
  }
}

TEST(Signature, SignsContextZeroAndMessage) {
  const SigningKey key(Secret(counting<Sha256Digest>(1).bytes));
  const Signature signature = key.sign("a context", as_bytes("message"));
  using namespace std::string_view_literals;
  const ByteView joined = as_bytes("a context\0message"sv);
  EXPECT_EQ(::crypto_sign_verify_detached(signature.bytes.data(), joined.data(), joined.size(),
                                          key.public_key().bytes.data()),
            0);
}

TEST(Signature, IsOfOneKeyContextAndMessage) {
  const SigningKey key(Secret(counting<Sha256Digest>(1).bytes));
  const SigningKey other(Secret(counting<Sha256Digest>(2).bytes));
  const ByteView message = as_bytes("message");
  const Signature good = key.sign("context", message);
  EXPECT_EQ(good, key.sign("context", message));
  EXPECT_TRUE(is_signed(key.public_key(), "context", message, good));
  EXPECT_FALSE(is_signed(other.public_key(), "context", message, good));
  EXPECT_FALSE(is_signed(key.public_key(), "contexT", message, good));
  EXPECT_FALSE(is_signed(key.public_key(), "contex", as_bytes("tmessage"), good));
  EXPECT_FALSE(is_signed(key.public_key(), "context", as_bytes("messagf"), good));
  for (std::size_t bit = 0; bit < 8 * good.bytes.size(); ++bit) {
    Signature bad = good;
    bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(is_signed(key.public_key(), "context", message, bad)) << bit;
  }
  // A key that every signature would fit.
  EXPECT_FALSE(is_signed(VerifyKey{}, "context", message, Signature{}));
}

}  // namespace
}  // namespace letterpress::vault
