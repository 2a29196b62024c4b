// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/made_mail.h"
#include "vault/backup_fixture.h"

namespace letterpress::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class VaultSourceTest : public BackupTest {
 protected:
  // What comes, in lines: type, path, and the content or the target.
  std::vector<std::string> lines(std::vector<std::string> paths = {}, std::size_t piece = 100) {
    const Vault vault = take(Vault::open(vault_path_));
    const SnapshotList list = take(list_snapshots(vault));
    const Snapshot* snapshot = take(list.find("latest"));
    const PackSet packs = list.packs_of(snapshot->entry.identity);
    const auto source =
        take(VaultSource::open(vault, packs, snapshot->entry, keys(vault),
                               {.paths = std::move(paths), .aside_folder = aside_folder_}));
    std::vector<std::string> lines;
    while (true) {
      auto event = source->next();
      if (!event) lines.push_back("error " + event.error().message());
      if (!event || !*event) return lines;
      lines.push_back(line_of(**event, piece));
    }
  }
  std::string aside_folder_;

 private:
  static std::string line_of(stream::SourceEvent& event, std::size_t piece) {
    if (auto* problem = std::get_if<stream::Problem>(&event)) return "problem " + problem->path;
    auto& entry = std::get<stream::SourceEntry>(event);
    const stream::Metadata& metadata = entry.entry.metadata;
    const std::string path = entry.entry.path;
    if (entry.content == nullptr) {
      return (metadata.type == stream::EntryType::kFolder ? "folder " : "link ") + path +
             (metadata.target.empty() ? "" : " -> " + metadata.target);
    }
    EXPECT_TRUE(entry.content->stands_alone());
    std::string text;
    Bytes buffer(piece);
    while (true) {
      const auto got = entry.content->read(buffer);
      if (!got) return "damaged " + path;
      text += as_text(ByteView(buffer).first(*got));
      if (*got < piece) break;
    }
    EXPECT_EQ(text.size(), entry.size_hint_bytes);
    return "file " + path + " " + text;
  }
};

TEST_F(VaultSourceTest, GivesWhatWasBackedUpByPath) {
  write("b", "second");
  write("a/x", "first");
  mail_.symlink("mail/s", "a/x");
  backup_now();
  EXPECT_THAT(lines(), ElementsAre("folder mail", "folder mail/a", "file mail/a/x first",
                                   "file mail/b second", "link mail/s -> a/x"));
}

TEST_F(VaultSourceTest, GivesLargeContentsInAnyPieces) {
  pipeline::Random random(5);
  std::string mbox;
  while (mbox.size() < 20'000'000) {
    mbox += pipeline::made_mbox_mail(random, {.text_bytes = 3000, .attachment_bytes = 90'000});
  }
  write("box", mbox);
  backup_now();
  for (const std::size_t piece : {777U, 100'000U, 1U << 24}) {
    const auto all = lines({}, piece);
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_TRUE(all[1] == "file mail/box " + mbox) << piece;
  }
}

TEST_F(VaultSourceTest, PutsAsideWhatSeveralFilesHave) {
  pipeline::Random random(8);
  std::vector<std::string> expected = {"folder mail"};
  const std::string shared = pipeline::made_mail(random, {.attachment_bytes = 70'000});
  for (char name = 'a'; name <= 'z'; ++name) {
    const std::string other = pipeline::made_mail(random, {.attachment_bytes = 200'000});
    const std::string box = "From a\n" + shared + "\nFrom b\n" + other;
    write(std::string(1, name), box);
    expected.push_back(std::string("file mail/") + name + " " + box);
  }
  backup_now();
  aside_folder_ = place_.root();
  EXPECT_TRUE(lines({}, 5000) == expected);
  aside_folder_ = place_.path("nothing");
  EXPECT_TRUE(lines({}, 5000) == expected);
}

TEST_F(VaultSourceTest, AHardLinkComesAfterWhatHasTheContent) {
  // The walk meets the mails of a Maildir in cur first; by path `a` comes before.
  mail_.maildir("mail/box");
  write("box/cur/1", "mail");
  mail_.hard_link("mail/box/a", "mail/box/cur/1");
  mail_.hard_link("mail/box/z", "mail/box/cur/1");
  backup_now();
  EXPECT_THAT(lines(), ElementsAre("folder mail", "folder mail/box", "file mail/box/a mail",
                                   "folder mail/box/cur", "link mail/box/cur/1 -> mail/box/a",
                                   "folder mail/box/new", "folder mail/box/tmp",
                                   "link mail/box/z -> mail/box/a"));
  EXPECT_THAT(lines({"mail/box/z", "mail/box/cur"}),
              ElementsAre("folder mail/box/cur", "file mail/box/cur/1 mail",
                          "link mail/box/z -> mail/box/cur/1"));
  EXPECT_THAT(lines({"mail/box/z"}), ElementsAre("file mail/box/z mail"));
}

TEST_F(VaultSourceTest, PathsInAnyOrderAndWithinEachOther) {
  write("a/x", "1");
  write("a-b", "2");
  write("c", "3");
  backup_now();
  EXPECT_THAT(lines({"mail/c", "mail/a/x", "mail/a/"}),
              ElementsAre("folder mail/a", "file mail/a/x 1", "file mail/c 3"));
  EXPECT_THAT(lines({"mail/nothing"}), ElementsAre(HasSubstr("the snapshot has no such path")));
}

TEST_F(VaultSourceTest, ADamagedFileGivesAPrefixAndAnError) {
  pipeline::Random random(6);
  const std::string first = pipeline::random_text(random, 300'000);
  write("1", first);
  write("2", pipeline::random_text(random, 300'000));
  backup_now();
  for (const std::string& path : files_below("packs")) {
    const std::string full = vault_path_ + "/" + path;
    std::string bytes = vault_files()[path];
    // In the second half of the pack's data, which is stored as it is.
    bytes[bytes.size() / 4 * 3] ^= 1;
    std::filesystem::permissions(full, std::filesystem::perms::owner_all);
    std::ofstream(full, std::ios::binary | std::ios::trunc) << bytes;
  }
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_TRUE(all[1] == "file mail/1 " + first);
  EXPECT_EQ(all[2], "damaged mail/2");
}

}  // namespace
}  // namespace letterpress::vault
