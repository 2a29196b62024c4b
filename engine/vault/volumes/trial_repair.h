// SPDX-License-Identifier: Apache-2.0
// Rebuilds a set without some of its volumes, and compares with what they have.
//
//   LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, trial_repair(set, 0b000011, options));
//
// Reads every file of every volume once. kCorrupt: something did not come out as it should, so the
// set must not be sealed; the message names the file.
#pragma once

#include <atomic>
#include <functional>

#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

struct TrialOptions {
  unsigned threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(std::uint64_t stripe)> on_stripe;  // by one thread at a time
};

// How many bytes were rebuilt.
Result<std::uint64_t> trial_repair(const VolumeSet& set, VolumeMask without,
                                   const TrialOptions& options);

}  // namespace letterpress::vault
