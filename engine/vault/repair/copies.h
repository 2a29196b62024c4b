// SPDX-License-Identifier: Apache-2.0
// Other copies of a vault's files, wherever they lie: a copy of the vault, a volume, a folder that
// somebody put packs into. Files are found by their names, whatever folders they are in.
//
//   Copies copies;
//   LETTERPRESS_TRY(copies.add(std::move(storage)));       // everything below it
//   for (const FileCopy& copy : copies.of("log/3f.../00000000000000000001")) ...
//
// That a copy is good, only its bytes say. Reading is const; many threads may.
// Memory: a path for each file of a vault that is found.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/storage/storage.h"

namespace letterpress::vault {

struct FileCopy {
  const Storage* storage;  // borrowed
  std::string path;
};

class Copies {
 public:
  // An error: the top folder cannot be listed. Folders below that cannot are noted.
  Status add(std::unique_ptr<Storage> storage);
  // What a repair has set aside in the vault itself: parts of it may be what a copy lacks.
  Status add_set_aside(const Storage& vault);

  // By path in a vault; none if there is no copy.
  const std::vector<FileCopy>& of(const std::string& path) const;
  // All that were found, by path in a vault.
  const std::map<std::string, std::vector<FileCopy>>& all() const noexcept { return files_; }
  const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  Status walk(const Storage& storage, const std::string& folder, unsigned depth);

  std::vector<std::unique_ptr<Storage>> storages_;
  std::map<std::string, std::vector<FileCopy>> files_;
  std::vector<std::string> notes_;
};

// Where in a vault a file of this path belongs, by the end of the path: nothing if nowhere.
std::optional<std::string> place_in_vault(std::string_view path);

}  // namespace letterpress::vault
