// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "vault/keys/key_files.h"
#include "vault/memory_storage.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VaultTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/vault";
  const std::string keys_ = folder_.path() + "/keys";
};

TEST_F(VaultTest, InitMakesAVaultAndItsKeys) {
  {
    Result<Vault> made = Vault::init(path_, keys_);
    ASSERT_TRUE(made) << message_of(made);
  }
  Vault vault = take(Vault::open(path_));
  const RecoveryKey recovery = take(read_recovery_key(keys_ + "/recovery.key"));
  const IngestKey ingest = take(read_ingest_key(keys_ + "/ingest.key"));
  EXPECT_EQ(recovery.vault, vault.id());
  EXPECT_EQ(ingest.identity.vault, vault.id());
  EXPECT_EQ(ingest.identity.epoch, 1U);
  EXPECT_EQ(ingest.root, recovery.signing().public_key());
  EXPECT_EQ(ingest.root, vault.head().root);
  EXPECT_EQ(ingest.root, take(read_vault_public_key(keys_ + "/vault.pub")).root);
  EXPECT_EQ(ingest.readers, std::vector{recovery.reader().public_key()});
  EXPECT_EQ(vault.head().readers, ingest.readers);
  EXPECT_THAT(take(vault.list_writers()), ElementsAre(ingest.identity.writer));
  for (const std::string& folder : vault_folders()) EXPECT_TRUE(vault.storage().list(folder));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077U, 0U);
  EXPECT_NE(vault.head().created_s, 0);
}

TEST_F(VaultTest, TwoVaultsAreNeverTheSame) {
  const VaultId first = take(Vault::init(path_, keys_)).id();
  EXPECT_NE(take(Vault::init(path_ + "2", keys_ + "2")).id(), first);
}

TEST_F(VaultTest, InitTakesAnEmptyFolderAndNoOther) {
  std::filesystem::create_directories(path_);
  EXPECT_TRUE(Vault::init(path_, keys_));
  const Result<Vault> again = Vault::init(path_, folder_.path() + "/more-keys");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(again.error().message(), HasSubstr("is not empty"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/more-keys"));
  std::ofstream(folder_.path() + "/file") << "text";
  EXPECT_THAT(message_of(Vault::init(folder_.path() + "/file", folder_.path() + "/more-keys")),
              HasSubstr("exists and is not a folder"));
}

TEST_F(VaultTest, InitNeverOverwritesAKey) {
  for (const char* name : {"recovery.key", "ingest.key", "vault.pub"}) {
    const std::string keys = keys_ + name;
    std::filesystem::create_directories(keys);
    std::ofstream(keys + '/' + name) << "precious";
    EXPECT_THAT(message_of(Vault::init(path_, keys)), HasSubstr("never overwritten"));
    EXPECT_FALSE(std::filesystem::exists(path_));
    std::string text;
    std::ifstream(keys + '/' + name) >> text;
    EXPECT_EQ(text, "precious");
  }
}

TEST_F(VaultTest, InitRefusesKeysInsideTheVaultAndMayBeRepeated) {
  const Result<Vault> made = Vault::init(path_, path_ + "/keys/");
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("is inside the vault"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/keys"));
  EXPECT_FALSE(Vault::open(path_));
  EXPECT_TRUE(Vault::init(path_, keys_));
}

TEST_F(VaultTest, InitGoesOnWhereOneWasKilledButTakesNoFile) {
  std::filesystem::create_directories(path_ + "/packs/00");
  std::filesystem::create_directories(path_ + "/log/" + std::string(32, 'a'));
  std::filesystem::create_directories(path_ + "/tmp");
  const std::string stray = path_ + "/packs/00/stray";
  std::ofstream(stray) << "text";
  EXPECT_THAT(message_of(Vault::init(path_, keys_)), HasSubstr("it has packs/00/stray"));
  std::filesystem::remove(stray);
  EXPECT_EQ(message_of(Vault::init(path_, keys_)), "");
}

TEST_F(VaultTest, InitNamesAMissingParent) {
  const Result<Vault> made = Vault::init(folder_.path() + "/a/b", keys_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("/a/b: No such file"));
}

TEST_F(VaultTest, OpenSaysWhatIsWrong) {
  EXPECT_EQ(Vault::open(path_).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(message_of(Vault::open(path_)), HasSubstr("no such vault"));
  std::filesystem::create_directories(path_);
  EXPECT_EQ(Vault::open(path_).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_of(Vault::open(path_)), HasSubstr("not a vault"));
  std::ofstream(folder_.path() + "/file") << "text";
  EXPECT_THAT(message_of(Vault::open(folder_.path() + "/file")), HasSubstr("not a folder"));
  EXPECT_TRUE(Vault::init(path_, keys_));
  std::filesystem::remove(path_ + "/letterpress-vault");
  EXPECT_THAT(message_of(Vault::open(path_)), HasSubstr("another copy of the vault"));
}

TEST_F(VaultTest, OpenWithoutPermissionSaysSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  EXPECT_TRUE(Vault::init(path_, keys_));
  ::chmod(path_.c_str(), 0);
  const Result<Vault> opened = Vault::open(path_);
  ::chmod(path_.c_str(), 0700);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kIo);
  EXPECT_THAT(opened.error().message(), HasSubstr("Permission denied"));
}

// A vault head alone, in memory.
Result<Vault> open_head_text(const std::string& text) {
  auto storage = std::make_unique<MemoryStorage>();
  storage->files["letterpress-vault"] = Bytes(text.begin(), text.end());
  return Vault::open(std::move(storage));
}

TEST_F(VaultTest, EveryChangedByteOfTheHeadIsFound) {
  EXPECT_TRUE(Vault::init(path_, keys_));
  const Bytes bytes = take(read_file(path_ + "/letterpress-vault", 10000));
  const std::string good(as_text(bytes));
  ASSERT_TRUE(open_head_text(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ change);
      const Result<Vault> opened = open_head_text(bad);
      ASSERT_FALSE(opened) << at << " by " << change;
      ASSERT_THAT(opened.error().message(), HasSubstr("letterpress-vault"));
    }
    ASSERT_FALSE(open_head_text(good.substr(0, at))) << at;
  }
}

TEST_F(VaultTest, SecondWriterGetsItsOwnFolders) {
  Vault vault = take(Vault::init(path_, keys_));
  EXPECT_EQ(message_of(vault.add_writer(counting<WriterId>(0xe0))), "");
  EXPECT_EQ(message_of(vault.add_writer(counting<WriterId>(0xe0))), "");
  EXPECT_EQ(take(vault.list_writers()).size(), 2U);
  std::filesystem::create_directory(path_ + "/log/not-a-writer");
  EXPECT_EQ(take(vault.list_writers()).size(), 2U);
}

TEST(Layout, SequenceNamesHaveTwentyDigits) {
  EXPECT_EQ(sequence_name(1), "00000000000000000001");
  EXPECT_EQ(parse_sequence_name("00000000000000000042"), 42U);
  for (const char* name :
       {"", "1", "00000000000000000000", "0000000000000000000a", "+0000000000000000001",
        "000000000000000000001", "99999999999999999999", "00000000000000000001 "}) {
    EXPECT_FALSE(parse_sequence_name(name).has_value()) << name;
  }
}

TEST(Layout, FoldersComeAfterTheirParents) {
  const std::vector<std::string> folders = vault_folders();
  ASSERT_EQ(folders.size(), 1U + 256 + 2);
  EXPECT_EQ(folders[0], "packs");
  EXPECT_EQ(folders[1], "packs/00");
  EXPECT_EQ(folders[256], "packs/ff");
}

}  // namespace
}  // namespace letterpress::vault
