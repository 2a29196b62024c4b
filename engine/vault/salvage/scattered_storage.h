// SPDX-License-Identifier: Apache-2.0
// The packs that a scan has found, as the storage that the readers of a vault read. What was not
// found is zeros there, which readers take for damaged records.
//
//   const ScatteredStorage storage(scan);
//   const PackRef ref = ScatteredStorage::ref_of(pack);     // under a name of its own
//
// A pack's name is its salt here: its SHA-256 is not known as long as it is not whole. Must not
// outlive the scan. Not thread-safe.
#pragma once

#include "vault/packs/pack.h"
#include "vault/salvage/pack_scan.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

class ScatteredStorage final : public Storage {
 public:
  explicit ScatteredStorage(const PackScan& scan);

  static PackRef ref_of(const ScatteredPack& pack);

  Result<std::vector<StoredName>> list(const std::string& folder) const override;
  Result<std::uint64_t> size(const std::string& path) const override;
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override;
  Status put_if_absent(const std::string& folder, const std::string& name, ByteView bytes) override;
  Status make_folders(const std::vector<std::string>& folders) override;
  std::string describe() const override;
  std::string full_path(const std::string& path) const override;

 private:
  Result<const ScatteredPack*> find(const std::string& path) const;
  Error read_only() const;

  const PackScan& scan_;
  std::map<std::string, const ScatteredPack*> by_path_;
};

}  // namespace letterpress::vault
