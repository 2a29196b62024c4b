// SPDX-License-Identifier: Apache-2.0
// One entry of a folder as a restic tree describes it.
//
//   NodeWriter writer(true);
//   writer.append(json, node);        // {"name":...}
//
// Not thread-safe: it remembers the names of owners.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exports/restic/blob.h"
#include "stream/source.h"

namespace letterpress::restic {

struct Node {
  std::string_view name;
  const stream::Metadata* metadata = nullptr;  // of a hard link: those of the file
  stream::SourceEntry::Identity identity;
  std::uint64_t size_bytes = 0;  // files
  std::uint64_t links = 1;       // names of the file
  ByteView content;              // files: the ids of its blobs, one after the other
  const BlobId* tree = nullptr;  // folders
};

class NodeWriter {
 public:
  // names_owners: user and group get the names that this machine has for them.
  explicit NodeWriter(bool names_owners) : names_owners_(names_owners) {}

  void append(std::string& json, const Node& node);

 private:
  const std::string& user_name(std::uint32_t id);
  const std::string& group_name(std::uint32_t id);

  const bool names_owners_;
  std::map<std::uint32_t, std::string> users_;  // those asked for; "" if there is none
  std::map<std::uint32_t, std::string> groups_;
};

}  // namespace letterpress::restic
