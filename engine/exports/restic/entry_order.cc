// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/entry_order.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/byte_cursor.h"
#include "base/endian.h"
#include "base/varint.h"
#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

using vault::EntryRecord;

Bytes encode(const BlobList& list) {
  Bytes bytes;
  append_varint(bytes, list.size_bytes);
  append(bytes, list.ids);
  return bytes;
}

BlobList decode(const Bytes& bytes) {
  ByteCursor cursor(bytes);
  BlobList list;
  list.size_bytes = cursor.varint();
  const ByteView ids = cursor.take(cursor.remaining());
  list.ids.assign(ids.begin(), ids.end());
  return list;
}

// A file with several names, by the path of the one that has its content.
struct LinkedFile {
  std::uint64_t links = 1;
  std::optional<EntryRecord> record;
};
using LinkedFiles = std::map<std::string, LinkedFile, std::less<>>;

bool is_link(const EntryRecord& record) {
  return record.entry.metadata.type == stream::EntryType::kHardLink;
}

// restic knows the names of a file by its inode. Sources that have none get one that is the same
// for all of them.
void give_inode(EntryRecord& record) {
  if (record.identity.inode != 0) return;
  const auto hash = vault::sha256(as_bytes(record.entry.path));
  record.identity.inode = load_le<std::uint64_t>(hash.bytes.data()) >> 1 | 1;
}

Status visit_one(const EntryRecord& record, const std::string& path, std::uint64_t links,
                 const EntryOrder::Visit& visit) {
  const BlobList content = decode(record.content);
  return visit({path, record.entry.metadata, record.identity, content, links});
}

}  // namespace

Status EntryOrder::add(const stream::Entry& entry, const stream::SourceEntry::Identity& identity,
                       const BlobList& content) {
  has_links_ = has_links_ || entry.metadata.type == stream::EntryType::kHardLink;
  return spool_.add({entry, encode(content), {}, identity});
}

Status EntryOrder::drain(const Visit& visit,
                         const std::function<void(const std::string& path)>& lost) {
  if (!has_links_) {
    return spool_.drain([&](EntryRecord&& record) -> Status {
      return visit_one(record, record.entry.path, 1, visit);
    });
  }
  // Names come before and behind their file. So: which files have several, what these are, and
  // then all of them.
  LinkedFiles linked;
  vault::EntrySpool second(folder_);
  LETTERPRESS_TRY(spool_.drain([&](EntryRecord&& record) -> Status {
    if (is_link(record)) ++linked[record.entry.metadata.target].links;
    return second.add(record);
  }));
  vault::EntrySpool third(folder_);
  LETTERPRESS_TRY(second.drain([&](EntryRecord&& record) -> Status {
    const auto found = linked.find(record.entry.path);
    if (found != linked.end() && !is_link(record)) {
      give_inode(record);
      found->second.record = record;
    }
    return third.add(record);
  }));
  return third.drain([&](EntryRecord&& record) -> Status {
    const std::string path = record.entry.path;
    const auto found = linked.find(is_link(record) ? record.entry.metadata.target : path);
    if (found != linked.end() && found->second.record) {
      return visit_one(*found->second.record, path, found->second.links, visit);
    }
    if (!is_link(record)) return visit_one(record, path, 1, visit);
    lost(path);
    return Ok{};
  });
}

}  // namespace letterpress::restic
