// SPDX-License-Identifier: Apache-2.0
// Sorts folders into sets: which set a volume belongs to, and which of its files on all volumes are
// the good ones.
#include <algorithm>
#include <map>

#include "vault/keys/sha256.h"
#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

namespace {

// Stripes that are looked at to find out the number of a volume without a label.
constexpr std::uint64_t kStripesTried = 64;

// What a folder says of itself, each part good or an error.
struct Candidate {
  std::unique_ptr<Storage> storage;
  Result<VolumeLabel> label;
  Bytes manifest_bytes;
  Result<VolumeManifest> manifest;
  Result<VolumeSeal> seal;
  std::optional<SetId> set;
};

template <class Value>
Result<Value> read_text(const Storage& storage, std::string_view name, Bytes* kept,
                        Result<Value> (*decode)(ByteView, std::string_view)) {
  const std::string path(name);
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, storage.read(path, 0, kManifestBytesMax));
  Result<Value> value = decode(bytes, storage.full_path(path));
  if (value && kept != nullptr) *kept = std::move(bytes);
  return value;
}

// The set that most of its three texts name; the manifest decides.
std::optional<SetId> set_of(const Candidate& candidate) {
  std::map<SetId, unsigned> votes;
  if (candidate.label) votes[candidate.label->set] += 2;
  if (candidate.manifest) votes[candidate.manifest->set] += 3;
  if (candidate.seal) votes[candidate.seal->set] += 2;
  std::optional<SetId> best;
  for (const auto& [set, count] : votes) {
    if (!best || count > votes[*best]) best = set;
  }
  return best;
}

Candidate look_at_candidate(std::unique_ptr<Storage> storage) {
  Bytes bytes;
  Result<VolumeLabel> label = read_text(*storage, kVolumeLabelName, nullptr, decode_label);
  Result<VolumeManifest> manifest =
      read_text(*storage, kVolumeManifestName, &bytes, decode_manifest);
  Result<VolumeSeal> seal = read_text(*storage, kVolumeSealName, nullptr, decode_seal);
  Candidate candidate{std::move(storage),  std::move(label), std::move(bytes),
                      std::move(manifest), std::move(seal),  std::nullopt};
  candidate.set = set_of(candidate);
  return candidate;
}

// Takes the manifest that most volumes have.
Status choose_manifest(std::vector<Candidate>& candidates, VolumeSet& set) {
  std::map<Sha256Digest, unsigned> votes;
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.manifest || candidate.manifest->set != candidate.set) continue;
    const Sha256Digest digest = sha256(candidate.manifest_bytes);
    const unsigned count = ++votes[digest];
    if (best != nullptr && count <= votes[set.manifest_digest]) continue;
    best = &candidate;
    set.manifest_digest = digest;
  }
  if (best == nullptr) {
    const Storage& storage = *candidates.front().storage;
    return Error(ErrorCode::kCorrupt,
                 storage.full_path(std::string(kVolumeManifestName)) +
                     ": no volume that was given has a good list of the set's files; give one more "
                     "volume of it");
  }
  set.manifest = *best->manifest;
  set.manifest_bytes = best->manifest_bytes;
  return Ok{};
}

bool is_of_set(const VolumeLabel& label, const VolumeManifest& manifest) {
  return label.set == manifest.set && label.vault == manifest.vault &&
         label.counts == manifest.counts;
}

bool is_of_set(const VolumeSeal& seal, const VolumeSet& set) {
  return seal.set == set.manifest.set && seal.manifest == set.manifest_digest &&
         seal.stripes.size() == set.manifest.stripe_count();
}

void note_damage(const Storage& storage, std::string_view name, const std::string& what,
                 VolumeSet& set) {
  const std::string file = storage.full_path(std::string(name));
  set.damage.push_back({file, what.empty() ? "is of another set than the other volumes" : what});
}

template <class Value>
std::string error_of(const Result<Value>& result) {
  return result ? std::string() : result.error().message();
}

// The number whose members this volume has most of.
std::optional<unsigned> infer_number(const VolumeManifest& manifest, const Storage& storage) {
  std::optional<unsigned> best;
  std::uint64_t most = 0;
  for (unsigned number = 0; number < manifest.counts.all(); ++number) {
    std::uint64_t found = 0;
    for (std::uint64_t s = 0; s < std::min(manifest.stripe_count(), kStripesTried); ++s) {
      const std::string path = manifest.member_path(s, manifest.member_on(s, number));
      if (!path.empty() && storage.size(path)) ++found;
    }
    if (found > most) {
      most = found;
      best = number;
    }
  }
  return best;
}

Result<VolumeSet> make_set(std::vector<Candidate> candidates) {
  VolumeSet set;
  LETTERPRESS_TRY(choose_manifest(candidates, set));
  for (const Candidate& candidate : candidates) {
    if (!set.seal && candidate.seal && is_of_set(*candidate.seal, set)) set.seal = *candidate.seal;
  }
  for (Candidate& candidate : candidates) {
    const Storage& storage = *candidate.storage;
    Volume volume;
    if (candidate.label && is_of_set(*candidate.label, set.manifest)) {
      volume.number = candidate.label->number;
    } else {
      note_damage(storage, kVolumeLabelName, error_of(candidate.label), set);
      volume.number = infer_number(set.manifest, storage);
    }
    if (!candidate.manifest || candidate.manifest_bytes != set.manifest_bytes) {
      note_damage(storage, kVolumeManifestName, error_of(candidate.manifest), set);
    }
    const bool has_seal = candidate.seal && is_of_set(*candidate.seal, set);
    const bool is_there = candidate.seal || candidate.seal.error().code() != ErrorCode::kNotFound;
    if (set.seal ? !has_seal : is_there) {
      note_damage(storage, kVolumeSealName, error_of(candidate.seal), set);
    }
    volume.storage = std::move(candidate.storage);
    set.volumes.push_back(std::move(volume));
  }
  return set;
}

}  // namespace

Result<std::vector<VolumeSet>> open_volumes(std::vector<std::unique_ptr<Storage>> storages) {
  std::map<SetId, std::vector<Candidate>> by_set;
  std::vector<Candidate> unnamed;
  for (std::unique_ptr<Storage>& storage : storages) {
    Candidate candidate = look_at_candidate(std::move(storage));
    if (candidate.set) {
      by_set[*candidate.set].push_back(std::move(candidate));
    } else {
      unnamed.push_back(std::move(candidate));
    }
  }
  for (Candidate& candidate : unnamed) {
    // All its texts are damaged; with one set alone it can be of no other.
    const bool is_volume = candidate.label.error().code() != ErrorCode::kNotFound ||
                           candidate.manifest.error().code() != ErrorCode::kNotFound ||
                           static_cast<bool>(candidate.storage->list(std::string(kTagsFolder)));
    if (by_set.size() != 1 || !is_volume) {
      return Error(ErrorCode::kInvalidArgument,
                   candidate.label.error().message() +
                       ": this folder is no volume of a set, or what says so is damaged; leave it "
                       "out, or name it with other volumes of its set alone");
    }
    candidate.set = by_set.begin()->first;
    by_set.begin()->second.push_back(std::move(candidate));
  }
  std::vector<VolumeSet> sets;
  for (auto& [id, candidates] : by_set) {
    if (candidates.size() > 8 * sizeof(VolumeMask)) {
      return Error(ErrorCode::kInvalidArgument, "more volumes of a set than it can have");
    }
    LETTERPRESS_TRY_ASSIGN(VolumeSet set, make_set(std::move(candidates)));
    sets.push_back(std::move(set));
  }
  std::ranges::stable_sort(sets, {}, [](const VolumeSet& set) { return set.manifest.created_s; });
  return sets;
}

}  // namespace letterpress::vault
