// SPDX-License-Identifier: Apache-2.0
// An entry: one named thing that is put in, with its metadata. Plain values.
//
//   letterpress::Entry link = {.path = "mail/latest",
//                              .metadata = {.type = letterpress::EntryType::kSymlink,
//                                           .mode = 0777,
//                                           .target = "1764201600.M1P2.mx"}};
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "letterpress/api.h"

namespace letterpress {

// Part of the formats; do not change values.
enum class EntryType : std::uint8_t {
  kFile = 0,
  kFolder = 1,
  kSymlink = 2,
  kHardLink = 3,  // another name of a file that has an entry of its own
};

struct Metadata {
  EntryType type = EntryType::kFile;
  std::uint32_t mode = 0;  // permission bits, with set-uid, set-gid and sticky: 07777
  std::uint32_t user_id = 0;
  std::uint32_t group_id = 0;
  std::int64_t mtime_ns = 0;  // since 1970, UTC
  // Symlink: its text. Hard link: the path of the entry that has the content, as in Entry::path.
  std::string target = {};
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct Entry {
  // Relative, components separated by '/', none empty, "." or ".."; any byte but NUL otherwise.
  std::string path = {};
  Metadata metadata = {};
};

// Whether a path has the shape that Entry::path promises. Readers refuse what has not.
LETTERPRESS_API bool is_valid_path(std::string_view path) noexcept;

}  // namespace letterpress
