// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/keys.h"

#include <gmock/gmock.h>

#include "vault/limits.h"
#include "vault/vault_fixtures.h"
#include "vault/vault_head.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

Result<IngestKey> make(const std::string& name, std::size_t readers) {
  std::vector<ReaderPublicKey> keys;
  for (std::size_t i = 0; i < readers; ++i) {
    keys.push_back(counting<ReaderPublicKey>(static_cast<std::uint8_t>(i)));
  }
  return make_ingest_key(tiny_recovery(), kTinyIdentity.writer, name, keys);
}

TEST(Keys, ABufferThatHadASecretIsOverwritten) {
  std::string text = "as long as no small string is, and secret";
  Bytes bytes(100, 7);
  const std::size_t text_bytes = text.size();
  {
    const WipeAtEnd wipe_text(text);
    const WipeAtEnd wipe_bytes(bytes);
  }
  EXPECT_EQ(text, std::string(text_bytes, '\0'));
  EXPECT_EQ(bytes, Bytes(100, 0));
}

TEST(Keys, EveryIngestKeyHasSecretsOfItsOwn) {
  const IngestKey one = take(make("one", 1));
  const IngestKey two = take(make("one", 1));
  EXPECT_NE(one.id_key.bytes, two.id_key.bytes);
  EXPECT_NE(one.signing.public_key(), two.signing.public_key());
  EXPECT_EQ(one.root, two.root);
  EXPECT_NE(derive_digest_key(one.id_key).bytes, one.id_key.bytes);
  EXPECT_NE(derive_index_key(one.id_key).bytes, derive_digest_key(one.id_key).bytes);
  EXPECT_NE(take(make_recovery_key(kTinyIdentity.vault)).root,
            take(make_recovery_key(kTinyIdentity.vault)).root);
}

TEST(Keys, NamesAndReadersHaveLimits) {
  for (const std::string& good :
       {std::string("a"), std::string("mx 1, Berlin"), std::string(64, 'n')}) {
    EXPECT_TRUE(make(good, 1)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(" a"), std::string("a "), std::string("a\nb"),
        std::string("\xc3\xa4"), std::string(65, 'n')}) {
    EXPECT_EQ(make(bad, 1).error().code(), ErrorCode::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(make("a", 0));
  EXPECT_TRUE(make("a", kReadersMax));
  EXPECT_FALSE(make("a", kReadersMax + 1));
}

TEST(Keys, TheRecoveryKeyIsAReaderOnce) {
  const ReaderPublicKey own = tiny_recovery().reader().public_key();
  const auto other = counting<ReaderPublicKey>(7);
  const std::vector<ReaderPublicKey> given{other, own, other};
  EXPECT_EQ(readers_of(tiny_recovery(), given), (std::vector{own, other}));
}

TEST(Keys, ACertificateIsOfOneWriterKeyNameAndRoot) {
  const SigningKey root = tiny_recovery().signing();
  const WriterCertificate good =
      certify(root, kTinyIdentity, "mx1", tiny_key().signing.public_key());
  EXPECT_TRUE(is_certified(root.public_key(), kTinyIdentity, good));
  WriterIdentity identity = kTinyIdentity;
  identity.epoch = 2;
  EXPECT_FALSE(is_certified(root.public_key(), identity, good));
  identity = kTinyIdentity;
  identity.vault.bytes[0] ^= 1;
  EXPECT_FALSE(is_certified(root.public_key(), identity, good));
  identity = kTinyIdentity;
  identity.writer.bytes[15] ^= 1;
  EXPECT_FALSE(is_certified(root.public_key(), identity, good));
  WriterCertificate bad = good;
  bad.name = "mx2";
  EXPECT_FALSE(is_certified(root.public_key(), kTinyIdentity, bad));
  bad = good;
  bad.key.bytes[3] ^= 4;
  EXPECT_FALSE(is_certified(root.public_key(), kTinyIdentity, bad));
  bad = good;
  bad.signature.bytes[40] ^= 4;
  EXPECT_FALSE(is_certified(root.public_key(), kTinyIdentity, bad));
  EXPECT_FALSE(is_certified(tiny_key().signing.public_key(), kTinyIdentity, good));
}

TEST(Keys, AnotherVaultIsNamed) {
  EXPECT_THAT(message_of(require_same_vault(counting<VaultId>(1), counting<VaultId>(2), "my.key")),
              HasSubstr("my.key: is a key of another vault (0102"));
  EXPECT_TRUE(require_same_vault(counting<VaultId>(1), counting<VaultId>(1), "my.key"));
}

TEST(VaultHead, IsReadBackAndSignedByTheRootItNames) {
  const SigningKey root = tiny_recovery().signing();
  const VaultHead head{kTinyIdentity.vault, 1'795'444'860, root.public_key(), tiny_key().readers};
  const std::string text = encode_vault_head(head, root);
  const VaultHead got = take(decode_vault_head(as_bytes(text), "head"));
  EXPECT_EQ(got.id, head.id);
  EXPECT_EQ(got.created_s, head.created_s);
  EXPECT_EQ(got.root, head.root);
  EXPECT_EQ(got.readers, head.readers);
  // Lines that fit together, but signed by another key.
  const std::string forged = encode_vault_head(head, tiny_key().signing);
  EXPECT_THAT(message_of(decode_vault_head(as_bytes(forged), "head")),
              HasSubstr("is not signed by the root"));
}

}  // namespace
}  // namespace letterpress::vault
