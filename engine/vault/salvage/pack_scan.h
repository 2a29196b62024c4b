// SPDX-License-Identifier: Apache-2.0
// Finds the pieces of packs in any heap of bytes: heads and records, by their magics at multiples
// of 512 bytes, in any order, with anything between them.
//
//   LETTERPRESS_TRY_ASSIGN(PackScan scan, PackScan::run(images, keys, options));
//   for (const ScatteredPack& pack : scan.packs()) ...      // which records it has, and where
//   const Bytes record = scan.read_record(pack, 17);        // checked before it was counted
//
// A head counts if it was signed for this vault, a record if it opens with its pack's key: so
// nothing that merely looks like one is taken for one. A record that was cut once, because a piece
// of a file ended inside, is put together again if the record behind it is found.
//
// Reads the images twice. Time is linear: one record at most is opened for each sector, and a cut
// one is put together from four places at most. Memory: 8 bytes a record and half a KiB a pack; a
// few MiB for windows.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <utility>

#include "vault/salvage/images.h"
#include "vault/sealing/seal.h"

namespace letterpress::vault {

struct ScatteredPack {
  SealHead head;
  std::vector<SectorPlace> heads;    // where it was found
  std::vector<SectorPlace> records;  // where each begins, or nowhere
  std::uint32_t found_records = 0;
};

struct PackScanOptions {
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

class PackScan {
 public:
  // `images` must outlive the scan. kCancelled.
  static Result<PackScan> run(const Images& images, const Keyring& keys,
                              const PackScanOptions& options);

  // Of this vault, by salt; those that the keys do not open have no records.
  const std::vector<ScatteredPack>& packs() const noexcept { return packs_; }
  const Images& images() const noexcept { return *images_; }

  // As it lies in the file, encrypted; empty if it was not found.
  Bytes read_record(const ScatteredPack& pack, std::uint32_t number) const;

 private:
  using RecordKey = std::pair<std::size_t, std::uint32_t>;  // pack and number
  // A record whose end lies elsewhere.
  struct Splice {
    SectorPlace begin;
    SectorPlace end;  // behind its last byte
    std::uint32_t first_bytes = 0;
  };

  explicit PackScan(const Images& images) : images_(&images) {}
  template <class Look>
  Status each_sector(const PackScanOptions& options, Look look);
  void take_head(ByteView bytes, SectorPlace place, const Keyring& keys);
  void take_record(ByteView bytes, SectorPlace place);
  void join_cut_records();
  std::vector<SectorPlace> ends_of(const RecordKey& key) const;
  bool join(const RecordKey& key, SectorPlace begin, SectorPlace end);
  Bytes read_splice(const Splice& splice, std::uint32_t record_bytes) const;

  const Images* images_;
  std::vector<ScatteredPack> packs_;
  std::map<Salt, std::size_t> by_salt_;
  std::map<RecordKey, std::vector<SectorPlace>> cut_;  // look like records and do not open
  std::map<RecordKey, Splice> splices_;
  std::uint64_t done_bytes_ = 0;
};

}  // namespace letterpress::vault
