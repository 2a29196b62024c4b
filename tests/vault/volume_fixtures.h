// SPDX-License-Identifier: Apache-2.0
// A vault of any files and its volumes, in memory, open to tests that damage them.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <random>

#include "vault/keys/sha256.h"
#include "vault/memory_storage.h"
#include "vault/vault_fixtures.h"
#include "vault/vault_head.h"
#include "vault/volumes/check_volumes.h"
#include "vault/volumes/restore_volumes.h"
#include "vault/volumes/write_volumes.h"

namespace letterpress::vault {

// Files that outlive the storages that code under test owns: copy the pointer, keep the files.
class SharedStorage final : public Storage {
 public:
  struct Files : MemoryStorage {
    std::string name = "DISK";
    // What a put of these bytes ends with; empty: it is done.
    std::function<std::string(const std::string& path, ByteView bytes)> fault;
  };
  explicit SharedStorage(std::shared_ptr<Files> files) : files_(std::move(files)) {}

  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    if (folder != ".") return files_->list(folder);
    std::map<std::string, StoredName> names;
    for (const std::string& path : files_->folders) {
      if (path.find('/') == path.npos) names[path] = {path, true, 0};
    }
    for (const auto& [path, bytes] : files_->files) {
      if (path.find('/') == path.npos) names[path] = {path, false, bytes.size()};
    }
    std::vector<StoredName> out;
    for (auto& [path, name] : names) out.push_back(std::move(name));
    return out;
  }
  Result<std::uint64_t> size(const std::string& path) const override { return files_->size(path); }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    return files_->read(path, offset, count);
  }
  Status put_if_absent(const std::string& folder, const std::string& name,
                       ByteView bytes) override {
    const std::string path = folder == "." ? name : folder + '/' + name;
    const std::string what = files_->fault ? files_->fault(path, bytes) : std::string();
    if (!what.empty()) return Error(ErrorCode::kIo, full_path(path) + ": " + what);
    return files_->put_if_absent(folder, name, bytes);
  }
  Status set_aside(const std::string& path) override { return files_->set_aside(path); }
  Status make_folders(const std::vector<std::string>& folders) override {
    return files_->make_folders(folders);
  }
  std::string describe() const override { return "memory"; }
  std::string full_path(const std::string& path) const override {
    return files_->name + '/' + path;
  }

 private:
  std::shared_ptr<Files> files_;
};

using SharedFiles = std::shared_ptr<SharedStorage::Files>;

// A vault whose packs, runs and log entries are any bytes; none of them is opened here.
class VolumesTest : public ::testing::Test {
 protected:
  VolumesTest() {
    files_->name = "VAULT";
    files_->folders = {"packs", "index", "log"};
    const std::string head = encode_vault_head(
        {kTinyIdentity.vault, 1'700'000'000, tiny_key().root, readers_of(tiny_recovery(), {})},
        tiny_recovery().signing());
    put(std::string(kVaultHeadName), Bytes(head.begin(), head.end()));
  }

  void put(const std::string& path, Bytes bytes) {
    for (std::size_t slash = path.find('/'); slash != path.npos;
         slash = path.find('/', slash + 1)) {
      files_->folders.insert(path.substr(0, slash));
    }
    files_->files[path] = std::move(bytes);
  }
  std::string add_pack(std::size_t bytes, std::uint64_t seed) {
    Bytes pack = seeded_bytes(bytes, seed);
    const std::string path = pack_path(sha256(pack));
    put(path, std::move(pack));
    return path;
  }
  void add_log(std::uint64_t sequence) {
    const WriterId writer = kTinyIdentity.writer;
    put(log_folder(writer) + '/' + sequence_name(sequence), seeded_bytes(700, sequence));
    put(index_folder(writer) + '/' + sequence_name(sequence), seeded_bytes(900, ~sequence));
  }
  // A log entry that is good and names these packs, behind those that are there.
  void add_entry(std::uint64_t sequence, const std::vector<std::string>& packs) {
    SharedStorage storage(files_);
    const LogHead head = take(read_log_head(storage, kTinyIdentity.writer));
    LogEntry entry;
    entry.identity = kTinyIdentity;
    entry.sequence = sequence;
    entry.previous = head.sha256;
    for (const std::string& path : packs) {
      const Bytes& bytes = files_->files.at(path);
      entry.packs.push_back({sha256(bytes), bytes.size(), 10 * sequence + entry.packs.size(), 1});
    }
    files_->folders.insert(log_folder(kTinyIdentity.writer));
    take(append_log(storage, tiny_key(), entry));
  }
  // Packs of several rows, of less than one, and too few for the last stripe.
  void add_packs(std::size_t count = 9) {
    for (std::size_t i = 0; i < count; ++i) add_pack(600 + 48'500 * (i % 6) + i, i + 1);
    add_log(1);
  }

  void make_disks(std::size_t count) {
    disks_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      disks_.push_back(std::make_shared<SharedStorage::Files>());
      disks_.back()->name = "DISK" + std::to_string(i + 1);
    }
  }
  // Of those disks whose bit is not set.
  std::vector<std::unique_ptr<Storage>> storages(std::uint32_t without = 0) const {
    std::vector<std::unique_ptr<Storage>> storages;
    for (std::size_t i = 0; i < disks_.size(); ++i) {
      if ((without >> i & 1U) == 0) storages.push_back(std::make_unique<SharedStorage>(disks_[i]));
    }
    return storages;
  }
  Result<WriteVolumesReport> try_write(VolumeCounts counts,
                                       std::optional<VolumeManifest> since = {}) {
    Vault vault = take(Vault::open(std::make_unique<SharedStorage>(files_)));
    WriteVolumesOptions options;
    options.counts = counts;
    options.since = std::move(since);
    options.companions = {{"README.txt", seeded_bytes(300, 7)},
                          {"program/letterpress", seeded_bytes(5000, 8)}};
    options.threads = 1;
    return write_volumes(vault, storages(), options);
  }
  WriteVolumesReport write(VolumeCounts counts) {
    make_disks(counts.all());
    WriteVolumesReport report = take(try_write(counts));
    EXPECT_TRUE(report.is_sealed);
    return report;
  }

  // The vault that comes out of the disks; what was lost is in lost_.
  std::map<std::string, Bytes> restored(std::vector<std::unique_ptr<Storage>> from) {
    const auto to = std::make_shared<SharedStorage::Files>();
    to->name = "BACK";
    SharedStorage storage(to);
    const std::vector<VolumeSet> sets = take(open_volumes(std::move(from)));
    lost_.clear();
    RestoreVolumesOptions options;
    options.threads = 1;
    options.on_lost = [&](const VolumeDamage& lost) { lost_.push_back(lost.file); };
    restore_report_ = take(restore_volumes(sets, storage, options));
    EXPECT_EQ(restore_report_.lost, lost_.size());
    return to->files;
  }
  // The vault keeps a list of each set that it was written to; volumes have that of their own.
  bool comes_back(std::uint32_t without = 0) {
    const auto without_receipts = [](std::map<std::string, Bytes> files) {
      std::erase_if(files, [](const auto& file) { return file.first.starts_with("volumes/"); });
      return files;
    };
    return without_receipts(restored(storages(without))) == without_receipts(files_->files) &&
           lost_.empty();
  }

  CheckVolumesReport checked(std::uint32_t without = 0) {
    damage_.clear();
    CheckVolumesReport sum;
    CheckVolumesOptions options;
    options.threads = 1;
    options.on_damage = [&](const VolumeDamage& found) { damage_.push_back(found.file); };
    for (const VolumeSet& set : take(open_volumes(storages(without)))) {
      const CheckVolumesReport report = take(check_volumes(set, options));
      sum.damage += report.damage;
      sum.lost += report.lost;
    }
    return sum;
  }

  SharedFiles files_ = std::make_shared<SharedStorage::Files>();
  std::vector<SharedFiles> disks_;
  std::vector<std::string> lost_;
  std::vector<std::string> damage_;
  RestoreVolumesReport restore_report_;
};

// Tests that have a long form run it with this.
inline bool is_long_run() { return std::getenv("LETTERPRESS_LONG") != nullptr; }

}  // namespace letterpress::vault
