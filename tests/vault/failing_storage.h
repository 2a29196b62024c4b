// SPDX-License-Identifier: Apache-2.0
// A layer over a storage that counts its calls and makes some of them fail.
//
//   auto fault = std::make_shared<StorageFault>();
//   fault->from = 17;                                    // from call 17 on the disk is gone
//   FailingStorage storage(std::move(below), fault);
#pragma once

#include <memory>
#include <utility>

#include "vault/storage/storage.h"

namespace letterpress::vault {

struct StorageFault {
  std::size_t from = SIZE_MAX;  // the first call that fails, from 0
  std::size_t count = SIZE_MAX;
  ErrorCode code = ErrorCode::kIo;
  std::size_t calls = 0;  // so far

  bool is_next() {
    const std::size_t call = calls++;
    return call >= from && call - from < count;
  }
};

class FailingStorage final : public Storage {
 public:
  FailingStorage(std::unique_ptr<Storage> below, std::shared_ptr<StorageFault> fault)
      : below_(std::move(below)), fault_(std::move(fault)) {}

  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    if (fault_->is_next()) return failed(folder);
    return below_->list(folder);
  }
  Result<std::uint64_t> size(const std::string& path) const override {
    if (fault_->is_next()) return failed(path);
    return below_->size(path);
  }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    if (fault_->is_next()) return failed(path);
    return below_->read(path, offset, count);
  }
  Status put_if_absent(const std::string& folder, const std::string& name,
                       ByteView bytes) override {
    if (fault_->is_next()) return failed(folder + '/' + name);
    return below_->put_if_absent(folder, name, bytes);
  }
  Status set_aside(const std::string& path) override {
    if (fault_->is_next()) return failed(path);
    return below_->set_aside(path);
  }
  Status make_folders(const std::vector<std::string>& folders) override {
    if (fault_->is_next()) return failed(folders.empty() ? "." : folders.front());
    return below_->make_folders(folders);
  }
  std::string describe() const override { return below_->describe(); }
  std::string full_path(const std::string& path) const override { return below_->full_path(path); }

 private:
  Error failed(const std::string& path) const {
    return Error(fault_->code, full_path(path) + ": Input/output error");
  }

  std::unique_ptr<Storage> below_;
  std::shared_ptr<StorageFault> fault_;
};

}  // namespace letterpress::vault
