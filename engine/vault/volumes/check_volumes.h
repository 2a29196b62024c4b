// SPDX-License-Identifier: Apache-2.0
// Checks every byte of volumes, without a key, and says what can still be brought back from them.
//
//   LETTERPRESS_TRY_ASSIGN(const CheckVolumesReport report, check_volumes(set, options));
//   if (report.lost > 0) ...        // these volumes alone do not give it back
//
// Volumes that are not at hand are no damage. Every bad piece is rebuilt on the way, so that "can
// be healed" was tried and not supposed. Reads everything once. Memory: some MiB a thread.
#pragma once

#include <atomic>
#include <functional>

#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

struct CheckVolumesOptions {
  unsigned threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  // All by one thread at a time.
  std::function<void(const VolumeDamage&)> on_damage;  // on a volume at hand
  std::function<void(const VolumeDamage&)> on_lost;    // cannot be brought back from these volumes
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct CheckVolumesReport {
  std::uint64_t file_bytes = 0;  // checked
  std::uint64_t damage = 0;      // files
  std::uint64_t lost = 0;        // files
};

Result<CheckVolumesReport> check_volumes(const VolumeSet& set, const CheckVolumesOptions& options);

}  // namespace letterpress::vault
