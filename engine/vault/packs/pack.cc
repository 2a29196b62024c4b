// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/pack.h"

#include <algorithm>

#include "base/varint.h"
#include "letterpress/chunk.h"
#include "vault/limits.h"
#include "vault/sealing/seal.h"

namespace letterpress::vault {

void append_pack_ref(Bytes& out, const PackRef& pack) {
  append(out, pack.sha256.bytes);
  append_varint(out, pack.file_bytes);
  append_varint(out, pack.first_block);
  append_varint(out, pack.block_count);
}

PackRef read_pack_ref(ByteCursor& cursor) noexcept {
  PackRef pack;
  const ByteView sha256 = cursor.take(pack.sha256.bytes.size());
  std::copy(sha256.begin(), sha256.end(), pack.sha256.bytes.begin());
  pack.file_bytes = cursor.varint();
  pack.first_block = cursor.varint();
  // Too many become zero, which is_valid() refuses.
  const std::uint64_t block_count = cursor.varint();
  pack.block_count = block_count > kPackBlocksMax ? 0 : static_cast<std::uint32_t>(block_count);
  return pack;
}

bool is_valid(const PackRef& pack) noexcept {
  return pack.block_count >= 1 && pack.block_count <= kPackBlocksMax &&
         pack.first_block <= kBlockNumberMax &&
         pack.block_count - 1 <= kBlockNumberMax - pack.first_block &&
         pack.file_bytes > kHeadBytesMin && pack.file_bytes <= 2 * kPackPayloadBytesMax;
}

}  // namespace letterpress::vault
