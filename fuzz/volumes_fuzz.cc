// SPDX-License-Identifier: Apache-2.0
// A set of 3 + 2 volumes in memory, of which files are changed, removed or swapped; then checked
// and restored. Invariants: with changes on at most 2 volumes every file of the vault comes back,
// byte for byte; with more, every file that comes back is as it was, and the others are named;
// nothing of it comes back that was not there; check and restore end.
#include <map>

#include "damage.h"
#include "made_vault.h"
#include "memory_volume.h"
#include "vault/storage/layout.h"
#include "vault/volumes/check_volumes.h"
#include "vault/volumes/restore_volumes.h"
#include "vault/volumes/write_volumes.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::MemoryVolume;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

constexpr vault::VolumeCounts kCounts{3, 2};

struct WrittenSet {
  vault::MemoryStorage vault;
  std::vector<vault::MemoryStorage> volumes;
};

std::vector<std::unique_ptr<vault::Storage>> storages_of(
    const std::vector<MemoryVolume::Files>& volumes) {
  std::vector<std::unique_ptr<vault::Storage>> storages;
  for (const auto& files : volumes) storages.push_back(std::make_unique<MemoryVolume>(files));
  return storages;
}

// Packs of any bytes: nothing here opens them. Less than a piece, and more.
const WrittenSet& written_set() {
  static const WrittenSet set = [] {
    const auto files =
        std::make_shared<vault::MemoryStorage>(letterpress::fuzz::MadeVault().storage);
    constexpr std::size_t kPackBytes[] = {700, 70'000, 5'000, 20'000, 9'000};
    for (std::size_t i = 0; i < std::size(kPackBytes); ++i) {
      Bytes pack(kPackBytes[i]);
      for (std::size_t at = 0; at < pack.size(); ++at) {
        pack[at] = static_cast<std::uint8_t>(at * (i + 3) + at / 255);
      }
      const auto name = vault::sha256(pack);
      files->files[vault::pack_path(name)] = std::move(pack);
    }
    const auto writer = letterpress::fuzz::kMadeIdentity.writer;
    files->files[vault::log_folder(writer) + '/' + vault::sequence_name(1)] = Bytes(600, 'l');
    std::vector<MemoryVolume::Files> disks(kCounts.all());
    for (auto& disk : disks) disk = std::make_shared<vault::MemoryStorage>();
    vault::Vault opened = take(vault::Vault::open(std::make_unique<MemoryVolume>(files)));
    vault::WriteVolumesOptions options;
    options.counts = kCounts;
    options.threads = 1;
    require(take(vault::write_volumes(opened, storages_of(disks), options)).is_sealed);
    WrittenSet made{*files, {}};
    for (const auto& disk : disks) made.volumes.push_back(*disk);
    return made;
  }();
  return set;
}

// Whether anything is another now.
bool change(FuzzInput& input, vault::MemoryStorage& volume) {
  const auto before = volume.files;
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : volume.files) paths.push_back(path);
  const auto count = input.up_to(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string& path = paths[input.size_up_to(paths.size() - 1)];
    const std::string& other = paths[input.size_up_to(paths.size() - 1)];
    if (!volume.files.contains(path) || !volume.files.contains(other)) continue;
    const auto what = input.up_to(4);
    if (what == 0) {
      volume.files.erase(path);
    } else if (what == 1) {
      volume.unreadable.insert(path);
    } else if (what == 2) {
      std::swap(volume.files[path], volume.files[other]);
    } else {
      letterpress::fuzz::damage(input, volume.files[path]);
    }
  }
  return volume.files != before || !volume.unreadable.empty();
}

void check_restored(const std::vector<vault::VolumeSet>& sets, bool all_must_come) {
  const auto back = std::make_shared<vault::MemoryStorage>();
  MemoryVolume to(back);
  std::size_t told = 0;
  vault::RestoreVolumesOptions options;
  options.threads = 1;
  options.on_lost = [&](const vault::VolumeDamage& lost) {
    require(!lost.file.empty() && !lost.message.empty());
    ++told;
  };
  const auto report = vault::restore_volumes(sets, to, options);
  if (!succeeds(report)) {
    require(!all_must_come);
    return;
  }
  require(report->lost == told);
  const vault::MemoryStorage& original = written_set().vault;
  for (const auto& [path, bytes] : original.files) {
    if (path.starts_with(vault::kReceiptsFolder)) continue;
    const auto found = back->files.find(path);
    if (found != back->files.end()) {
      require(found->second == bytes);
    } else {
      require(told > 0 && !all_must_come);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  std::vector<MemoryVolume::Files> volumes;
  std::size_t changed = 0;
  for (const vault::MemoryStorage& volume : written_set().volumes) {
    volumes.push_back(std::make_shared<vault::MemoryStorage>(volume));
    if (input.up_to(3) == 0) continue;
    if (change(input, *volumes.back())) ++changed;
  }
  const auto sets = vault::open_volumes(storages_of(volumes));
  if (!succeeds(sets)) {
    // A volume without any of its texts is none, for all that is left on it.
    require(changed > 0);
    return 0;
  }
  const bool all_must_come = changed <= kCounts.parity && sets->size() == 1;
  for (const vault::VolumeSet& set : *sets) {
    vault::CheckVolumesOptions options;
    options.threads = 1;
    const auto checked = vault::check_volumes(set, options);
    if (!succeeds(checked)) {
      require(!all_must_come);
    } else {
      require(!all_must_come || checked->lost == 0);
      require(changed > 0 || (checked->damage == 0 && set.damage.empty()));
    }
  }
  check_restored(*sets, all_must_come);
  return 0;
}
