// SPDX-License-Identifier: Apache-2.0
// The volumes of one set that are at hand, in any order, some missing, all perhaps damaged.
//
//   LETTERPRESS_TRY_ASSIGN(const std::vector<VolumeSet> sets, open_volumes(std::move(storages)));
//   for (const VolumeSet& set : sets) ...       // oldest first
//
// Labels, manifests and seals were read, and the good ones chosen; what is wrong with the others is
// in `damage`. Everything else is looked for on every volume, the likeliest first: a file counts by
// what it holds, not by where it lies. Reading is const; many threads may.
// Errors of open_volumes(): kInvalidArgument: a folder is no volume; kCorrupt: of a set no good
// manifest is left on the volumes that were given.
#pragma once

#include <memory>

#include "vault/storage/storage.h"
#include "vault/volumes/piece_tags.h"

namespace letterpress::vault {

struct VolumeDamage {
  std::string file;     // as the user knows it
  std::string message;  // what is wrong, and what to do
};

// Volumes of a VolumeSet, by their place in it.
using VolumeMask = std::uint32_t;

struct Volume {
  std::unique_ptr<Storage> storage;
  // As its label says; found out from its files where the label is damaged. Nothing: not known.
  std::optional<unsigned> number;
};

struct VolumeSet {
  VolumeManifest manifest;
  Bytes manifest_bytes;
  Sha256Digest manifest_digest;
  std::optional<VolumeSeal> seal;  // nothing: the set was never rebuilt on trial
  std::vector<Volume> volumes;
  std::vector<VolumeDamage> damage;  // of labels, manifests and seals

  // The volume that has the file, `number` first; null if none but those of `without` has it.
  const Storage* locate(const std::string& path, std::optional<unsigned> number,
                        VolumeMask without) const;
  // Where member `member` of a stripe is.
  const Storage* locate_member(std::uint64_t stripe, unsigned member, VolumeMask without) const;
  // A file that is on every volume, from the first that has it right. kCorrupt: none has.
  Result<Bytes> read_copy(const VolumeFile& file, VolumeMask without) const;
  // Nothing: no volume has them right.
  std::optional<StripeTags> read_tags(std::uint64_t stripe, VolumeMask without) const;
  // Whether these bytes are the tags of the stripe, as the seal (if there is one) has them.
  Result<StripeTags> check_tags(std::uint64_t stripe, ByteView bytes, std::string_view file) const;
  // Numbers that no volume at hand has.
  std::vector<unsigned> missing() const;
};

Result<std::vector<VolumeSet>> open_volumes(std::vector<std::unique_ptr<Storage>> storages);

// A set named by one of its volumes, a manifest, or the manifest in a vault (its id in hex).
Result<VolumeManifest> find_set(const Storage& vault, const std::string& name);

// For people: "2 of 6".
std::string volume_name(unsigned number, VolumeCounts counts);

}  // namespace letterpress::vault
