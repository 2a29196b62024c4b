// SPDX-License-Identifier: Apache-2.0
// Every byte of every file of a small vault, damaged: verify finds it and names the file, and
// restore gives the right content or none.
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "vault/backup_fixture.h"
#include "vault/memory_storage.h"

namespace letterpress::vault {
namespace {

using Contents = std::map<std::string, std::string>;

// Which share of the bytes behind the heads is damaged: a sanitizer makes each look ten times as
// long, and finds at a few places what it would find at all.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStep = 61;
#else
constexpr std::size_t kStep = 13;
#endif

class BackupDamageTest : public BackupTest {
 protected:
  // Two snapshots, of every type of entry and every form of recipe.
  void SetUp() override {
    write("a", seeded_mail(1));
    write("b/empty", "");
    write("b/two", seeded_mail(2) + "\n");
    mail_.symlink("mail/b/link", "../a");
    mail_.hard_link("mail/c", "mail/a");
    backup_now();
    trees_.push_back(contents());
    write("d", seeded_mail(4));
    backup_now();
    trees_.push_back(contents());
    for (const auto& [path, bytes] : vault_files()) {
      files_[path] = Bytes(bytes.begin(), bytes.end());
      for (std::size_t slash = path.find('/'); slash != path.npos;
           slash = path.find('/', slash + 1)) {
        folders_.insert(path.substr(0, slash));
      }
    }
  }

  // Files with their bytes; other entries with their type.
  Contents contents() const {
    Contents all;
    for (const auto& found : std::filesystem::recursive_directory_iterator(mail_.root())) {
      const std::string path = found.path().lexically_relative(mail_.root()).native();
      all[path] = found.is_symlink()     ? "link " + std::filesystem::read_symlink(found).native()
                  : found.is_directory() ? "folder"
                                         : "file " + mail_.read(path);
    }
    return all;
  }

  struct Outcome {
    bool opens = false;
    std::string open_error;
    std::vector<Damage> damage;
  };

  // The vault with one file as given, checked and brought back.
  Outcome look(const std::string& path, Bytes bytes) {
    auto memory = std::make_unique<MemoryStorage>();
    memory->files = files_;
    memory->folders = folders_;
    memory->files[path] = std::move(bytes);
    Outcome outcome;
    const Result<Vault> vault = Vault::open(std::move(memory));
    outcome.opens = vault.has_value();
    if (!vault) {
      outcome.open_error = vault.error().message();
      return outcome;
    }
    VerifyOptions options;
    options.keys = keys(*vault);
    options.is_deep = true;
    options.on_damage = [&](const Damage& damage) { outcome.damage.push_back(damage); };
    const auto report = verify(*vault, options);
    EXPECT_TRUE(report) << message_of(report);
    bring_back(*vault);
    return outcome;
  }

  // Through the reader that restore() has, without the cost of making files: every content that it
  // gives is the right one, and what is missing was an error.
  void bring_back(const Vault& vault) {
    const SnapshotList list = take(list_snapshots(vault));
    EXPECT_TRUE(list.snapshots.size() == 2 || !list.problems.empty());
    for (const Snapshot& snapshot : list.snapshots) {
      const Contents& wanted = trees_.at(snapshot.entry.sequence - 1);
      const PackSet packs = list.packs_of(snapshot.entry.identity);
      const auto opened = SnapshotReader::open(vault, packs, snapshot.entry, keys(vault));
      if (!opened) continue;
      std::size_t errors = (*opened)->seek("") ? 0 : 1;
      std::size_t entries = 0;
      for (EntryRecord record; errors < 100;) {
        const Result<bool> has = (*opened)->next(record);
        if (!has) ++errors;
        if (has && !*has) break;
        if (!has) continue;
        ++entries;
        ASSERT_TRUE(wanted.contains(record.entry.path));
        if (record.entry.metadata.type != stream::EntryType::kFile) continue;
        std::string content;
        const Status status =
            (*opened)->read_content(record.content, [&](ByteView bytes) -> Status {
              content += as_text(bytes);
              return Ok{};
            });
        ASSERT_TRUE(!status || "file " + content == wanted.at(record.entry.path));
        ASSERT_TRUE(wanted.at(record.entry.path).starts_with("file " + content));
        errors += status ? 0U : 1U;
      }
      EXPECT_TRUE(entries == wanted.size() || errors > 0);
    }
  }

  // A bit of each byte of a file's first 512, and of one of `step` behind them.
  void flip_bits(std::size_t step) {
    std::mt19937 random(7);
    for (const auto& [path, good] : files_) {
      for (std::size_t at = 0; at < good.size(); at += at < 512 ? 1U : step) {
        Bytes damaged = good;
        damaged[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
        const Outcome outcome = look(path, std::move(damaged));
        ASSERT_TRUE(is_found(outcome, path))
            << path << ", byte " << at << ' ' << outcome.open_error;
        ASSERT_FALSE(HasFatalFailure());
      }
    }
  }

  bool is_found(const Outcome& outcome, const std::string& path) const {
    if (!outcome.opens) {
      return path == kVaultHeadName && outcome.open_error.find(path) != std::string::npos;
    }
    return std::ranges::any_of(outcome.damage, [&](const Damage& damage) {
      return damage.file.ends_with(path) || damage.message.find(path) != std::string::npos;
    });
  }

  std::vector<Contents> trees_;
  std::map<std::string, Bytes> files_;
  std::set<std::string> folders_;
};

TEST_F(BackupDamageTest, TheVaultIsSoundToBeginWith) {
  ASSERT_EQ(trees_[1].size(), 8U);
  EXPECT_THAT(look("extra", {}).damage, ::testing::IsEmpty());
  std::size_t bytes = 0;
  for (const auto& [path, file] : files_) bytes += file.size();
  EXPECT_LT(bytes, 60'000U);
  EXPECT_EQ(files_.size(), 7U);  // the head; for each snapshot a pack, an index run, a log entry
}

// Every byte of every part alone: seal_test.cc. Here all of a head, and of the rest a share.
TEST_F(BackupDamageTest, AFlippedBitAnywhereIsFoundAndNamed) { flip_bits(kStep); }

TEST_F(BackupDamageTest, AFlippedBitInEveryByteIsFoundAndNamed) {
  if (std::getenv("LETTERPRESS_EVERY_BYTE") == nullptr) {
    GTEST_SKIP() << "takes minutes: tools/check.sh every_byte";
  }
  flip_bits(1);
}

TEST_F(BackupDamageTest, AFileOfAnyOtherLengthIsFoundAndNamed) {
  for (const auto& [path, good] : files_) {
    const std::size_t step = good.size() > 3000 ? 61 : 7;
    for (std::size_t length = 0; length < good.size(); length += step) {
      const auto end = good.begin() + static_cast<std::ptrdiff_t>(length);
      const Outcome outcome = look(path, Bytes(good.begin(), end));
      ASSERT_TRUE(is_found(outcome, path)) << path << " of " << length << " bytes";
    }
    for (const std::size_t more : {1U, 15U, 512U, 4096U}) {
      Bytes longer = good;
      longer.resize(good.size() + more);
      EXPECT_TRUE(is_found(look(path, std::move(longer)), path)) << path << " and " << more;
    }
  }
}

// The same through restore() and the file system, at fewer places.
TEST_F(BackupDamageTest, RestoreGivesTheRightFilesOrNone) {
  std::mt19937 random(8);
  for (const auto& [path, good] : files_) {
    if (!path.starts_with("packs") && !path.starts_with("log")) continue;
    for (int i = 0; i < 60; ++i) {
      auto memory = std::make_unique<MemoryStorage>();
      memory->files = files_;
      memory->folders = folders_;
      memory->files[path][random() % good.size()] ^= 0x10;
      const Vault vault = take(Vault::open(std::move(memory)));
      const SnapshotList list = take(list_snapshots(vault));
      for (const Snapshot& snapshot : list.snapshots) {
        TempTree to;
        RestoreOptions options;
        options.to = to.path("out");
        const auto report = restore(vault, list.packs_of(snapshot.entry.identity), snapshot.entry,
                                    keys(vault), options);
        if (!report) continue;
        const Contents& wanted = trees_.at(snapshot.entry.sequence - 1);
        std::size_t found_count = 0;
        for (const auto& [below, content] : wanted) {
          if (!to.exists("out/" + below)) continue;
          ++found_count;
          if (content.starts_with("file ")) {
            EXPECT_EQ("file " + to.read("out/" + below), content);
          }
        }
        EXPECT_EQ(found_count == wanted.size(), report->damaged + report->unmade == 0) << path;
      }
    }
  }
}

TEST_F(BackupDamageTest, AFileThatIsGoneIsNamed) {
  for (const auto& [path, good] : files_) {
    // The end of a log cannot be missed from inside.
    if (path == kVaultHeadName || path.ends_with("00002")) continue;
    auto memory = std::make_unique<MemoryStorage>();
    memory->files = files_;
    memory->folders = folders_;
    memory->files.erase(path);
    const Vault vault = take(Vault::open(std::move(memory)));
    Outcome outcome;
    outcome.opens = true;
    VerifyOptions options;
    options.on_damage = [&](const Damage& damage) { outcome.damage.push_back(damage); };
    ASSERT_TRUE(verify(vault, options));
    EXPECT_TRUE(is_found(outcome, path)) << path;
  }
}

}  // namespace
}  // namespace letterpress::vault
