// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/pack_writer.h"

#include "base/endian.h"
#include "base/limits.h"
#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

constexpr std::size_t kPackBytes = 16 * kMiB;
constexpr std::size_t kPackBlobsMax = 200'000;  // 8 MiB of header
// Offsets have 32 bits.
constexpr std::uint64_t kPackBytesMax = 0xffff0000;

Bytes header_of(const IndexedPack& pack) {
  Bytes header;
  header.reserve(pack.blobs.size() * kPackCompressedEntryBytes);
  for (const PackedBlob& blob : pack.blobs) {
    const bool is_compressed = blob.raw_bytes > 0;
    header.push_back(
        static_cast<std::uint8_t>(static_cast<unsigned>(blob.type) + (is_compressed ? 2 : 0)));
    append_le(header, static_cast<std::uint32_t>(blob.sealed_bytes));
    if (is_compressed) append_le(header, static_cast<std::uint32_t>(blob.raw_bytes));
    append(header, blob.id.bytes);
  }
  return header;
}

}  // namespace

Status PackWriter::add(const SealedBlob& blob) {
  if (blob.box.size() > kPackBytesMax - 2 * kPackBytes || blob.raw_bytes > kPackBytesMax) {
    return Error(ErrorCode::kLimitExceeded,
                 "a folder has more entries than a restic repository can describe");
  }
  if (pack_.capacity() < kPackBytes) pack_.reserve(kPackBytes + kPackBytes / 8);
  rows_.blobs.push_back({type_, blob.id, pack_.size(), blob.box.size(), blob.raw_bytes});
  append(pack_, blob.box);
  ++blobs_;
  // restic reads no header of more than 16 MiB.
  const bool is_full = pack_.size() >= kPackBytes || rows_.blobs.size() >= kPackBlobsMax;
  return is_full ? close() : Ok{};
}

Status PackWriter::close() {
  if (rows_.blobs.empty()) return Ok{};
  const std::size_t header_begin = pack_.size();
  LETTERPRESS_TRY(box_.seal(header_of(rows_), pack_));
  Bytes length;
  append_le(length, static_cast<std::uint32_t>(pack_.size() - header_begin));
  append(pack_, length);
  rows_.id = vault::sha256(pack_);
  const std::string name = vault::to_hex(rows_.id.bytes);
  LETTERPRESS_TRY(folder_.put("data/" + name.substr(0, 2), name, pack_));
  LETTERPRESS_TRY(index_.add(rows_));
  ++packs_;
  bytes_ += pack_.size();
  rows_.blobs.clear();
  pack_.clear();
  return Ok{};
}

}  // namespace letterpress::restic
