// SPDX-License-Identifier: Apache-2.0
#include "capi/arguments.h"

#include <cstring>

#include "capi/handle.h"
#include "capi/structs.h"

namespace letterpress::capi {

std::optional<HashKey> key_of(const std::uint8_t* bytes) {
  if (bytes == nullptr) return std::nullopt;
  HashKey key;
  std::memcpy(key.bytes.data(), bytes, key.bytes.size());
  return key;
}

std::vector<ChunkId> ids_of(const letterpress_id* ids, std::size_t count) {
  std::vector<ChunkId> own(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(own[i].bytes.data(), ids[i].bytes, sizeof ids[i].bytes);
  }
  return own;
}

Result<Entry> entry_of(const letterpress_entry* given) {
  LETTERPRESS_TRY_ASSIGN(const letterpress_entry known, known_part_of(given, "entry"));
  if (known.path == nullptr) return invalid_argument("entry: path is NULL");
  if (known.type < LETTERPRESS_FILE || known.type > LETTERPRESS_HARD_LINK) {
    return invalid_argument("entry: type is no letterpress_type");
  }
  Entry entry;
  entry.path = known.path;
  entry.metadata.type = static_cast<EntryType>(known.type);
  entry.metadata.mode = known.mode;
  entry.metadata.user_id = known.user_id;
  entry.metadata.group_id = known.group_id;
  entry.metadata.mtime_ns = known.mtime_ns;
  if (known.target != nullptr) entry.metadata.target = known.target;
  return entry;
}

Result<letterpress_receiver> receiver_of(const letterpress_receiver* given) {
  LETTERPRESS_TRY_ASSIGN(const letterpress_receiver known, known_part_of(given, "receiver"));
  if (known.put_block == nullptr || known.put_part == nullptr || known.end_group == nullptr) {
    return invalid_argument("receiver: put_block, put_part and end_group are needed");
  }
  return known;
}

}  // namespace letterpress::capi
