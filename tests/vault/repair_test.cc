// SPDX-License-Identifier: Apache-2.0
// Whatever happens to one file of a small vault, a copy heals it byte for byte; what two damaged
// copies have between them is enough; and a repair that is stopped goes on the next time.
#include "vault/repair/repair.h"

#include <gmock/gmock.h>

#include <random>

#include "vault/backup_fixture.h"
#include "vault/failing_storage.h"
#include "vault/keys/sha256.h"
#include "vault/memory_storage.h"

namespace letterpress::vault {
namespace {

using Files = std::map<std::string, Bytes>;

// Passes everything on to memory that outlives it, and stops at the given change.
class Borrowed final : public Storage {
 public:
  explicit Borrowed(MemoryStorage& memory, int changes_allowed = 1 << 20)
      : memory_(memory), changes_allowed_(changes_allowed) {}

  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    return memory_.list(folder);
  }
  Result<std::uint64_t> size(const std::string& path) const override { return memory_.size(path); }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    return memory_.read(path, offset, count);
  }
  Status put_if_absent(const std::string& folder, const std::string& name,
                       ByteView bytes) override {
    LETTERPRESS_TRY(change());
    return memory_.put_if_absent(folder, name, bytes);
  }
  Status set_aside(const std::string& path) override {
    LETTERPRESS_TRY(change());
    return memory_.set_aside(path);
  }
  Status make_folders(const std::vector<std::string>& made) override {
    return memory_.make_folders(made);
  }
  std::string describe() const override { return "borrowed"; }
  std::string full_path(const std::string& path) const override { return memory_.full_path(path); }

 private:
  Status change() {
    if (changes_allowed_-- > 0) return Ok{};
    return Error(ErrorCode::kIo, "the power is gone");
  }
  MemoryStorage& memory_;
  int changes_allowed_;
};

class RepairTest : public BackupTest {
 protected:
  void SetUp() override {
    write("a", seeded_mail(1));
    write("b", seeded_mail(2, 9000));
    backup_now();
    write("c", seeded_mail(3));
    backup_now();
    good_ = in_memory();
    trust_ = take(read_vault_public_key(keys_ + "/vault.pub"));
  }

  MemoryStorage in_memory() const {
    MemoryStorage memory;
    for (const auto& [path, bytes] : vault_files()) {
      memory.files[path] = Bytes(bytes.begin(), bytes.end());
      for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
        memory.folders.insert(path.substr(0, at));
      }
    }
    return memory;
  }

  RepairReport repair_now(MemoryStorage& vault, const std::vector<MemoryStorage*>& copies) {
    std::vector<std::unique_ptr<Storage>> from;
    for (MemoryStorage* copy : copies) from.push_back(std::make_unique<Borrowed>(*copy));
    RepairOptions options;
    options.on_damage = [&](const Damage& damage) { remaining_.push_back(damage.file); };
    remaining_.clear();
    Result<RepairReport> report =
        repair(std::make_unique<Borrowed>(vault), std::move(from), options);
    error_ = report ? std::string() : report.error().message();
    return report ? *report : RepairReport{};
  }

  // Nothing of the vault is other than it was; what was set aside comes on top.
  void expect_whole(const MemoryStorage& vault, const std::string& what) const {
    for (const auto& [path, bytes] : good_.files) {
      ASSERT_TRUE(vault.files.contains(path) && vault.files.at(path) == bytes)
          << what << ": " << path << ' ' << error_;
    }
  }

  void expect_healed(const std::string& path, std::optional<Bytes> damaged,
                     const std::string& what) {
    MemoryStorage vault = good_;
    vault.files.erase(path);
    if (damaged) vault.files[path] = *damaged;
    const RepairReport report = repair_now(vault, {&good_});
    EXPECT_EQ(report.healed, 1U) << what << ' ' << path << ' ' << error_;
    EXPECT_EQ(report.set_aside, damaged ? 1U : 0U);
    EXPECT_EQ(report.remaining, 0U) << what << ' ' << path;
    expect_whole(vault, what);
    // Its bytes are kept.
    if (damaged) {
      EXPECT_TRUE(std::ranges::any_of(vault.files, [&](const auto& file) {
        return file.first.starts_with("damaged/") && file.second == *damaged;
      })) << what;
    }
  }

  MemoryStorage good_;
  VaultPublicKey trust_;
  std::vector<std::string> remaining_;
  std::string error_;
};

TEST_F(RepairTest, LeavesASoundVaultAlone) {
  MemoryStorage vault = good_;
  const RepairReport report = repair_now(vault, {&good_});
  EXPECT_EQ(report.healed, 0U);
  EXPECT_EQ(report.remaining, 0U);
  EXPECT_EQ(vault.files, good_.files);
}

TEST_F(RepairTest, HealsAFlippedBitAnywhere) {
  std::mt19937 random(11);
  for (const auto& [path, good] : good_.files) {
    for (std::size_t at = random() % 7; at < good.size(); at += at < 520 ? 7U : 41U) {
      Bytes damaged = good;
      damaged[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
      expect_healed(path, damaged, "bit in byte " + std::to_string(at));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_F(RepairTest, HealsAFileOfAnyOtherLengthAndOneThatIsGone) {
  for (const auto& [path, good] : good_.files) {
    expect_healed(path, std::nullopt, "no file");
    for (std::size_t length = 0; length < good.size(); length += 173) {
      const auto end = good.begin() + static_cast<std::ptrdiff_t>(length);
      expect_healed(path, Bytes(good.begin(), end), "length " + std::to_string(length));
    }
    for (const std::size_t more : {1U, 512U, 4096U}) {
      Bytes longer = good;
      longer.resize(good.size() + more);
      expect_healed(path, longer, "longer by " + std::to_string(more));
    }
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(RepairTest, HealsZeroedSectorsAndExchangedFiles) {
  for (const auto& [path, good] : good_.files) {
    for (std::size_t at = 0; at < good.size(); at += 512) {
      Bytes damaged = good;
      const std::size_t end = std::min(at + 512, good.size());
      std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                damaged.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
      if (damaged != good) expect_healed(path, damaged, "zeros at " + std::to_string(at));
    }
    for (const auto& [other, bytes] : good_.files) {
      if (other != path) expect_healed(path, bytes, "instead of it " + other);
    }
    ASSERT_FALSE(HasFailure());
  }
}

// A head stands twice in a file, and the hashes of records follow from them.
TEST_F(RepairTest, HealsHeadsAndTailsWithoutAnyCopy) {
  std::mt19937 random(12);
  std::size_t healed = 0;
  for (const auto& [path, good] : good_.files) {
    if (path == kVaultHeadName) continue;
    const bool is_pack = path.starts_with("packs/");
    const std::size_t head_bytes = is_pack || good.size() > 40'000 ? 4096 : 512;
    for (int i = 0; i < 60; ++i) {
      const bool is_first = random() % 2 == 0;
      const std::size_t back = head_bytes + (is_first ? 0 : 512);
      const std::size_t at = is_first ? random() % head_bytes : good.size() - 1 - random() % back;
      MemoryStorage vault = good_;
      vault.files[path][at] ^= 1;
      const RepairReport report = repair_now(vault, {});
      EXPECT_EQ(report.healed, 1U) << path << ", byte " << at << ' ' << error_;
      expect_whole(vault, path);
      ++healed;
    }
  }
  EXPECT_EQ(healed, 6U * 60U);
}

TEST_F(RepairTest, TakesEachRecordFromTheCopyThatHasIt) {
  const std::string path = files_below("packs/").front();
  MemoryStorage vault = good_;
  MemoryStorage copy = good_;
  vault.files[path][4096 + 100] ^= 1;                       // record 0
  copy.files[path][100] ^= 1;                               // the head
  copy.files[path].resize(good_.files[path].size() - 600);  // and no second head
  const RepairReport report = repair_now(vault, {&copy});
  EXPECT_EQ(report.healed, 1U);
  EXPECT_EQ(report.remaining, 0U);
  expect_whole(vault, "two damaged copies");
}

// Files are found by name: a loose folder, and packs without their folders.
TEST_F(RepairTest, FindsFilesWhereverTheyLie) {
  MemoryStorage heap;
  heap.folders = {"disk", "disk/some", "disk/some/log", "disk/some/index"};
  MemoryStorage vault;
  vault.folders = {"log", "packs"};
  for (const auto& [path, bytes] : good_.files) {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (path.starts_with("packs/") || path == kVaultHeadName) {
      heap.files["disk/" + name] = bytes;
    } else {
      heap.folders.insert("disk/some/" + path.substr(0, path.rfind('/')));
      heap.files["disk/some/" + path] = bytes;
    }
  }
  const RepairReport report = repair_now(vault, {&heap});
  EXPECT_EQ(report.remaining, 0U);
  EXPECT_EQ(report.healed, good_.files.size());
  expect_whole(vault, "an empty folder " + error_);
}

TEST_F(RepairTest, TakesNothingOfAnotherVault) {
  MemoryStorage other;
  TempTree elsewhere;
  take(Vault::init(elsewhere.path("vault"), elsewhere.path("keys")));
  const std::string head = elsewhere.read("vault/letterpress-vault");
  other.files[std::string(kVaultHeadName)] = Bytes(head.begin(), head.end());
  MemoryStorage vault = good_;
  vault.files[std::string(kVaultHeadName)][5] ^= 1;
  const auto before = vault.files;
  repair_now(vault, {&other});
  EXPECT_NE(error_, "");
  EXPECT_EQ(vault.files, before);
  repair_now(vault, {&other, &good_});
  EXPECT_EQ(error_, "");
  expect_whole(vault, "the right head");
}

TEST_F(RepairTest, SaysWhatRemainsAndMarksThePack) {
  const std::string path = files_below("packs/").front();
  MemoryStorage vault = good_;
  vault.files[path][4096 + 100] ^= 1;
  RepairReport report = repair_now(vault, {});
  EXPECT_EQ(report.remaining, 1U);
  EXPECT_EQ(report.marked, 1U);
  EXPECT_THAT(remaining_, ::testing::ElementsAre("VAULT/" + path));
  const std::string mark = "damaged/" + path.substr(path.rfind('/') + 1);
  EXPECT_TRUE(vault.files.contains(mark));
  // Again: nothing new. With a copy: healed, and the mark is taken away.
  report = repair_now(vault, {});
  EXPECT_EQ(report.marked, 0U);
  report = repair_now(vault, {&good_});
  EXPECT_EQ(report.remaining, 0U);
  EXPECT_FALSE(vault.files.contains(mark));
  expect_whole(vault, "after the mark");
}

TEST_F(RepairTest, GoesOnWhereItWasStopped) {
  std::mt19937 random(13);
  // Where the head and the whole log are hurt, only the caller knows whose the vault was.
  RepairOptions options;
  options.trust = trust_;
  for (int round = 0; round < 200; ++round) {
    MemoryStorage vault = good_;
    for (auto& [path, bytes] : vault.files) {
      if (random() % 2 == 0) bytes[random() % bytes.size()] ^= 0x20;
    }
    const Files hurt = vault.files;
    for (int stops = 0; stops < 1000; ++stops) {
      std::vector<std::unique_ptr<Storage>> from;
      from.push_back(std::make_unique<Borrowed>(good_));
      const auto report = repair(std::make_unique<Borrowed>(vault, static_cast<int>(random() % 3)),
                                 std::move(from), options);
      if (!report) continue;
      EXPECT_EQ(report->remaining, 0U);
      break;
    }
    expect_whole(vault, "stopped again and again");
    ASSERT_FALSE(HasFailure());
  }
}

// The vault's disk, or that of the copy, fails at any call: what is good stays, what is damaged is
// kept, and the next repair heals it.
TEST_F(RepairTest, DiskThatFailsAtAnyCallCostsNothing) {
  MemoryStorage hurt = good_;
  std::vector<Bytes> damaged;
  for (const char* folder : {"packs/", "index/", "log/"}) {
    Bytes& bytes = hurt.files[files_below(folder).front()];
    bytes[bytes.size() / 2] ^= 1;
    damaged.push_back(bytes);
  }
  for (const bool is_copy : {false, true}) {
    for (const std::size_t count : {std::size_t{1}, SIZE_MAX}) {
      for (std::size_t call = 0;; ++call) {
        SCOPED_TRACE((is_copy ? "copy, call " : "vault, call ") + std::to_string(call));
        MemoryStorage vault = hurt;
        const auto fault = std::make_shared<StorageFault>(StorageFault{call, count});
        std::unique_ptr<Storage> disks[] = {std::make_unique<Borrowed>(vault),
                                            std::make_unique<Borrowed>(good_)};
        std::unique_ptr<Storage>& failing = disks[is_copy ? 1 : 0];
        failing = std::make_unique<FailingStorage>(std::move(failing), fault);
        std::vector<std::unique_ptr<Storage>> from;
        from.push_back(std::move(disks[1]));
        const auto report = repair(std::move(disks[0]), std::move(from), RepairOptions{});
        if (fault->calls <= call) break;
        for (const auto& [path, bytes] : hurt.files) {
          ASSERT_TRUE(bytes != good_.files.at(path) || vault.files[path] == bytes) << path;
        }
        for (const Bytes& bytes : damaged) {
          ASSERT_TRUE(std::ranges::any_of(vault.files,
                                          [&](const auto& file) { return file.second == bytes; }));
        }
        ASSERT_TRUE(report || report.error().message().find("VAULT/") != std::string::npos)
            << report.error().message();
        EXPECT_EQ(repair_now(vault, {&good_}).remaining, 0U) << error_;
        expect_whole(vault, "the next repair");
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

// What was found damaged and could not be healed is stored again by the next backup.
TEST_F(RepairTest, TheNextBackupStoresAgainWhatAMarkedPackHeld) {
  const std::string path = vault_path_ + '/' + files_below("packs/").front();
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    for (std::uintmax_t at = 4096; at + 8192 < std::filesystem::file_size(path); at += 4096) {
      file.seekp(static_cast<std::streamoff>(at + 2000));
      file << "hurt";
    }
  }
  const RepairReport report = take(repair(vault_path_, {}));
  EXPECT_EQ(report.remaining > 0, true);
  EXPECT_EQ(report.marked, 1U);
  backup_now();
  const auto back = restored();
  EXPECT_EQ(report_.damaged, 0U);
  EXPECT_EQ(back, original());
}

// The vault was rolled back to its first entry and went on: what the copy has since then is another
// line, and an entry of it that was taken would leave a gap for ever.
TEST_F(RepairTest, TakesNothingOfALineThatTheVaultHasLeft) {
  write("d", seeded_mail(4));
  backup_now();
  const MemoryStorage copy = in_memory();
  for (const std::string& path : files_below("log/")) {
    if (!path.ends_with("1")) std::filesystem::remove(vault_path_ + '/' + path);
  }
  std::filesystem::remove_all(state_);
  write("e", seeded_mail(5));
  backup_now();
  MemoryStorage vault = in_memory();
  MemoryStorage from = copy;
  const MemoryStorage before = vault;
  const RepairReport report = repair_now(vault, {&from});
  EXPECT_EQ(report.remaining, 0U) << remaining_.front();
  for (const auto& [path, bytes] : vault.files) {
    EXPECT_TRUE(!path.starts_with("log/") || before.files.contains(path)) << path;
  }
}

// Of the copy an entry in the middle is lost: what is behind it is taken all the same.
TEST_F(RepairTest, TakesEntriesBehindOneThatNobodyHas) {
  write("d", seeded_mail(4));
  backup_now();
  const std::vector<std::string> log = files_below("log/");
  ASSERT_EQ(log.size(), 3U);
  MemoryStorage vault = in_memory();
  MemoryStorage copy = vault;
  vault.files.erase(log[1]);
  vault.files.erase(log[2]);
  copy.files.erase(log[1]);
  EXPECT_EQ(repair_now(vault, {&copy}).healed, 1U);
  EXPECT_TRUE(vault.files.contains(log[2]));
}

// What a writer owes to the last entry of its log, which a copy may bring back.
class LastEntryTest : public RepairTest {
 protected:
  void SetUp() override {
    RepairTest::SetUp();
    path_ = files_below("log/").back();
    std::filesystem::permissions(full(path_), std::filesystem::perms::owner_all);
    std::fstream file(full(path_), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(600);
    file << "hurt";
  }

  std::string full(const std::string& path) const { return vault_path_ + '/' + path; }

  void expect_healed_behind_a_backup(std::uint64_t files_hurt = 1) {
    write("d", seeded_mail(4));
    EXPECT_EQ(backup_now().sequence, 3U);
    TempTree copy;
    for (const auto& [path, bytes] : good_.files) copy.file(path, std::string(as_text(bytes)));
    RepairOptions options;
    options.from = {copy.root()};
    const RepairReport report = take(repair(vault_path_, options));
    EXPECT_EQ(report.healed, files_hurt);
    EXPECT_EQ(report.remaining, 0U);
    const auto files = vault_files();
    for (const auto& [path, bytes] : good_.files) EXPECT_EQ(files.at(path), as_text(bytes)) << path;
    EXPECT_TRUE(damage().empty());
    EXPECT_EQ(restored(), original());
  }

  std::string path_;
};

TEST_F(LastEntryTest, ComesBackAfterABackupLinkedToWhatWasDamaged) {
  expect_healed_behind_a_backup();
}

// The repair was killed, or its disk was full.
TEST_F(LastEntryTest, ComesBackAfterABackupFoundItSetAside) {
  EXPECT_EQ(message_of(take(PosixStorage::open(vault_path_))->set_aside(path_)), "");
  // Its number is taken, and verify says what is missing.
  ASSERT_EQ(damage().size(), 1U);
  EXPECT_THAT(damage().front().message, ::testing::HasSubstr(path_));
  expect_healed_behind_a_backup();
}

// Then the backup knows neither the packs nor the runs of the entry, and takes no number of theirs.
TEST_F(LastEntryTest, ComesBackThoughItsIndexRunsWereGoneToo) {
  const std::string run = files_below("index/").back();
  std::filesystem::remove(full(run));
  expect_healed_behind_a_backup(2);
}

TEST_F(LastEntryTest, ComesBackThoughItsIndexRunsWereDamagedToo) {
  const std::string run = files_below("index/").back();
  std::filesystem::permissions(full(run), std::filesystem::perms::owner_all);
  std::filesystem::resize_file(full(run), 100);
  expect_healed_behind_a_backup(2);
}

// An entry that another one was exchanged for still shows, and no copy of it is taken.
TEST_F(LastEntryTest, TakesNoOtherEntryInItsPlace) {
  write("d", seeded_mail(4));
  backup_now();
  MemoryStorage other;
  other.folders = {"log", log_folder(key_.identity.writer)};
  other.files[path_] = good_.files[files_below("log/").front()];
  MemoryStorage vault = in_memory();
  const RepairReport report = repair_now(vault, {&other});
  EXPECT_EQ(report.healed, 0U);
  EXPECT_EQ(report.remaining, 1U);
}

// Another entry of that number which the writer signed: the state knows the right one, and without
// a state it may at least have no block of others.
TEST_F(LastEntryTest, TakesAnotherEntryOfTheWriterOnlyWhereNothingSpeaksAgainstIt) {
  struct Case {
    const char* what;
    bool has_state;
    bool overlaps;
    std::uint64_t healed;
  };
  const std::string first = files_below("log/").front();
  for (const Case& it : {Case{"pinned", true, false, 0}, Case{"overlaps", false, true, 0},
                         Case{"free", false, false, 1}}) {
    SCOPED_TRACE(it.what);
    if (!it.has_state) std::filesystem::remove_all(state_);
    write("d", seeded_mail(4));
    backup_now();
    MemoryStorage vault = in_memory();
    const LogEntry third =
        take(read_log_entry(vault, keys(take(Vault::open(vault_path_))), key_.identity.writer, 3))
            .entry;
    ASSERT_FALSE(third.packs.empty());
    MemoryStorage other;
    other.folders = {"log", log_folder(key_.identity.writer)};
    other.files[first] = vault.files.at(first);
    LogEntry forged;
    forged.identity = key_.identity;
    forged.sequence = 2;
    forged.previous = sha256(other.files.at(first));
    if (it.overlaps) {
      forged.packs = {third.packs.front()};
      forged.packs.front().sha256.bytes[0] ^= 1;
    }
    take(append_log(other, key_, forged));
    other.files.erase(first);
    EXPECT_EQ(repair_now(vault, {&other}).healed, it.healed) << error_;
    std::filesystem::remove(full(files_below("log/").back()));  // the third, for the next case
  }
}

}  // namespace
}  // namespace letterpress::vault
