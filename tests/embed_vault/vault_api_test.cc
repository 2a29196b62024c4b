// SPDX-License-Identifier: Apache-2.0
// The vault's interface for embedders: keys, vaults, checks. What the files are, tests/vault says.
#include <filesystem>

#include "embed_vault/library_fixture.h"
#include "letterpress/vault.h"
#include "vault/keys/key_files.h"

namespace letterpress::embed_vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VaultApiTest : public LibraryTest {
 protected:
  // Changes one byte in the middle of a file.
  void damage(const std::string& below) const {
    std::string content = tree_.read(below);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    std::filesystem::remove(tree_.path(below));
    tree_.file(below, content);
  }
  VerifyReport verify(VerifyOptions options) {
    damage_.clear();
    options.on_damage = [this](const Damage& found) { damage_.push_back(found); };
    return take(vault_.verify(options));
  }

  std::vector<Damage> damage_;
};

TEST_F(VaultApiTest, AKeyIsTheTextOfItsFile) {
  for (const VaultKey& key :
       {recovery_, ingest_, take(VaultKey::make_reader()), take(recovery_.public_key())}) {
    const std::string text = take(key.text());
    const VaultKey again = take(VaultKey::parse(text));
    EXPECT_EQ(again.kind(), key.kind());
    EXPECT_EQ(take(again.text()), text);
    const std::string path = tree_.path("key-" + std::to_string(static_cast<int>(key.kind())));
    take(key.write(path));
    EXPECT_EQ(tree_.read(path.substr(tree_.root().size() + 1)), text);
    EXPECT_EQ(take(take(VaultKey::read(path)).text()), text);
    EXPECT_EQ(code_of(key.write(path)), ErrorCode::kIo) << "a key file was overwritten";
  }
  EXPECT_EQ(tree_.status("key-0").st_mode & 07777, 0600U);
  EXPECT_EQ(tree_.status("key-4").st_mode & 07777, 0644U);
  EXPECT_EQ(message_of(vault::read_recovery_key(tree_.path("key-0"))), "") << "as the program does";
}

TEST_F(VaultApiTest, APassphraseLocksAKey) {
  const std::string locked = take(recovery_.text("open sesame"));
  EXPECT_EQ(locked.find(take(recovery_.text()).substr(60, 30)), std::string::npos);
  EXPECT_EQ(code_of(VaultKey::parse(locked)), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(VaultKey::parse(locked, "open sesami")), HasSubstr("passphrase"));
  EXPECT_EQ(take(take(VaultKey::parse(locked, "open sesame")).text()), take(recovery_.text()));
  EXPECT_EQ(code_of(recovery_.text(std::string(5000, 'x'))), ErrorCode::kInvalidArgument);
}

TEST_F(VaultApiTest, WhatIsNoKeyIsRefused) {
  EXPECT_THAT(message_of(VaultKey::parse("")), HasSubstr("is not a letterpress key"));
  EXPECT_THAT(message_of(VaultKey::parse("letterpress witness, version 2\n")), HasSubstr("key"));
  std::string text = take(recovery_.text());
  text[text.find("root ") + 7] ^= 1;
  EXPECT_EQ(code_of(VaultKey::parse(text)), ErrorCode::kCorrupt);
  EXPECT_EQ(code_of(VaultKey::read(tree_.path("nothing"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(ingest_.public_key()), ErrorCode::kInvalidArgument);
}

TEST_F(VaultApiTest, EachKeyIsGoodForItsOwnThingOnly) {
  EXPECT_THAT(message_of(Vault::make(tree_.path("v"), ingest_)),
              HasSubstr("is a ingest key, not the recovery key"));
  EXPECT_FALSE(tree_.exists("v"));
  EXPECT_EQ(code_of(vault_.add_writer("mx2", ingest_)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(Backup::open(vault_, recovery_, options())), ErrorCode::kInvalidArgument);
  push_all({{"mail", "text"}}, options());
  EXPECT_EQ(code_of(Snapshot::open(vault_, ingest_)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(Snapshot::open(vault_, take(VaultKey::make_reader()))),
            ErrorCode::kInvalidArgument);
  const VaultKey other = take(VaultKey::make_recovery());
  EXPECT_EQ(code_of(Snapshot::open(vault_, other)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.add_writer("mx2", other)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.require_owner(other)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.require_owner(take(VaultKey::make_reader()))),
            ErrorCode::kInvalidArgument);
  for (const VaultKey& key : {recovery_, ingest_, take(recovery_.public_key())}) {
    EXPECT_EQ(message_of(vault_.require_owner(key)), "");
  }
}

TEST_F(VaultApiTest, AVaultIsMadeOnceInAnEmptyFolder) {
  EXPECT_EQ(code_of(Vault::make(tree_.path("vault"), recovery_)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(take(Vault::open(tree_.path("vault"))).id(), vault_.id());
  EXPECT_EQ(vault_.id().size(), 32U);
  EXPECT_EQ(code_of(Vault::open(tree_.path("nothing"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(Vault::open(tree_.root())), ErrorCode::kInvalidArgument);
  // Its owner is the recovery key that the caller keeps.
  EXPECT_EQ(vault_.id(),
            take(recovery_.text()).substr(take(recovery_.text()).find("vault ") + 6, 32));
  std::vector<VaultKey> readers;
  for (int i = 0; i < 8; ++i) readers.push_back(take(VaultKey::make_reader()));
  EXPECT_EQ(code_of(Vault::make(tree_.path("v"), recovery_, readers)), ErrorCode::kInvalidArgument);
  readers.pop_back();
  EXPECT_EQ(message_of(Vault::make(tree_.path("v"), recovery_, readers)), "");
}

TEST_F(VaultApiTest, AWriterHasAName) {
  for (const char* name : {"", " x", "\n"}) {
    EXPECT_EQ(code_of(vault_.add_writer(name, recovery_)), ErrorCode::kInvalidArgument);
  }
}

TEST_F(VaultApiTest, SnapshotsAreListedByTime) {
  EXPECT_THAT(take(vault_.snapshots()).snapshots, IsEmpty());
  BackupOptions with = options();
  with.host = "mx1.example.org";
  const BackupReport first = push_all({{"mail/1", "text"}, {"mail/2", "more"}}, with);
  const VaultKey second_writer = take(vault_.add_writer("mx2", recovery_));
  with = options();
  with.sources = {"archive", "mail"};
  with.state_folder = tree_.path("state-2");
  Backup backup = take(Backup::open(vault_, second_writer, with));
  const BackupReport second = take(backup.finish());
  const SnapshotList list = take(vault_.snapshots());
  EXPECT_THAT(list.damage, IsEmpty());
  ASSERT_EQ(list.snapshots.size(), 2U);
  EXPECT_EQ(list.snapshots[0].name, first.snapshot);
  EXPECT_EQ(list.snapshots[0].writer_name, "mx1");
  EXPECT_EQ(list.snapshots[0].host, "mx1.example.org");
  EXPECT_THAT(list.snapshots[0].sources, ElementsAre("mail"));
  EXPECT_EQ(list.snapshots[0].entries, 2U);
  EXPECT_EQ(list.snapshots[0].source_bytes, 8U);
  EXPECT_GT(list.snapshots[0].stored_bytes, 8U);
  EXPECT_EQ(list.snapshots[1].name, second.snapshot);
  EXPECT_THAT(list.snapshots[1].sources, ElementsAre("archive", "mail"));
  damage(files_below("log").front());
  const SnapshotList damaged = take(vault_.snapshots());
  EXPECT_EQ(damaged.snapshots.size(), 1U);
  EXPECT_EQ(damaged.damage.size(), 1U);
}

TEST_F(VaultApiTest, VerifyFindsDamageAndNamesTheEntry) {
  push_all({{"mail/1", std::string(30'000, 'a')}, {"mail/2", "more"}}, options());
  VerifyReport report = verify({});
  EXPECT_EQ(report.damage, 0U);
  EXPECT_EQ(report.snapshots, 1U);
  EXPECT_EQ(report.entries, 0U);
  report = verify({.key = recovery_, .is_deep = true, .trusted = take(recovery_.public_key())});
  EXPECT_EQ(report.damage, 0U);
  EXPECT_EQ(report.entries, 2U);
  EXPECT_GT(report.chunks, 0U);

  damage(files_below("packs").front());
  report = verify({});
  EXPECT_EQ(report.damage, damage_.size());
  ASSERT_GT(damage_.size(), 0U);
  EXPECT_THAT(damage_[0].file, HasSubstr("packs/"));
  report = verify({.key = recovery_, .is_deep = true});
  EXPECT_GT(report.lost, 0U);
  bool is_named = false;
  for (const Damage& found : damage_) {
    is_named = is_named || !found.path.empty() || found.lost_entries > 0;
  }
  EXPECT_TRUE(is_named);
}

TEST_F(VaultApiTest, VerifyWantsTheRightKeys) {
  push_all({{"mail", "text"}}, options());
  EXPECT_EQ(code_of(vault_.verify({.is_deep = true})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.verify({.key = ingest_})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.verify({.trusted = take(VaultKey::make_recovery())})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(vault_.verify({.witness = "I saw it"})), ErrorCode::kInvalidArgument);
  std::atomic<bool> cancel = true;
  EXPECT_EQ(code_of(vault_.verify({.cancel = &cancel})), ErrorCode::kCancelled);
}

TEST_F(VaultApiTest, AWitnessKnowsThatAVaultWasPutBack) {
  push_all({{"mail/1", "text"}}, options());
  const std::string before = take(vault_.witness());
  push_all({{"mail/1", "text"}, {"mail/2", "more"}}, options());
  const std::string after = take(vault_.witness());
  EXPECT_EQ(verify({.witness = before}).damage, 0U);
  EXPECT_EQ(verify({.witness = after}).damage, 0U);
  std::filesystem::remove(tree_.path(files_below("log").back()));
  EXPECT_EQ(verify({.witness = before}).damage, 0U);
  EXPECT_EQ(verify({.witness = after}).damage, 1U);
}

TEST_F(VaultApiTest, WhatACallbackThrowsIsAnError) {
  push_all({{"mail", "text"}}, options());
  VerifyOptions throwing;
  throwing.on_progress = [](std::uint64_t, std::uint64_t) { throw std::runtime_error("no more"); };
  const auto report = vault_.verify(throwing);
  EXPECT_EQ(code_of(report), ErrorCode::kInvalidArgument);
  EXPECT_EQ(message_of(report), "a callback threw an exception: no more");
  throwing.on_progress = [](std::uint64_t, std::uint64_t) { throw 7; };
  EXPECT_EQ(code_of(vault_.verify(throwing)), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace letterpress::embed_vault
