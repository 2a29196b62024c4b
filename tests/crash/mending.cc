// SPDX-License-Identifier: Apache-2.0
#include "crash/mending.h"

#include <fcntl.h>

#include "vault/index_rebuild.h"
#include "vault/repair/repair.h"
#include "vault/storage/path_parts.h"
#include "vault/storage/posix_storage.h"
#include "vault/vault_fixtures.h"
#include "vault/volumes/check_volumes.h"
#include "vault/volumes/restore_volumes.h"
#include "vault/volumes/write_volumes.h"

namespace letterpress::vault {

namespace {

const std::string kVaultFolder = std::string(kVaultOfWorld) + '/';

Error failed(const std::string& what, int error) { return io_error(error, what); }

MemoryStorage copy_of(const SimulatedFiles& files) {
  MemoryStorage copy;
  for (const auto& [path, bytes] : files.tree()) {
    if (!path.starts_with(kVaultFolder)) continue;
    const std::string below = path.substr(kVaultFolder.size());
    if (bytes == nullptr) {
      copy.folders.insert(below);
    } else {
      copy.files[below] = *bytes;
    }
  }
  return copy;
}

// The last file below a folder of the vault.
std::string last_below(const SimulatedFiles& files, const std::string& folder) {
  std::string last;
  for (const auto& [path, bytes] : files.tree()) {
    if (bytes != nullptr && path.starts_with(kVaultFolder + folder)) last = path;
  }
  return last;
}

Harm flip_in_last(const SimulatedFiles& files, const std::string& folder) {
  Harm harm{.path = last_below(files, folder), .whole = {}, .left = {}, .copy = copy_of(files)};
  harm.whole = files.find(harm.path);
  Bytes left = *harm.whole;
  left[left.size() / 2] ^= 1;
  harm.left = std::make_shared<const Bytes>(std::move(left));
  return harm;
}

Result<std::unique_ptr<Storage>> open_at(const std::string& path, FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(auto storage, PosixStorage::open(path, CommitMethod::kProbe, files));
  return std::unique_ptr<Storage>(std::move(storage));
}

Result<std::vector<std::unique_ptr<Storage>>> open_media(FileSystem& files, std::size_t without) {
  std::vector<std::unique_ptr<Storage>> storages;
  for (std::size_t i = 0; i < std::size(kMediaOfWorld); ++i) {
    if (i == without) continue;
    LETTERPRESS_TRY_ASSIGN(storages.emplace_back(), open_at(kMediaOfWorld[i], files));
  }
  return storages;
}

}  // namespace

Harm harm_of_a_pack(const SimulatedFiles& files) { return flip_in_last(files, "packs/"); }

Harm harm_of_an_entry(const SimulatedFiles& files) { return flip_in_last(files, "log/"); }

Harm harm_of_a_run(const SimulatedFiles& files) {
  Harm harm{.path = last_below(files, "index/"), .whole = {}, .left = {}};
  harm.whole = files.find(harm.path);
  return harm;
}

Status Harm::happen(FileSystem& files) const {
  const PathParts parts = split_path(path);
  const int folder = files.open(AT_FDCWD, parts.folder.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (folder < 0) return failed(path, -folder);
  int error = files.remove(folder, parts.name.c_str());
  if (error == 0 && left != nullptr) {
    const int file = files.open(folder, parts.name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    const std::int64_t written = file < 0 ? file : files.write(file, *left);
    error = written < 0 ? static_cast<int>(written) : files.sync_file(file);
    if (file >= 0) files.close(file);
  }
  if (error == 0) error = files.sync_folder(folder);
  files.close(folder);
  return error == 0 ? Status(Ok{}) : Status(failed(path, -error));
}

Status Harm::mend(FileSystem& files) const {
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<Storage> storage, open_at(kVaultOfWorld, files));
  if (left == nullptr) {
    LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::open(std::move(storage)));
    IndexRebuildOptions options{.keys = vault.keyring(), .recovery = tiny_recovery()};
    options.keys.add(tiny_recovery().reader());
    LETTERPRESS_TRY_ASSIGN(const IndexRebuildReport report, rebuild_index(vault, options));
    return report.damaged_blocks == 0
               ? Status(Ok{})
               : Status(Error(ErrorCode::kCorrupt, path + ": blocks could not be read"));
  }
  std::vector<std::unique_ptr<Storage>> copies;
  copies.push_back(std::make_unique<MemoryStorage>(copy));
  RepairOptions options;
  std::string remaining;
  options.on_damage = [&](const Damage& damage) {
    remaining += damage.file + ": " + damage.message + "; ";
  };
  LETTERPRESS_TRY_ASSIGN(const RepairReport report,
                         repair(std::move(storage), std::move(copies), options));
  if (report.remaining == 0) return Ok{};
  return Error(ErrorCode::kCorrupt, "repair left damage: " + remaining);
}

Status write_volumes_of(FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<Storage> storage, open_at(kVaultOfWorld, files));
  LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::open(std::move(storage)));
  LETTERPRESS_TRY_ASSIGN(auto media, open_media(files, SIZE_MAX));
  WriteVolumesOptions options;
  options.counts = {2, 1};
  options.companions = {{"README.txt", seeded_bytes(300, 7)}};
  options.threads = 1;
  LETTERPRESS_TRY_ASSIGN(const WriteVolumesReport report,
                         write_volumes(vault, std::move(media), options));
  if (report.is_sealed) return Ok{};
  std::string text = "media/: the set is not sealed";
  for (const FailedVolume& volume : report.failed) text += "; " + volume.message;
  return Error(ErrorCode::kIo, text);
}

namespace {

// What was sealed is sealed on every volume, and nothing in it is damaged.
std::string damage_of_volumes(SimulatedFiles& state) {
  auto media = open_media(state, SIZE_MAX);
  if (!media) return media.error().message();
  const Result<std::vector<VolumeSet>> sets = open_volumes(*std::move(media));
  if (!sets) return "volumes cannot be opened: " + sets.error().message();
  if (sets->size() != 1 || !sets->front().seal) return "the volumes are not one sealed set";
  std::string damage;
  CheckVolumesOptions options;
  options.threads = 1;
  options.on_damage = [&](const VolumeDamage& found) {
    damage += found.file + ": " + found.message + "; ";
  };
  const Result<CheckVolumesReport> report = check_volumes(sets->front(), options);
  return report ? damage : report.error().message();
}

}  // namespace

std::string fault_of_volumes(SimulatedFiles& state) {
  if (std::string damage = damage_of_volumes(state); !damage.empty()) return damage;
  for (std::size_t without = 0; without < std::size(kMediaOfWorld); ++without) {
    auto media = open_media(state, without);
    if (!media) return media.error().message();
    const Result<std::vector<VolumeSet>> sets = open_volumes(*std::move(media));
    if (!sets) return "volumes cannot be opened: " + sets.error().message();
    MemoryStorage back;
    RestoreVolumesOptions options;
    options.threads = 1;
    const Result<RestoreVolumesReport> report = restore_volumes(*sets, back, options);
    if (!report) return "volumes do not give the vault back: " + report.error().message();
    if (report->lost > 0 || report->packs == 0) return "volumes have lost files";
    for (const auto& [path, bytes] : back.files) {
      if (path.starts_with("volumes/")) continue;
      const SharedBytes original = state.find(kVaultFolder + path);
      if (original == nullptr || *original != bytes) return path + ": volumes give other bytes";
    }
  }
  return {};
}

}  // namespace letterpress::vault
