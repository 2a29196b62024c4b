// SPDX-License-Identifier: Apache-2.0
// A vault's files in memory, open to tests that damage them.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "vault/storage/layout.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

class MemoryStorage : public Storage {
 public:
  std::map<std::string, Bytes> files;  // by path
  std::set<std::string> folders;
  std::set<std::string> unreadable;  // paths whose reads end with an I/O error

  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    if (folder != "." && !folders.contains(folder)) return missing(folder);
    std::vector<StoredName> names;
    const std::string start = folder == "." ? "" : folder + '/';
    for (const std::string& path : folders) {
      if (path.starts_with(start) && path.find('/', start.size()) == path.npos) {
        names.push_back({path.substr(start.size()), true, 0});
      }
    }
    for (const auto& [path, bytes] : files) {
      if (path.starts_with(start) && path.find('/', start.size()) == path.npos) {
        names.push_back({path.substr(start.size()), false, bytes.size()});
      }
    }
    std::sort(names.begin(), names.end(),
              [](const StoredName& a, const StoredName& b) { return a.name < b.name; });
    return names;
  }

  Result<std::uint64_t> size(const std::string& path) const override {
    if (!files.contains(path)) return missing(path);
    return std::uint64_t{files.at(path).size()};
  }

  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    if (!files.contains(path)) return missing(path);
    if (unreadable.contains(path)) return Error(ErrorCode::kIo, full_path(path) + ": I/O error");
    const Bytes& file = files.at(path);
    const std::uint64_t begin = std::min<std::uint64_t>(offset, file.size());
    const std::uint64_t end = begin + std::min<std::uint64_t>(count, file.size() - begin);
    return Bytes(file.begin() + static_cast<std::ptrdiff_t>(begin),
                 file.begin() + static_cast<std::ptrdiff_t>(end));
  }

  Status put_if_absent(const std::string& folder, const std::string& name,
                       ByteView bytes) override {
    const std::string path = folder == "." ? name : folder + '/' + name;
    const Bytes wanted(bytes.begin(), bytes.end());
    if (folder != "." && !folders.contains(folder)) return missing(folder);
    if (files.emplace(path, wanted).first->second == wanted) return Ok{};
    return Error(ErrorCode::kCorrupt, full_path(path) + ": exists with other bytes");
  }

  Status set_aside(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return missing(path);
    unsigned number = 1;
    while (files.contains(set_aside_path(path, number))) ++number;
    folders.insert("damaged");
    files[set_aside_path(path, number)] = std::move(found->second);
    files.erase(path);
    return Ok{};
  }

  Status make_folders(const std::vector<std::string>& made) override {
    folders.insert(made.begin(), made.end());
    return Ok{};
  }

  std::string describe() const override { return "memory"; }
  std::string full_path(const std::string& path) const override { return "VAULT/" + path; }

 private:
  Error missing(const std::string& path) const {
    return Error(ErrorCode::kNotFound, full_path(path) + ": No such file or directory");
  }
};

}  // namespace letterpress::vault
