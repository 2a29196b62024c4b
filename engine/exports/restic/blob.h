// SPDX-License-Identifier: Apache-2.0
// What a restic repository keeps: blobs, named by the SHA-256 of their bytes. Plain values.
#pragma once

#include "vault/ids.h"

namespace letterpress::restic {

using BlobId = vault::Sha256Digest;

enum class BlobType : std::uint8_t { kData = 0, kTree = 1 };  // as in a pack's header

// Where a blob is in its pack.
struct PackedBlob {
  BlobType type = BlobType::kData;
  BlobId id;
  std::uint64_t offset = 0;
  std::uint64_t sealed_bytes = 0;
  std::uint64_t raw_bytes = 0;  // before compression; 0: it is not compressed
};

// A blob's box, and as much as its pack has to know of it.
struct SealedBlob {
  BlobId id;
  ByteView box;
  std::uint64_t raw_bytes = 0;  // as in PackedBlob
};

// A pack's own fields behind its blobs: an entry each, and the length of what is there.
inline constexpr std::size_t kPackEntryBytes = 37;
inline constexpr std::size_t kPackCompressedEntryBytes = 41;
inline constexpr std::size_t kPackLengthBytes = 4;

}  // namespace letterpress::restic
