// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/keyring.h"

#include <gmock/gmock.h>

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

const ReaderKey kOne(Secret(counting<Sha256Digest>(1).bytes));
const ReaderKey kTwo(Secret(counting<Sha256Digest>(2).bytes));

// RFC 7748, section 6.1: Bob's keys.
TEST(SealedBox, PublicKeysAreThoseOfTheRfc) {
  Secret secret;
  ASSERT_TRUE(
      parse_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", secret.bytes));
  EXPECT_EQ(to_hex(ReaderKey(secret).public_key().bytes),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST(SealedBox, OnlyItsReaderOpensIt) {
  const Bytes secret = seeded_bytes(64, 3);
  const Bytes box = take(close_box(kOne.public_key(), secret));
  EXPECT_EQ(box.size(), secret.size() + kBoxBytes);
  EXPECT_EQ(open_box(kOne, box), secret);
  EXPECT_FALSE(open_box(kTwo, box));
  EXPECT_NE(take(close_box(kOne.public_key(), secret)), box);  // a key of its own each time
  for (std::size_t at = 0; at < box.size(); ++at) {
    Bytes bad = box;
    bad[at] ^= 1;
    EXPECT_FALSE(open_box(kOne, bad)) << at;
  }
  for (std::size_t length = 0; length < box.size(); ++length) {
    EXPECT_FALSE(open_box(kOne, ByteView(box).first(length))) << length;
  }
}

TEST(SealedBox, RefusesWhatIsNoKey) {
  EXPECT_EQ(close_box(ReaderPublicKey{}, seeded_bytes(8, 1)).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST(Keyring, FindsTheSlotOfItsReaderAndLearnsTheIdKey) {
  const Secret file_key(counting<Sha256Digest>(0x50).bytes);
  const std::vector<ReaderSlot> slots = {
      take(lock_for(kOne.public_key(), file_key, tiny_key().id_key)),
      take(lock_for(kTwo.public_key(), file_key, tiny_key().id_key))};
  for (const ReaderKey& reader : {kOne, kTwo}) {
    Keyring keys = public_keys();
    EXPECT_FALSE(keys.reads_packs());
    EXPECT_FALSE(keys.unlock(kTinyIdentity, slots));
    keys.add(reader);
    EXPECT_TRUE(keys.reads_packs());
    EXPECT_FALSE(keys.id_key(kTinyIdentity));
    EXPECT_EQ(keys.unlock(kTinyIdentity, slots), file_key);
    ASSERT_TRUE(keys.id_key(kTinyIdentity));
    EXPECT_EQ(keys.id_key(kTinyIdentity)->bytes, tiny_key().id_key.bytes);
  }
  Keyring stranger = public_keys();
  stranger.add(ReaderKey(Secret(counting<Sha256Digest>(3).bytes)));
  EXPECT_FALSE(stranger.unlock(kTinyIdentity, slots));
  EXPECT_FALSE(stranger.id_key(kTinyIdentity));
}

TEST(Keyring, CopiesShareWhatTheyLearn) {
  const Keyring keys = reading_keys();
  const Keyring copy = public_keys();
  EXPECT_TRUE(keys.id_key(kTinyIdentity));
  EXPECT_FALSE(copy.id_key(kTinyIdentity));
  const Keyring second = keys;
  EXPECT_TRUE(second.id_key(kTinyIdentity));
}

TEST(Keyring, KnowsWhomTheRootCertified) {
  const Keyring keys = public_keys();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(keys.is_writer(kTinyIdentity, tiny_key().certificate));
  }
  WriterIdentity other = kTinyIdentity;
  other.epoch = 9;
  EXPECT_FALSE(keys.is_writer(other, tiny_key().certificate));
  WriterCertificate renamed = tiny_key().certificate;
  renamed.name = "somebody else";
  EXPECT_FALSE(keys.is_writer(kTinyIdentity, renamed));
}

}  // namespace
}  // namespace letterpress::vault
