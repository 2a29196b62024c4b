// SPDX-License-Identifier: Apache-2.0
#include "vault/witness.h"

#include <gmock/gmock.h>

#include <fstream>

#include "vault/backup_fixture.h"
#include "vault/keys/labelled_text.h"
#include "vault/limits.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

class WitnessTest : public BackupTest {
 protected:
  // Adds a writer, and one snapshot of it.
  IngestKey second_writer() {
    Vault vault = take(Vault::open(vault_path_));
    WriterId writer = counting<WriterId>(0x77);
    const IngestKey key = take(make_ingest_key(recovery_, writer, "mx2", vault.head().readers));
    EXPECT_EQ(message_of(vault.add_writer(writer)), "");
    BackupOptions with = options();
    with.state_folder = place_.path("state2");
    take(backup(vault, key, with));
    return key;
  }
  Vault open() const { return take(Vault::open(vault_path_)); }
  std::vector<Damage> verify_with(const Witness& witness) {
    std::vector<Damage> found;
    VerifyOptions options;
    options.witness = witness;
    options.on_damage = [&](const Damage& damage) { found.push_back(damage); };
    take(verify(open(), options));
    return found;
  }
};

TEST_F(WitnessTest, HasTheLastEntryOfEveryWriterAndIsReadBack) {
  EXPECT_TRUE(take(take_witness(open())).heads.empty());
  write("a", seeded_mail(1));
  backup_now();
  write("b", seeded_mail(2));
  backup_now();
  second_writer();
  const Witness witness = take(take_witness(open()));
  ASSERT_EQ(witness.heads.size(), 2U);
  for (const WitnessedHead& seen : witness.heads) {
    EXPECT_EQ(seen.head.sequence, seen.writer == key_.identity.writer ? 2U : 1U);
    EXPECT_EQ(seen.head, take(read_log_head(open().storage(), seen.writer)));
  }
  const std::string path = place_.path("witness");
  std::ofstream(path) << format_witness(witness);
  const Witness got = take(read_witness(path));
  EXPECT_EQ(got.vault, witness.vault);
  EXPECT_EQ(got.root, witness.root);
  EXPECT_EQ(got.heads, witness.heads);
}

TEST_F(WitnessTest, FindsARollBack) {
  write("a", seeded_mail(1));
  backup_now();
  const auto older = vault_files();
  const Witness first = take(take_witness(open()));
  write("b", seeded_mail(2));
  backup_now();
  const Witness second = take(take_witness(open()));
  EXPECT_THAT(verify_with(first), ::testing::IsEmpty());
  EXPECT_THAT(verify_with(second), ::testing::IsEmpty());
  for (const auto& [path, bytes] : vault_files()) {
    if (!older.contains(path)) std::filesystem::remove(vault_path_ + "/" + path);
  }
  EXPECT_THAT(damage(), ::testing::IsEmpty());  // sound in itself
  EXPECT_THAT(verify_with(first), ::testing::IsEmpty());
  const std::vector<Damage> found = verify_with(second);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].message, HasSubstr("is gone, though the witness saw it"));
  EXPECT_THAT(found[0].message, HasSubstr(sequence_name(2)));
  // The same writer goes on from the older state: another entry 2.
  write("c", seeded_mail(3));
  backup_now();
  ASSERT_EQ(verify_with(second).size(), 1U);
  EXPECT_THAT(verify_with(second)[0].message, HasSubstr("was written anew"));
}

// What is damaged when the witness is taken may be healed later: no roll back.
TEST_F(WitnessTest, TakesTheLastEntryThatIsGood) {
  write("a", seeded_mail(1));
  backup_now();
  write("b", seeded_mail(2));
  backup_now();
  const std::string path = files_below("log/").back();
  const Bytes good = take(open().storage().read(path, 0, 1 << 20));
  std::filesystem::remove(vault_path_ + '/' + path);
  Bytes bad = good;
  bad[600] ^= 1;
  const auto put = [&](const Bytes& bytes) {
    std::ofstream(vault_path_ + '/' + path, std::ios::binary) << as_text(bytes);
  };
  put(bad);
  const Witness witness = take(take_witness(open()));
  ASSERT_EQ(witness.heads.size(), 1U);
  EXPECT_EQ(witness.heads[0].head.sequence, 1U);
  put(good);
  EXPECT_THAT(verify_with(witness), ::testing::IsEmpty());
}

TEST_F(WitnessTest, OfAnotherVaultOrRootIsRefused) {
  Witness witness = take(take_witness(open()));
  VerifyOptions options;
  options.witness = witness;
  options.witness->vault.bytes[0] ^= 1;
  EXPECT_EQ(verify(open(), options).error().code(), ErrorCode::kInvalidArgument);
  options.witness = witness;
  options.witness->root.bytes[0] ^= 1;
  EXPECT_EQ(verify(open(), options).error().code(), ErrorCode::kCorrupt);
}

TEST_F(WitnessTest, RejectsWhatIsNone) {
  write("a", seeded_mail(1));
  backup_now();
  const std::string good = format_witness(take(take_witness(open())));
  ASSERT_TRUE(parse_witness(as_bytes(good), "w"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(parse_witness(as_bytes(bad), "w")) << at;
    EXPECT_FALSE(parse_witness(as_bytes(good.substr(0, at)), "w")) << at;
  }
  const std::string id(32, 'a');
  const std::string hash(64, 'a');
  const auto parse = [&](const std::string& head) {
    return parse_witness(
        as_bytes(format_labelled_text(
            {"witness", kFormatVersion, {{"vault", id}, {"root", hash}, {"head", head}}})),
        "w");
  };
  EXPECT_TRUE(parse(id + " 17 " + hash));
  for (const std::string& head :
       {std::string(), id, id + " 17", id + " 17 " + hash + "a", id + " 017 " + hash,
        id + " 0 " + hash, id + " -1 " + hash, id + " 9999999999999999 " + hash, id + "  " + hash,
        id.substr(1) + " 17 " + hash}) {
    EXPECT_FALSE(parse(head)) << head;
  }
}

TEST_F(WitnessTest, WritersShareAVaultAndKnowNothingOfEachOther) {
  write("a", seeded_mail(1));
  backup_now();
  const IngestKey other = second_writer();
  const Vault vault = open();
  const SnapshotList list = take(list_snapshots(vault));
  ASSERT_EQ(list.snapshots.size(), 2U);
  EXPECT_EQ(list.snapshots[0].writer_name, "mail");
  EXPECT_EQ(list.snapshots[1].writer_name, "mx2");
  EXPECT_EQ(restored(list.snapshots[1].name), original());
  EXPECT_EQ(restored(list.snapshots[0].name), original());
  EXPECT_THAT(damage(), ::testing::IsEmpty());
  // One writer's keys open no index run of the other.
  Keyring keys = vault.keyring();
  keys.add(key_);
  EXPECT_FALSE(keys.id_key(other.identity));
  // A third's, certified by nobody of this vault, is not listed.
  RecoveryKey stranger = recovery_;
  stranger.root.bytes[3] ^= 1;
  const IngestKey forged =
      take(make_ingest_key(stranger, key_.identity.writer, "mail", key_.readers));
  Vault writable = open();
  BackupOptions with = options();
  with.state_folder = place_.path("state3");
  EXPECT_EQ(backup(writable, forged, with).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace letterpress::vault
