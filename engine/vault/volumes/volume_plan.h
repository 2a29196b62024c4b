// SPDX-License-Identifier: Apache-2.0
// Decides what a new volume set has: every file of the vault, or what came since another set.
//
//   LETTERPRESS_TRY_ASSIGN(VolumeManifest manifest, plan_volumes(vault, {.counts = {4, 2}}));
//
// Reads the logs and index runs, of packs nothing but their names and lengths; needs no key. Packs
// that no log entry names are taken if they are whole: a backup that runs now may be making them.
// Errors: kInvalidArgument: `since` is of another vault, or saw a log entry that is not there now;
// a repair of the log was stopped, and has to go on first.
#pragma once

#include <functional>

#include "vault/vault.h"
#include "vault/volumes/volume_manifest.h"

namespace letterpress::vault {

// A file that goes on every volume beside the vault's: the program, the documents.
struct Companion {
  std::string path;  // a plain name, or one below "program/"
  Bytes bytes;
};

struct PlanOptions {
  VolumeCounts counts;
  std::optional<VolumeManifest> since;
  std::vector<Companion> companions;
  std::optional<SetId> set;  // nothing: a random one
  std::int64_t created_s = 0;
  std::function<void(const std::string&)> on_note;
};

// A pack that the log names and the vault does not have, or only damaged, with the mark of a repair
// that found no copy, is not in the set but in its list of what is lacking.
Result<VolumeManifest> plan_volumes(const Vault& vault, const PlanOptions& options);

}  // namespace letterpress::vault
