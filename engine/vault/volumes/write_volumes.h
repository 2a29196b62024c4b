// SPDX-License-Identifier: Apache-2.0
// Writes a vault to offline volumes: k with a share of its packs each and m with parity, in turn,
// so that any k of them suffice.
//
//   WriteVolumesOptions options{.counts = {4, 2}};
//   LETTERPRESS_TRY_ASSIGN(const WriteVolumesReport report,
//                          write_volumes(vault, std::move(storages), options));
//   if (report.is_sealed) ...        // it was rebuilt without m volumes, and came out as it was
//   for (const FailedVolume& failed : report.failed) ...   // free room, and call it again
//
// Folders that are empty become volumes; those that have volumes of one unfinished set, in any
// order, are gone on with, and an empty one beside them takes the place of one that is missing.
// What is there is never overwritten; what a power cut has left of a file moves to damaged/ on its
// volume (volume_slots.h). A volume that fails leaves the others as they should be; the
// run goes on until more than m have failed. Needs no key, and reads of the vault everything once.
//
// Errors: kInvalidArgument: the folders are not what this needs; kCorrupt: packs of the vault are
// damaged (the message names all; their stripes are missing, everything else was written), or the
// trial repair did not come out as it should; kIo: the vault cannot be read; kCancelled. What was
// written stays, and the same call goes on from there. Memory: m + 1 packs a thread.
#pragma once

#include <atomic>

#include "vault/volumes/volume_plan.h"
#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

struct WriteVolumesOptions {
  VolumeCounts counts;
  std::optional<VolumeManifest> since;
  std::vector<Companion> companions;
  unsigned threads = 0;  // 0: one for each processor that this process may use
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const std::string&)> on_note;
  // Called by one thread at a time. The total counts what is written and what is read on trial.
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct FailedVolume {
  unsigned number = 0;
  std::string message;
};

struct WriteVolumesReport {
  SetId set;
  VolumeCounts counts;
  std::uint64_t packs = 0;
  std::uint64_t pack_bytes = 0;
  std::uint64_t parity_bytes = 0;
  std::uint64_t copy_bytes = 0;  // on each volume
  std::uint64_t missing_packs = 0;
  std::uint64_t lacking = 0;  // files of the vault that no set has whole; missing packs are of them
  bool is_resumed = false;
  bool was_sealed = false;  // before this call
  bool is_sealed = false;
  std::uint64_t set_aside = 0;      // files that a power cut had left torn
  std::uint64_t rebuilt_bytes = 0;  // on trial
  std::vector<FailedVolume> failed;
};

Result<WriteVolumesReport> write_volumes(Vault& vault,
                                         std::vector<std::unique_ptr<Storage>> storages,
                                         const WriteVolumesOptions& options);

}  // namespace letterpress::vault
