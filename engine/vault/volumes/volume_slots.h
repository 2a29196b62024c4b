// SPDX-License-Identifier: Apache-2.0
// The folders that a set is being written to: which volume each is, and which have failed.
//
//   LETTERPRESS_TRY_ASSIGN(VolumeSlots slots, VolumeSlots::adopt(std::move(storages), counts));
//   slots.put(2, "parity/00000000-04", bytes);      // a failure is remembered, not returned
//   if (slots.failed_count() > counts.parity) ...
//
// A folder is a volume by its label; an empty one gets the lowest number that is free. put() may be
// called from many threads; each volume takes one file at a time.
//
// Where a file system has no better way, a power cut leaves files that are cut short under their
// names. As long as a volume has no seal, which comes last, such a file is moved to damaged/ on it,
// and the good one put.
#pragma once

#include <mutex>

#include "vault/storage/storage.h"
#include "vault/volumes/volume_manifest.h"

namespace letterpress::vault {

// Makes the file; one of the same name with other bytes is taken out of the way. Gives whether
// there was one.
Result<bool> put_for_torn(Storage& storage, const std::string& path, ByteView bytes);

class VolumeSlots {
 public:
  // kInvalidArgument: not a folder for each volume, one that is not empty and no volume, volumes of
  // several sets or of other counts, one number twice.
  static Result<VolumeSlots> adopt(std::vector<std::unique_ptr<Storage>> storages,
                                   VolumeCounts counts);

  // The set that the labels name; nothing: all folders are empty.
  std::optional<SetId> set() const noexcept { return set_; }
  // From the first volume that has a good one; empty: none has.
  Bytes read_manifest() const;

  // Makes labels and folders. `writers` have folders under log/ and index/.
  void begin(const VolumeManifest& manifest, const std::vector<std::string>& folders);
  void put(unsigned number, const std::string& path, ByteView bytes);
  bool is_failed(unsigned number) const;
  std::size_t failed_count() const;
  // Files that were cut short.
  std::size_t set_aside_count() const;
  // What went wrong first; empty: nothing.
  const std::string& failure(unsigned number) const { return slots_[number]->failure; }

  const Storage& storage(unsigned number) const { return *slots_[number]->storage; }
  // In the order of numbers.
  std::vector<std::unique_ptr<Storage>> release() &&;

 private:
  struct Slot {
    std::unique_ptr<Storage> storage;
    bool is_sealed = false;    // by an earlier run
    mutable std::mutex mutex;  // of puts, and of what follows
    std::string failure;
    std::size_t set_aside = 0;
  };
  void fail(Slot& slot, const Error& error) const;

  std::vector<std::unique_ptr<Slot>> slots_;  // by number
  std::optional<SetId> set_;
};

}  // namespace letterpress::vault
