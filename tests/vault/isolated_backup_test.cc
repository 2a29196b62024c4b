// SPDX-License-Identifier: Apache-2.0
// A vault whose mailboxes are kept apart: what one has is nowhere beside what another has, and all
// that a vault does works as without.
#include <gmock/gmock.h>

#include "codecs/codec.h"
#include "vault/backup_fixture.h"
#include "vault/index_rebuild.h"
#include "vault/isolate_depth.h"
#include "vault/packs/pack_reader.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kUsers = {"anna", "bert", "cleo", "dora"};

class IsolatedBackupTest : public BackupTest {
 protected:
  // Large enough to be in a raw block that is read in parts.
  static constexpr std::size_t kAttachmentBytes = 700'000;

  // Each user has the same attachment, and mail and names with the user's mark. Below `a` and `b`,
  // so that a mailbox is named by two components.
  void write_mailboxes() const {
    const std::string attachment = seeded_text(kAttachmentBytes, 1);
    for (const std::string& user : kUsers) {
      const std::string folder = (user < "c" ? "a/" : "b/") + user + "/";
      write(folder + "attachment", attachment);
      std::string box;  // has a recipe in a chunk of its own
      for (std::uint64_t i = 0; i < 60; ++i) {
        box += "From a@example.org Thu Nov 26 19:13:18 2026\n" + seeded_mail(100 + i) + "\n";
      }
      write(folder + "box", box);
      for (std::uint64_t i = 0; i < 30; ++i) {
        write(folder + "cur/" + mark(user) + std::to_string(i),
              "Subject: " + mark(user) + "\n" + seeded_mail(i));
      }
      write(folder + "dovecot-uidlist", "3 V1 " + mark(user) + "\n");
    }
    write("a/aliases", "postmaster: anna\n");
  }
  static std::string mark(const std::string& user) { return "mark-of-" + user + "-"; }

  BackupReport backup_at(std::optional<unsigned> depth, unsigned threads = 2) {
    BackupOptions with = options();
    with.press.isolate_depth = depth;
    with.press.threads = threads;
    return take(try_backup(with));
  }

  // What every block of the vault holds.
  std::vector<stream::OpenBlock> blocks() const {
    std::vector<stream::OpenBlock> opened;
    const Vault vault = take(Vault::open(vault_path_));
    const Keyring opens = keys(vault);
    const PackSet packs = take(list_snapshots(vault)).packs_of(key_.identity);
    codecs::BlockCodec codec;
    for (const auto& [first, pack] : packs.by_first_block()) {
      const PackReader reader = take(PackReader::open(vault.storage(), opens, key_.identity, pack));
      for (std::uint64_t number = first; number < first + pack.block_count; ++number) {
        const Bytes encoded = take(reader.read_block(number));
        opened.push_back(take(stream::open_block(take(stream::decode_block(encoded)), codec)));
      }
    }
    return opened;
  }
};

std::size_t users_in(const stream::OpenBlock& block, const std::vector<std::string>& marks) {
  std::size_t count = 0;
  for (const std::string& mark : marks) {
    count += as_text(block.bytes).find(mark) != std::string_view::npos ? 1U : 0U;
  }
  return count;
}

TEST_F(IsolatedBackupTest, NoBlockHasTextOrNamesOfTwoMailboxes) {
  write_mailboxes();
  std::vector<std::string> marks;
  for (const std::string& user : kUsers) marks.push_back(mark(user));
  backup_at(2);
  std::size_t of_one = 0;
  for (const stream::OpenBlock& block : blocks()) {
    const std::size_t users = users_in(block, marks);
    if (!block.mailbox) {
      // The nodes above the leaves name the first path of each.
      EXPECT_EQ(block.kind, Kind::kRecipe);
      EXPECT_LT(block.raw_bytes(), 2000U);
      continue;
    }
    EXPECT_LE(users, 1U) << "block " << block.number;
    of_one += users;
  }
  EXPECT_GE(of_one, 3 * kUsers.size());  // headers, texts, and leaves of the tree
  EXPECT_EQ(restored(), original());
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_GT(verified_.chunks, 4 * kUsers.size());
}

TEST_F(IsolatedBackupTest, WithoutItTheSameMailIsSideBySide) {
  write_mailboxes();
  std::vector<std::string> marks;
  for (const std::string& user : kUsers) marks.push_back(mark(user));
  backup_at({});
  std::size_t most = 0;
  for (const stream::OpenBlock& block : blocks()) {
    EXPECT_FALSE(block.mailbox);
    most = std::max(most, users_in(block, marks));
  }
  EXPECT_EQ(most, kUsers.size());
}

TEST_F(IsolatedBackupTest, TheSameTreeAgainAddsNothing) {
  write_mailboxes();
  EXPECT_GT(backup_at(2).packs, 0U);
  for (const unsigned threads : {1U, 4U}) {
    std::filesystem::remove_all(state_);
    EXPECT_EQ(backup_at(2, threads).packs, 0U);
    EXPECT_EQ(backup_at(2, threads).packs, 0U);
  }
  EXPECT_EQ(restored(), original());
}

TEST_F(IsolatedBackupTest, EachMailboxHasItsOwnCopy) {
  write_mailboxes();
  const std::uint64_t apart = backup_at(2).block_bytes;
  TempTree elsewhere;
  take(Vault::init(elsewhere.path("vault"), elsewhere.path("keys")));
  Vault other = take(Vault::open(elsewhere.path("vault")));
  BackupOptions together = options();
  together.state_folder = elsewhere.path("state");
  const IngestKey key = take(read_ingest_key(elsewhere.path("keys/ingest.key")));
  const BackupReport report = take(backup(other, key, together));
  const std::uint64_t copies = kUsers.size() - 1;
  EXPECT_GT(apart, report.block_bytes + copies * kAttachmentBytes);
  EXPECT_LT(apart, report.block_bytes + (copies + 1) * kAttachmentBytes);
}

TEST_F(IsolatedBackupTest, AnIndexThatIsMadeAgainHasTheSameIds) {
  write_mailboxes();
  backup_at(2);
  for (const std::string& run : files_below("index/")) {
    std::filesystem::remove(vault_path_ + "/" + run);
  }
  {
    Vault vault = take(Vault::open(vault_path_));
    const IndexRebuildOptions rebuild{.keys = keys(vault), .recovery = recovery_};
    EXPECT_GT(take(rebuild_index(vault, rebuild)).chunks, 0U);
  }
  EXPECT_THAT(damage(), IsEmpty());
  std::filesystem::remove_all(state_);
  EXPECT_EQ(backup_at(2).packs, 0U);
}

TEST_F(IsolatedBackupTest, AnotherDepthIsNotedAndDoesNoHarm) {
  write_mailboxes();
  const auto first = original();
  backup_at({});
  backup_at({});
  EXPECT_THAT(notes_, IsEmpty());
  write("a/anna/cur/new", seeded_mail(99));
  const BackupReport report = backup_at(2);
  EXPECT_THAT(notes_, ::testing::Contains(HasSubstr("made without --isolate, this one is made with "
                                                    "--isolate 2")));
  std::uint64_t new_bytes = 0;
  for (const auto& kind : report.totals.kinds) new_bytes += kind.new_bytes;
  EXPECT_LT(new_bytes, 50'000U) << "what did not change was stored again";
  backup_at(2);
  EXPECT_THAT(notes_, IsEmpty());
  write("b/dora/cur/new", seeded_mail(99));
  backup_at(1);
  EXPECT_THAT(notes_, ::testing::Contains(HasSubstr("--isolate 1")));
  backup_at({});
  EXPECT_EQ(restored("1"), first);
  EXPECT_EQ(restored(), original());
  EXPECT_THAT(damage(), IsEmpty());
}

TEST(IsolateDepth, IsKeptInTheLogEntry) {
  LogEntry entry;
  EXPECT_EQ(isolate_depth_of(entry), std::nullopt);
  entry.extensions = {encode_isolate_depth(3)};
  EXPECT_EQ(entry.extensions[0], (LogExtension{3, {3}}));
  EXPECT_EQ(isolate_depth_of(entry), 3U);
  entry.extensions[0].value = {200, 1};  // deeper than any
  EXPECT_EQ(isolate_depth_of(entry), std::nullopt);
}

}  // namespace
}  // namespace letterpress::vault
