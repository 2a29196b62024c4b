// SPDX-License-Identifier: Apache-2.0
// Backs entries that the input makes up into a vault in memory, once or twice; changes, removes or
// swaps files of the vault; then lists, verifies and reads everything.
// Invariants: what comes back of an entry is what was backed up, byte for byte, or an error that
// says why; if verify finds no damage, every entry of every snapshot that is listed comes back; a
// file that was changed is damage; without a change all comes back and there is no damage; a backup
// into what is left fails, or makes a snapshot that comes back whole, unless a pack was changed in
// a way that a writer, who reads none, cannot see.
#include <algorithm>
#include <map>

#include "made_source.h"
#include "made_vault.h"
#include "memory_volume.h"
#include "vault/backup.h"
#include "vault/snapshot.h"
#include "vault/snapshot_reader.h"
#include "vault/verify.h"
#include "working_folder.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Ok;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::MadeEntry;
using letterpress::fuzz::MemoryVolume;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

using Originals = std::map<std::uint64_t, std::vector<MadeEntry>>;  // by sequence

vault::Vault open(const MemoryVolume::Files& files) {
  return take(vault::Vault::open(std::make_unique<MemoryVolume>(files)));
}

void back_up(const MemoryVolume::Files& files, std::vector<MadeEntry> entries,
             const std::string& state, Originals& originals) {
  letterpress::fuzz::MadeSource source(entries);
  vault::BackupOptions options;
  options.source = &source;
  options.state_folder = state;
  options.press.threads = 1;
  options.host = "mail.example.org";
  vault::Vault opened = open(files);
  const auto report = take(vault::backup(opened, letterpress::fuzz::made_key(), options));
  require(report.entries == entries.size());
  originals[report.sequence] = std::move(entries);
}

// How the files differ from what was backed up.
struct Changes {
  bool is_any = false;
  bool is_changed = false;  // a file has other bytes under its name
  bool is_hidden = false;   // and a pack has as many as before, so that a writer cannot see it
};

void change_once(FuzzInput& input, vault::MemoryStorage& storage, const std::string& path) {
  const auto what = input.up_to(7);
  if (what == 0) {
    storage.files.erase(path);
  } else if (what == 1) {
    storage.unreadable.insert(path);
  } else if (what == 2) {
    const auto other =
        std::next(storage.files.begin(),
                  static_cast<std::ptrdiff_t>(input.size_up_to(storage.files.size() - 1)));
    if (other->first != vault::kVaultHeadName) std::swap(storage.files[path], other->second);
  } else {
    letterpress::fuzz::damage(input, storage.files[path]);
  }
}

Changes change_files(FuzzInput& input, vault::MemoryStorage& storage) {
  const auto before = storage.files;
  const auto count = input.up_to(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto chosen =
        std::next(before.begin(), static_cast<std::ptrdiff_t>(input.size_up_to(before.size() - 1)));
    // Without its head it is no vault.
    if (chosen->first == vault::kVaultHeadName || !storage.files.contains(chosen->first)) continue;
    change_once(input, storage, chosen->first);
  }
  Changes changes;
  changes.is_any = storage.files != before || !storage.unreadable.empty();
  for (const auto& [path, bytes] : storage.files) {
    if (bytes == before.at(path) && !storage.unreadable.contains(path)) continue;
    changes.is_changed = changes.is_changed || bytes != before.at(path);
    changes.is_hidden = changes.is_hidden || (path.starts_with(vault::kPacksFolder) &&
                                              bytes.size() == before.at(path).size());
  }
  return changes;
}

// How many entries came back; those that did are as they were.
std::size_t check_snapshot(const vault::Vault& opened, const vault::SnapshotList& list,
                           const vault::Snapshot& snapshot, const std::vector<MadeEntry>& entries) {
  const vault::PackSet packs = list.packs_of(snapshot.entry.identity);
  const auto reader =
      vault::SnapshotReader::open(opened, packs, snapshot.entry, letterpress::fuzz::made_keys());
  if (!succeeds(reader)) return 0;
  std::size_t back = 0;
  static_cast<void>(succeeds((*reader)->seek("")));
  vault::EntryRecord record;
  while (true) {
    const auto more = (*reader)->next(record);
    if (!succeeds(more)) continue;
    if (!*more) return back;
    const auto original = std::ranges::find_if(
        entries, [&](const MadeEntry& made) { return made.entry.path == record.entry.path; });
    require(original != entries.end() && original->entry.metadata == record.entry.metadata);
    Bytes bytes;
    const bool is_file = record.entry.metadata.type == letterpress::EntryType::kFile;
    if (is_file && !succeeds((*reader)->read_content(record.content, [&](ByteView view) -> Status {
          append(bytes, view);
          return Ok{};
        }))) {
      require(bytes.size() <= original->bytes.size() &&
              std::equal(bytes.begin(), bytes.end(), original->bytes.begin()));
      continue;
    }
    require(bytes == original->bytes);
    ++back;
  }
}

std::uint64_t damage_of(const vault::Vault& opened, bool is_deep) {
  vault::VerifyOptions options;
  options.is_deep = is_deep;
  if (is_deep) options.keys = letterpress::fuzz::made_keys();
  std::uint64_t told = 0;
  options.on_damage = [&](const vault::Damage& damage) {
    require(!damage.message.empty());
    ++told;
  };
  const auto report = vault::verify(opened, options);
  if (!succeeds(report)) return 1;
  require(report->damage == told);
  return told;
}

void check_all(const vault::Vault& opened, const Originals& originals, const Changes& changes) {
  const std::uint64_t damage = damage_of(opened, false);
  const std::uint64_t deep_damage = damage_of(opened, true);
  require(!changes.is_changed || (damage > 0 && deep_damage > 0));
  const auto list = vault::list_snapshots(opened);
  if (!succeeds(list)) {
    require(changes.is_any);
    return;
  }
  for (const vault::Snapshot& snapshot : list->snapshots) {
    const auto entries = originals.find(snapshot.entry.sequence);
    require(entries != originals.end());
    const std::size_t back = check_snapshot(opened, *list, snapshot, entries->second);
    require(deep_damage > 0 || back == entries->second.size());
  }
  require(changes.is_any ||
          (damage == 0 && deep_damage == 0 && list->snapshots.size() == originals.size()));
}

// The writer goes on, whatever became of the vault: its new snapshot has no holes.
void check_next_backup(const MemoryVolume::Files& files, const std::vector<MadeEntry>& entries,
                       const std::string& state) {
  letterpress::fuzz::MadeSource source(entries);
  vault::BackupOptions options;
  options.source = &source;
  options.state_folder = state;
  options.press.threads = 1;
  vault::Vault opened = open(files);
  const auto report = vault::backup(opened, letterpress::fuzz::made_key(), options);
  if (!succeeds(report)) return;
  const vault::SnapshotList list = take(vault::list_snapshots(opened));
  const auto made = std::ranges::find_if(list.snapshots, [&](const vault::Snapshot& snapshot) {
    return snapshot.entry.sequence == report->sequence;
  });
  require(made != list.snapshots.end());
  require(check_snapshot(opened, list, *made, entries) == entries.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const std::string& state = letterpress::fuzz::empty_folder();
  const auto files = std::make_shared<vault::MemoryStorage>(letterpress::fuzz::MadeVault().storage);
  const bool is_twice = input.flag();
  const bool goes_on = input.flag();
  Bytes choices;
  append(choices, input.take(48));
  Originals originals;
  std::vector<MadeEntry> entries = letterpress::fuzz::made_entries(input);
  back_up(files, entries, state, originals);
  if (is_twice) {
    letterpress::fuzz::damage(input, entries.back().bytes);
    if (entries.back().entry.metadata.type != letterpress::EntryType::kFile) {
      entries.back().bytes.clear();
    }
    back_up(files, entries, state, originals);
  }
  FuzzInput change_input(choices);
  const Changes changes = change_files(change_input, *files);
  check_all(open(files), originals, changes);
  if (goes_on && !changes.is_hidden) check_next_backup(files, entries, state);
  return 0;
}
