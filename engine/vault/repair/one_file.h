// SPDX-License-Identifier: Apache-2.0
// One file in memory, as a storage: what is about to get a name is read with the readers of a
// vault.
#pragma once

#include <algorithm>

#include "vault/storage/storage.h"

namespace letterpress::vault {

class OneFile final : public Storage {
 public:
  // `bytes` must outlive it. `shown`: as the user knows the file.
  OneFile(std::string path, ByteView bytes, std::string shown)
      : path_(std::move(path)), bytes_(bytes), shown_(std::move(shown)) {}

  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    return missing(folder);
  }
  Result<std::uint64_t> size(const std::string& path) const override {
    if (path != path_) return missing(path);
    return std::uint64_t{bytes_.size()};
  }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    if (path != path_) return missing(path);
    const std::uint64_t begin = std::min<std::uint64_t>(offset, bytes_.size());
    const ByteView found = bytes_.subspan(static_cast<std::size_t>(begin));
    const ByteView wanted =
        found.first(static_cast<std::size_t>(std::min<std::uint64_t>(count, found.size())));
    return Bytes(wanted.begin(), wanted.end());
  }
  Status put_if_absent(const std::string&, const std::string&, ByteView) override {
    return Error(ErrorCode::kUnsupported, shown_ + ": is in memory");
  }
  Status make_folders(const std::vector<std::string>&) override {
    return Error(ErrorCode::kUnsupported, shown_ + ": is in memory");
  }
  std::string describe() const override { return shown_; }
  std::string full_path(const std::string&) const override { return shown_; }

 private:
  Error missing(const std::string& path) const {
    return Error(ErrorCode::kNotFound, path + ": is not in memory");
  }
  const std::string path_;
  const ByteView bytes_;
  const std::string shown_;
};

}  // namespace letterpress::vault
