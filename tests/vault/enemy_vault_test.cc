// SPDX-License-Identifier: Apache-2.0
// Vaults by a writer who holds a good ingest key and uses it against whoever restores: names that
// lead out, links, one name twice, and a wrong chunk under another's id.
#include <gmock/gmock.h>

#include "hashing/blake3.h"
#include "vault/backup_fixture.h"
#include "vault/packs/index_run.h"
#include "vault/repair/repair.h"

namespace letterpress::vault {
namespace {

using stream::EntryType;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct EnemyEntry {
  EntryType type = EntryType::kFile;
  std::string path;
  std::string text = {};  // of a file; of a link, where it leads
};

// Gives these entries as they are, in this order.
class EnemySource : public stream::Source {
 public:
  explicit EnemySource(std::vector<EnemyEntry> entries) : entries_(std::move(entries)) {}

  Result<std::optional<stream::SourceEvent>> next() override {
    if (at_ == entries_.size()) return std::optional<stream::SourceEvent>();
    const EnemyEntry& given = entries_[at_++];
    stream::SourceEntry entry;
    entry.entry.path = given.path;
    entry.entry.metadata.type = given.type;
    entry.entry.metadata.mode = 0700;
    entry.identity = {1, at_, 2};
    if (given.type == EntryType::kFile) {
      entry.content = std::make_unique<TextContent>(given.text);
    } else {
      entry.entry.metadata.target = given.text;
    }
    return std::optional<stream::SourceEvent>(std::move(entry));
  }

 private:
  class TextContent : public stream::Content {
   public:
    explicit TextContent(const std::string& text) : left_(text) {}
    Result<std::size_t> read(std::span<std::uint8_t> into) override {
      const std::size_t count = std::min(into.size(), left_.size());
      std::copy_n(left_.begin(), count, into.begin());
      left_.remove_prefix(count);
      return count;
    }
    Status finish() override { return Ok{}; }

   private:
    std::string_view left_;
  };

  std::vector<EnemyEntry> entries_;
  std::size_t at_ = 0;
};

class EnemyVaultTest : public BackupTest {
 protected:
  EnemyVaultTest() { outside_.file("secret", "mine"); }

  // What such a vault gives back. Nothing outside of the destination was touched.
  std::map<std::string, std::string> restored_of(std::vector<EnemyEntry> entries) {
    EnemySource source(std::move(entries));
    BackupOptions options = this->options();
    options.source = &source;
    const auto report = try_backup(options);
    EXPECT_TRUE(report) << message_of(report);
    if (!report) return {};
    const auto before = describe_tree(outside_.root());
    TempTree to;
    to.file("beside", "mine");
    const Vault vault = take(Vault::open(vault_path_));
    const SnapshotList list = take(list_snapshots(vault));
    const Snapshot* snapshot = take(list.find("latest"));
    notes_.clear();
    RestoreOptions restoring;
    restoring.to = to.path("out");
    restoring.on_problem = [this](const stream::Problem& problem) {
      notes_.push_back(problem.path + ": " + problem.message);
    };
    const auto result = restore(vault, list.packs_of(snapshot->entry.identity), snapshot->entry,
                                keys(vault), restoring);
    failed_ = !result;
    if (result) report_ = *result;
    if (!result) notes_.push_back(message_of(result));
    EXPECT_EQ(describe_tree(outside_.root()), before);
    std::map<std::string, std::string> beside = describe_tree(to.root());
    std::erase_if(beside, [](const auto& each) { return each.first.starts_with("out"); });
    EXPECT_EQ(beside.size(), 1U) << "something was made beside the destination";
    return to.exists("out") ? describe_tree(to.path("out")) : std::map<std::string, std::string>();
  }

  TempTree outside_;
  bool failed_ = false;
};

TEST_F(EnemyVaultTest, GoodOnesComeBack) {
  const auto made = restored_of({{EntryType::kFile, "a", "hello"},
                                 {EntryType::kFolder, "d"},
                                 {EntryType::kFile, "d/f", "hello"}});
  EXPECT_EQ(made.size(), 3U);
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(EnemyVaultTest, NamesThatLeadOutAreRefusedAndSaid) {
  for (const std::string path :
       {"../stolen", "/stolen", "a/../../../stolen", "..", ".", "a//b", "a/", "a/./b"}) {
    for (const EntryType type : {EntryType::kFile, EntryType::kFolder, EntryType::kSymlink}) {
      SCOPED_TRACE(path);
      const auto made = restored_of({{type, path, type == EntryType::kFolder ? "" : "text"}});
      EXPECT_THAT(made, IsEmpty());
      EXPECT_TRUE(failed_ || report_.damaged > 0);
      EXPECT_THAT(notes_, Contains(HasSubstr("path")));
    }
  }
}

TEST_F(EnemyVaultTest, LinksLeadNowhere) {
  for (const std::string& target :
       {std::string("../../outside"), outside_.root(), std::string("/")}) {
    SCOPED_TRACE(target);
    const auto made = restored_of({{EntryType::kSymlink, "a", target},
                                   {EntryType::kFile, "a/file", "theirs"},
                                   {EntryType::kFolder, "a/folder"},
                                   {EntryType::kFile, "a/folder/file", "theirs"},
                                   {EntryType::kSymlink, "a/link", "x"},
                                   {EntryType::kHardLink, "stolen", "a/secret"}});
    EXPECT_EQ(made.size(), 1U);
    EXPECT_TRUE(made.contains("a"));
    EXPECT_THAT(notes_, AllOf(Contains(HasSubstr("a/file")), Contains(HasSubstr("a/folder")),
                              Contains(HasSubstr("a/link")), Contains(HasSubstr("stolen"))));
  }
}

// A snapshot keeps the last of one name; no tree has a name twice (TreeTest).
TEST_F(EnemyVaultTest, OneNameTwiceIsOneEntry) {
  for (const EntryType second : {EntryType::kFile, EntryType::kSymlink}) {
    const auto made = restored_of({{EntryType::kFile, "a", "first"},
                                   {EntryType::kFile, "twice", "first"},
                                   {second, "twice", "../../outside/secret"}});
    EXPECT_FALSE(failed_);
    EXPECT_EQ(made.size(), 2U);
    EXPECT_THAT(made.at("twice"), HasSubstr("../../outside/secret"));
  }
}

class FindChunk final : public IndexRunVisitor {
 public:
  explicit FindChunk(const ChunkId& id) {
    std::copy_n(id.bytes.begin(), wanted_.size(), wanted_.begin());
  }
  bool wants(const WriterIdentity&) override { return true; }
  Status on_pack(const PackRef&) override { return Ok{}; }
  Status on_chunk(const IndexedChunk& chunk, const PackRef& in) override {
    if (chunk.id != wanted_) return Ok{};
    found = chunk.place;
    pack = in;
    return Ok{};
  }

  std::optional<Place> found;
  PackRef pack;

 private:
  IdPrefix wanted_;
};

// Another writer's entry names this one's pack as its own: the pack is sound, and is healed.
TEST_F(EnemyVaultTest, AnothersPackUnderAFalseNameHarmsNobody) {
  write("a", seeded_mail(1));
  backup_now();
  const std::string pack = files_below("packs/").front();
  Vault vault = take(Vault::open(vault_path_));
  const ReadLogEntry own =
      take(read_log_entry(vault.storage(), vault.keyring(), key_.identity.writer, 1));
  // Whose name comes first must not matter.
  for (int number = 0; number < 4; ++number) {
    const IngestKey other = take(vault.enrol(recovery_, "other", {}));
    LogEntry entry;
    entry.identity = other.identity;
    entry.sequence = 1;
    entry.packs = own.entry.packs;
    take(append_log(vault.storage(), other, entry));
    const std::string log = log_folder(other.identity.writer) + '/' + sequence_name(1);
    const std::vector<Damage> found = damage();
    EXPECT_TRUE(
        std::ranges::any_of(found, [&](const Damage& each) { return each.file.ends_with(log); }));
    EXPECT_TRUE(
        std::ranges::none_of(found, [&](const Damage& each) { return each.file.ends_with(pack); }));
  }
  EXPECT_EQ(take(repair(vault_path_, {})).marked, 0U);
  TempTree copy;
  for (const auto& [path, bytes] : vault_files()) copy.file(path, bytes);
  std::filesystem::permissions(vault_path_ + '/' + pack, std::filesystem::perms::owner_all);
  {
    std::fstream file(vault_path_ + '/' + pack, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(5000);
    file << "hurt";
  }
  RepairOptions options;
  options.from = {copy.root()};
  EXPECT_EQ(take(repair(vault_path_, options)).healed, 1U);
  EXPECT_EQ(restored(), original());
}

// Two contents under one id, as somebody makes them who found a collision, or who held the key once
// and left a run that lies: the next backup takes the wrong chunk for a known one. Its digest
// tells.
TEST_F(EnemyVaultTest, AWrongChunkUnderAnIdIsFoundAndItsFilesAreNamed) {
  const std::string theirs = seeded_text(5000, 1);
  const std::string mine = seeded_text(5000, 2);
  write("theirs", theirs);
  backup_now();
  Vault vault = take(Vault::open(vault_path_));
  const WriterId writer = key_.identity.writer;
  FindChunk find(hashing::hash(as_bytes(theirs), key_.id_key));
  Keyring writers_keys = vault.keyring();
  writers_keys.add(key_);
  ASSERT_EQ(message_of(read_index_run(vault.storage(), writers_keys, writer, 1, find)), "");
  ASSERT_TRUE(find.found);
  IndexRun lie;
  lie.packs = {find.pack};
  IndexedChunk& chunk = lie.chunks.emplace_back();
  const ChunkId id = hashing::hash(as_bytes(mine), key_.id_key);
  std::copy_n(id.bytes.begin(), chunk.id.size(), chunk.id.begin());
  chunk.place = *find.found;
  take(commit_index_run(vault.storage(), key_, 2, lie));

  write("also mine", seeded_text(5000, 3));
  write("mine", mine);
  backup_now();
  const auto made = restored();
  auto expected = original();
  EXPECT_EQ(report_.damaged, 1U);
  EXPECT_THAT(notes_, Contains(HasSubstr("mail/mine")));
  EXPECT_EQ(made.at("mail/theirs"), expected.at("mail/theirs"));
  EXPECT_EQ(made.at("mail/also mine"), expected.at("mail/also mine"));
  EXPECT_FALSE(made.contains("mail/mine"));
  const std::vector<Damage> found = damage();
  EXPECT_THAT(found, Contains(::testing::Field(&Damage::path, HasSubstr("mail/mine"))));
}

}  // namespace
}  // namespace letterpress::vault
