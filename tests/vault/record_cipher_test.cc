// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/record_cipher.h"

#include <gmock/gmock.h>

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using Tag = std::array<std::uint8_t, RecordCipher::kCipherTagBytes>;

// The nonce of record 0 is twelve zeros: the test cases 13 and 14 of McGrew and Viega's "The
// Galois/Counter Mode of Operation", which NIST published with the mode.
TEST(RecordCipher, GivesThePublishedVectors) {
  RecordCipher cipher{Secret()};
  Tag tag{};
  Bytes nothing;
  cipher.encrypt(0, {}, nothing, tag);
  EXPECT_EQ(to_hex(tag), "530f8afbc74536b9a963b4f1c4cb738b");
  Bytes zeros(16);
  cipher.encrypt(0, {}, zeros, tag);
  EXPECT_EQ(to_hex(zeros), "cea7403d4d606b6e074ec5d3baf39d18");
  EXPECT_EQ(to_hex(tag), "d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(RecordCipher, DecryptsWhatItEncryptedAndNothingElse) {
  RecordCipher cipher(Secret(counting<Sha256Digest>(5).bytes));
  RecordCipher other(Secret(counting<Sha256Digest>(6).bytes));
  const Bytes clear = seeded_bytes(300, 1);
  const Bytes header = seeded_bytes(32, 2);
  Bytes part = clear;
  Tag tag{};
  cipher.encrypt(7, header, part, tag);
  EXPECT_NE(part, clear);
  const auto opens = [&](RecordCipher& with, std::uint32_t number, ByteView head, Bytes bytes,
                         const Tag& given) {
    const bool is_good = with.decrypt(number, head, bytes, given);
    return is_good && bytes == clear;
  };
  EXPECT_TRUE(opens(cipher, 7, header, part, tag));
  EXPECT_FALSE(opens(cipher, 8, header, part, tag));
  EXPECT_FALSE(opens(other, 7, header, part, tag));
  for (std::size_t at = 0; at < part.size(); ++at) {
    Bytes bad = part;
    bad[at] ^= 1;
    EXPECT_FALSE(opens(cipher, 7, header, bad, tag)) << at;
  }
  for (std::size_t at = 0; at < header.size(); ++at) {
    Bytes bad = header;
    bad[at] ^= 0x80;
    EXPECT_FALSE(opens(cipher, 7, bad, part, tag)) << at;
  }
  for (std::size_t at = 0; at < tag.size(); ++at) {
    Tag bad = tag;
    bad[at] ^= 8;
    EXPECT_FALSE(opens(cipher, 7, header, part, bad)) << at;
  }
  EXPECT_TRUE(opens(cipher, 7, header, part, tag));  // a failure leaves the cipher as it was
}

TEST(RecordCipher, EveryNumberHasANonceOfItsOwn) {
  RecordCipher cipher(Secret(counting<Sha256Digest>(5).bytes));
  std::vector<Bytes> seen;
  for (const std::uint32_t number : {0U, 1U, 255U, 256U, 65536U, 1U << 24, UINT32_MAX}) {
    Bytes zeros(64);
    Tag tag{};
    cipher.encrypt(number, {}, zeros, tag);
    EXPECT_EQ(std::ranges::count(seen, zeros), 0) << number;
    seen.push_back(zeros);
  }
}

}  // namespace
}  // namespace letterpress::vault
