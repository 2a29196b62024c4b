// SPDX-License-Identifier: Apache-2.0
// A storage over files that somebody else keeps, so that they can be looked at and damaged while a
// vault or a volume uses them.
//
//   const auto files = std::make_shared<vault::MemoryStorage>();
//   Vault::open(std::make_unique<MemoryVolume>(files));
#pragma once

#include <memory>
#include <set>

#include "tests/vault/memory_storage.h"

namespace letterpress::fuzz {

class MemoryVolume final : public vault::Storage {
 public:
  using Files = std::shared_ptr<vault::MemoryStorage>;
  explicit MemoryVolume(Files files) : files_(std::move(files)) {}

  Result<std::vector<vault::StoredName>> list(const std::string& folder) const override {
    return files_->list(folder);
  }
  Result<std::uint64_t> size(const std::string& path) const override { return files_->size(path); }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    return files_->read(path, offset, count);
  }
  Status put_if_absent(const std::string& folder, const std::string& name,
                       ByteView bytes) override {
    return files_->put_if_absent(folder, name, bytes);
  }
  Status set_aside(const std::string& path) override { return files_->set_aside(path); }
  Status make_folders(const std::vector<std::string>& folders) override {
    return files_->make_folders(folders);
  }
  std::string describe() const override { return "memory"; }
  std::string full_path(const std::string& path) const override { return files_->full_path(path); }

 private:
  Files files_;
};

}  // namespace letterpress::fuzz
