// SPDX-License-Identifier: Apache-2.0
// Takes the entries of a snapshot in any order and gives them by path, hard links with what their
// file has: restic describes each name of a file in full.
//
//   EntryOrder order(folder);
//   LETTERPRESS_TRY(order.add(entry, identity, content));
//   LETTERPRESS_TRY(order.rename(from, to));
//   LETTERPRESS_TRY(order.drain([&](const OrderedEntry& entry) -> Status { ... }));     // once
//
// Not thread-safe. Memory: 48 MiB, the renames, and the record of each file that has several names.
#pragma once

#include <functional>
#include <string>

#include "exports/restic/blob.h"
#include "stream/source.h"
#include "vault/tree/entry_spool.h"

namespace letterpress::restic {

// What is kept of a file's content.
struct BlobList {
  std::uint64_t size_bytes = 0;
  Bytes ids;  // one after the other
};

struct OrderedEntry {
  const std::string& path;
  const stream::Metadata& metadata;  // never a hard link's
  const stream::SourceEntry::Identity& identity;
  const BlobList& content;
  std::uint64_t links;
};

class EntryOrder {
 public:
  explicit EntryOrder(std::string folder) : folder_(folder), spool_(std::move(folder)) {}

  Status add(const stream::Entry& entry, const stream::SourceEntry::Identity& identity,
             const BlobList& content);
  Status rename(std::string from, std::string to) {
    return spool_.rename(std::move(from), std::move(to));
  }

  using Visit = std::function<Status(const OrderedEntry&)>;
  // A hard link whose file is not there is left out, and given to `lost`.
  Status drain(const Visit& visit, const std::function<void(const std::string& path)>& lost);

 private:
  std::string folder_;
  vault::EntrySpool spool_;
  bool has_links_ = false;
};

}  // namespace letterpress::restic
