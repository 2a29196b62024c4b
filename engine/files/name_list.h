// SPDX-License-Identifier: Apache-2.0
// The names in a folder: read one by one as the system lists them, or kept and sorted.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "letterpress/result.h"

namespace letterpress::files {

struct ListedName {
  std::string_view text;
  std::uint8_t type =
      0;  // DT_REG, DT_DIR, ... as in readdir(3); DT_UNKNOWN where the system does not say
};

// Lists an open folder from its start, without "." and "..".
//   order of calls:  (start next*)*
class FolderReader {
 public:
  FolderReader();
  Status start(int folder);
  // False at the end. The name stays valid until the next call.
  Result<bool> next(ListedName& name);

 private:
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int folder_ = -1;
};

// Keeps copies of names close together. Views stay valid as long as the arena, also when it is
// moved.
class NameArena {
 public:
  std::string_view add(std::string_view name);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_bytes_ = 0;
  std::size_t used_bytes_ = 0;
};

// All names of a folder, sorted by rank and then by bytes. 24 bytes and the name for each.
class NameList {
 public:
  struct Name {
    std::string_view text;
    std::uint8_t type;
    std::uint8_t rank;
  };

  // Reads the folder; every name gets rank 0.
  Status read(FolderReader& reader, int folder);
  void sort();

  std::vector<Name>& names() noexcept { return names_; }
  const std::vector<Name>& names() const noexcept { return names_; }
  // Null if there is none. The list is sorted and all ranks are 0.
  const Name* find(std::string_view text) const noexcept;

 private:
  NameArena arena_;
  std::vector<Name> names_;
};

}  // namespace letterpress::files
