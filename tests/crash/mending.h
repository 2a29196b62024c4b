// SPDX-License-Identifier: Apache-2.0
// What may happen to a file of a vault on a FileSystem, and what mends it: for small_world.h.
//
//   Harm harm = harm_of_a_pack(files);
//   LETTERPRESS_TRY(harm.happen(files));
//   LETTERPRESS_TRY(harm.mend(files));       // by repair from a copy, or by index rebuild
//
// And volumes of the vault, two with data and one with parity, in media/1 to media/3.
#pragma once

#include "crash/simulated_files.h"
#include "vault/memory_storage.h"

namespace letterpress::vault {

inline constexpr const char* kVaultOfWorld = "srv/vault";
inline constexpr const char* kMediaOfWorld[] = {"media/1", "media/2", "media/3"};

struct Harm {
  std::string path;         // of the file system
  SharedBytes whole;        // before
  SharedBytes left;         // after; null: the file is gone
  MemoryStorage copy = {};  // of the vault, before; a lost index run is made again without it

  Status happen(FileSystem& files) const;
  Status mend(FileSystem& files) const;
};

// A byte of a pack flips.
Harm harm_of_a_pack(const SimulatedFiles& files);
// A byte of the last log entry flips.
Harm harm_of_an_entry(const SimulatedFiles& files);
// The last index run goes.
Harm harm_of_a_run(const SimulatedFiles& files);

// An error too if the set was not sealed.
Status write_volumes_of(FileSystem& files);
// What is damaged on the volumes, or wrong if any two of them have to do for the third; empty:
// nothing.
std::string fault_of_volumes(SimulatedFiles& state);

}  // namespace letterpress::vault
