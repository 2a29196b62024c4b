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

Result<letterpress_receiver> receiver_of(const letterpress_receiver* given) {
  LETTERPRESS_TRY_ASSIGN(const letterpress_receiver known, known_part_of(given, "receiver"));
  if (known.put_block == nullptr || known.put_part == nullptr || known.end_group == nullptr) {
    return invalid_argument("receiver: put_block, put_part and end_group are needed");
  }
  return known;
}

}  // namespace letterpress::capi
