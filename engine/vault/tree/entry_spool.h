// SPDX-License-Identifier: Apache-2.0
// Sorts any number of entry records by path in bounded memory: sorted runs in unnamed temporary
// files, merged at the end.
//
//   EntrySpool spool("/var/lib/letterpress/x");
//   LETTERPRESS_TRY(spool.add(record));                  // in any order
//   LETTERPRESS_TRY(spool.rename(from, to));             // a name that was added, or will be
//   LETTERPRESS_TRY(spool.drain([&](EntryRecord&& record) -> Status { ... }));   // by path
//
// Two records of one path: the one added later counts. Hard links whose target was renamed follow
// it. Memory: about 48 MiB, and the renames. Not thread-safe. Errors: kIo, when the folder is full.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "vault/tree/entry_record.h"

namespace letterpress::vault {

class EntrySpool {
 public:
  // `folder` exists; nothing with a name is made in it.
  explicit EntrySpool(std::string folder, std::size_t run_bytes = 32 * 1024 * 1024)
      : folder_(std::move(folder)), run_bytes_(run_bytes) {}

  Status add(const EntryRecord& record);
  Status rename(std::string from, std::string to);

  using Visit = std::function<Status(EntryRecord&&)>;
  // Once; the spool is empty afterwards.
  Status drain(const Visit& visit);

  std::uint64_t count() const noexcept { return count_; }

 private:
  class RunReader;
  struct Item {
    std::uint64_t path_offset;  // in buffer_
    std::uint32_t path_bytes;
    std::uint32_t record_bytes;
    std::uint64_t record_offset;
  };
  std::string_view path_of(const Item& item) const;
  Status flush();
  Status apply_renames();
  Status merge(const Visit& visit);

  std::string folder_;
  std::size_t run_bytes_;
  Bytes buffer_;             // records of the open run, one after the other
  std::vector<Item> items_;  // where they are, in the order in which they were added
  std::vector<File> runs_;
  std::vector<std::pair<std::string, std::string>> renames_;  // from, to; as they happened
  std::uint64_t count_ = 0;
};

}  // namespace letterpress::vault
