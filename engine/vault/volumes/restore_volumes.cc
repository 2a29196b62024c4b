// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/restore_volumes.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/cancel.h"
#include "pipeline/ordered_work.h"
#include "vault/keys/sha256.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"
#include "vault/volumes/stripe_scan.h"

namespace letterpress::vault {

namespace {

struct RestoredStripe {
  std::uint64_t number = 0;
  std::uint64_t packs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rebuilt = 0;
  std::vector<VolumeDamage> lost;
};

// A pack that has to be put together from its stripe.
struct Missing {
  unsigned member = 0;
  Bytes bytes;
};

class RestoreVolumes {
 public:
  RestoreVolumes(const std::vector<VolumeSet>& sets, Storage& to,
                 const RestoreVolumesOptions& options)
      : sets_(sets), to_(to), options_(options) {}

  Result<RestoreVolumesReport> run();

 private:
  Status check_sets();
  Status check_destination() const;
  Status make_folders();
  Status restore_packs(const VolumeSet& set);
  Status restore_stripe(const VolumeSet& set, const StripeCode& code, RestoredStripe& stripe);
  Result<bool> restore_plain(const VolumeSet& set, std::uint64_t stripe, unsigned member,
                             const VolumeFile& pack);
  Status rebuild(const VolumeSet& set, const StripeCode& code, std::vector<Missing>& missing,
                 RestoredStripe& stripe);
  Status restore_copies(PathKind kind);
  Status put(const std::string& path, ByteView bytes);
  bool is_there(const VolumeFile& file) const;

  void take(const RestoredStripe& stripe) {
    report_.packs += stripe.packs;
    report_.bytes += stripe.bytes;
    report_.rebuilt += stripe.rebuilt;
    for (const VolumeDamage& lost : stripe.lost) note_lost(lost);
    if (options_.on_progress) options_.on_progress(report_.bytes, total_);
  }
  void note_lost(const VolumeDamage& lost) {
    ++report_.lost;
    if (options_.on_lost) options_.on_lost(lost);
  }

  const std::vector<VolumeSet>& sets_;
  Storage& to_;
  const RestoreVolumesOptions& options_;
  std::mutex to_mutex_;  // of puts
  std::uint64_t total_ = 0;
  RestoreVolumesReport report_;
};

Result<RestoreVolumesReport> RestoreVolumes::run() {
  LETTERPRESS_TRY(check_sets());
  LETTERPRESS_TRY(check_destination());
  LETTERPRESS_TRY(make_folders());
  for (const VolumeSet& set : sets_) {
    LETTERPRESS_TRY(restore_packs(set));
  }
  // As a backup commits: what a log entry names comes before it.
  for (const PathKind kind : {PathKind::kIndex, PathKind::kLog}) {
    LETTERPRESS_TRY(restore_copies(kind));
  }
  for (const VolumeSet& set : sets_) {
    if (!set.seal) continue;
    LETTERPRESS_TRY(put(receipt_path(set.manifest.set), set.manifest_bytes));
  }
  LETTERPRESS_TRY(restore_copies(PathKind::kHead));
  return std::move(report_);
}

Status RestoreVolumes::check_sets() {
  if (sets_.empty()) return Error(ErrorCode::kInvalidArgument, "no volume was given");
  report_.vault = sets_.front().manifest.vault;
  std::set<SetId> given;
  for (const VolumeSet& set : sets_) given.insert(set.manifest.set);
  for (const VolumeSet& set : sets_) {
    if (set.manifest.vault != report_.vault) {
      return Error(ErrorCode::kInvalidArgument,
                   "the volumes are of several vaults (" + to_hex(report_.vault.bytes) + ", " +
                       to_hex(set.manifest.vault.bytes) + "); restore one at a time");
    }
    if (set.manifest.since && !given.contains(*set.manifest.since)) {
      note_lost({"the set " + to_hex(set.manifest.since->bytes),
                 "is needed too: the set " + to_hex(set.manifest.set.bytes) +
                     " has only what came since; give k of its volumes as well"});
    }
    for (const VolumeFile& pack : set.manifest.packs) total_ += pack.bytes;
  }
  return Ok{};
}

Status RestoreVolumes::check_destination() const {
  LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names, to_.list("."));
  for (const StoredName& name : names) {
    const bool is_ours = name.name == kVaultHeadName || name.name == kPacksFolder ||
                         name.name == kIndexFolder || name.name == kLogFolder ||
                         name.name == kReceiptsFolder || name.name == "tmp" ||
                         name.name == "lost+found";
    if (is_ours) continue;
    return Error(ErrorCode::kInvalidArgument,
                 to_.full_path(name.name) +
                     ": the folder has something else in it; a vault is restored to an empty one");
  }
  const std::string head(kVaultHeadName);
  const Result<Bytes> there = to_.read(head, 0, kManifestBytesMax);
  if (!there) return Ok{};
  for (const VolumeSet& set : sets_) {
    for (const VolumeFile& file : set.manifest.copies) {
      if (file.path == head && sha256(*there) == file.sha256) return Ok{};
    }
  }
  return Error(ErrorCode::kInvalidArgument,
               to_.full_path(head) + ": another vault is there; restore to an empty folder");
}

Status RestoreVolumes::make_folders() {
  std::vector<std::string> folders = vault_folders();
  std::set<std::string> more;
  for (const VolumeSet& set : sets_) {
    if (set.seal) more.insert(std::string(kReceiptsFolder));
    for (const VolumeFile& file : set.manifest.copies) {
      const PathKind kind = kind_of_path(file.path);
      if (kind != PathKind::kLog && kind != PathKind::kIndex) continue;
      // A writer has both folders, whatever it has in them.
      const std::string writer = split_path(file.path).folder.substr(file.path.find('/'));
      more.insert(std::string(kLogFolder) + writer);
      more.insert(std::string(kIndexFolder) + writer);
    }
  }
  folders.insert(folders.end(), more.begin(), more.end());
  return to_.make_folders(folders);
}

Status RestoreVolumes::restore_packs(const VolumeSet& set) {
  LETTERPRESS_TRY_ASSIGN(const StripeCode code, StripeCode::make(set.manifest.counts));
  std::uint64_t next = 0;
  return pipeline::do_ordered<RestoredStripe>(
      options_.threads,
      {.make = [&]() -> Result<std::unique_ptr<RestoredStripe>> {
         if (next >= set.manifest.stripe_count()) return std::unique_ptr<RestoredStripe>();
         auto stripe = std::make_unique<RestoredStripe>();
         stripe->number = next++;
         return stripe;
       },
       .work = [&](RestoredStripe& stripe) { return restore_stripe(set, code, stripe); },
       .take = [&](RestoredStripe& stripe) { take(stripe); }});
}

bool RestoreVolumes::is_there(const VolumeFile& file) const {
  const Result<FileDigest> digest = digest_file(to_, file.path);
  return digest && digest->bytes == file.bytes && digest->sha256 == file.sha256;
}

Status RestoreVolumes::put(const std::string& path, ByteView bytes) {
  const std::lock_guard lock(to_mutex_);
  const PathParts parts = split_path(path);
  return to_.put_if_absent(parts.folder, parts.name, bytes);
}

// From the file as it lies on its volume. False: it is missing or damaged there.
Result<bool> RestoreVolumes::restore_plain(const VolumeSet& set, std::uint64_t stripe,
                                           unsigned member, const VolumeFile& pack) {
  const Storage* const storage = set.locate_member(stripe, member, 0);
  if (storage == nullptr) return false;
  const Result<Bytes> bytes = storage->read(pack.path, 0, pack.bytes + 1);
  if (!bytes || bytes->size() != pack.bytes || sha256(*bytes) != pack.sha256) return false;
  LETTERPRESS_TRY(put(pack.path, *bytes));
  return true;
}

Status RestoreVolumes::restore_stripe(const VolumeSet& set, const StripeCode& code,
                                      RestoredStripe& stripe) {
  LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
  std::vector<Missing> missing;
  for (unsigned member = 0; member < set.manifest.counts.data; ++member) {
    const VolumeFile* const pack = set.manifest.pack(stripe.number, member);
    if (pack == nullptr) continue;
    bool is_done = is_there(*pack);
    if (!is_done) {
      LETTERPRESS_TRY_ASSIGN(is_done, restore_plain(set, stripe.number, member, *pack));
    }
    if (is_done) {
      ++stripe.packs;
      stripe.bytes += pack->bytes;
    } else {
      missing.push_back({member, {}});
    }
  }
  return missing.empty() ? Status(Ok{}) : rebuild(set, code, missing, stripe);
}

Status RestoreVolumes::rebuild(const VolumeSet& set, const StripeCode& code,
                               std::vector<Missing>& missing, RestoredStripe& stripe) {
  StripeScan scan(set, code, stripe.number, 0);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has, scan.next());
    if (!has) break;
    for (Missing& pack : missing) append(pack.bytes, scan.member(pack.member));
  }
  for (const Missing& found : missing) {
    const VolumeFile& pack = *set.manifest.pack(stripe.number, found.member);
    if (found.bytes.size() == pack.bytes && sha256(found.bytes) == pack.sha256) {
      LETTERPRESS_TRY(put(pack.path, found.bytes));
      ++stripe.packs;
      ++stripe.rebuilt;
      stripe.bytes += pack.bytes;
    } else {
      stripe.lost.push_back(
          {pack.path, "cannot be brought back from these volumes: more than " +
                          std::to_string(set.manifest.counts.parity) +
                          " are damaged in one row or not at hand; give more volumes of the set"});
    }
  }
  return Ok{};
}

Status RestoreVolumes::restore_copies(PathKind kind) {
  std::set<std::string> done;
  // One that the vault had only damaged comes from a set that has it whole, if there is one.
  for (const bool was_damaged : {false, true}) {
    for (const VolumeSet& set : sets_) {
      for (const VolumeFile& file : set.manifest.copies) {
        if (kind_of_path(file.path) != kind || done.contains(file.path) ||
            std::ranges::binary_search(set.manifest.lacking, file.path) != was_damaged) {
          continue;
        }
        LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
        Result<Bytes> bytes = set.read_copy(file, 0);
        if (!bytes) continue;  // perhaps another set has it
        LETTERPRESS_TRY(put(file.path, *bytes));
        report_.bytes += bytes->size();
        done.insert(file.path);
      }
    }
  }
  for (const VolumeSet& set : sets_) {
    for (const VolumeFile& file : set.manifest.copies) {
      if (kind_of_path(file.path) != kind || !done.insert(file.path).second) continue;
      note_lost({file.path, "is damaged or missing on every volume at hand"});
    }
  }
  return Ok{};
}

}  // namespace

Result<RestoreVolumesReport> restore_volumes(const std::vector<VolumeSet>& sets, Storage& to,
                                             const RestoreVolumesOptions& options) {
  return RestoreVolumes(sets, to, options).run();
}

}  // namespace letterpress::vault
