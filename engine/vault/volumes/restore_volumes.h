// SPDX-License-Identifier: Apache-2.0
// Makes a vault again from volumes, byte for byte as it was written to them; needs no key.
//
//   LETTERPRESS_TRY_ASSIGN(const std::vector<VolumeSet> sets, open_volumes(std::move(storages)));
//   LETTERPRESS_TRY_ASSIGN(const RestoreVolumesReport report, restore_volumes(sets, *to, options));
//
// `to` is an empty folder, or one where this was interrupted: what is there and right stays,
// nothing is overwritten, and the vault head comes last, so that half a vault is none. A set that
// goes on from another wants that one too. What cannot be brought back is left out and named; an
// error means that it could not go on. Whose vault it is, `verify --trust` says: volumes are not
// signed, what is in them is. Memory: k packs a thread where packs are to be rebuilt, one
// otherwise.
#pragma once

#include <atomic>
#include <functional>

#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

struct RestoreVolumesOptions {
  unsigned threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  // Both by one thread at a time.
  std::function<void(const VolumeDamage&)> on_lost;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct RestoreVolumesReport {
  VaultId vault;
  std::uint64_t packs = 0;    // written, or there and right
  std::uint64_t bytes = 0;    // of packs and other files
  std::uint64_t rebuilt = 0;  // packs that came out of parity
  std::uint64_t lost = 0;     // files
};

// kInvalidArgument: sets of several vaults; `to` has something else in it.
Result<RestoreVolumesReport> restore_volumes(const std::vector<VolumeSet>& sets, Storage& to,
                                             const RestoreVolumesOptions& options);

}  // namespace letterpress::vault
