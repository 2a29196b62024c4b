// SPDX-License-Identifier: Apache-2.0
// Hashes of all pieces of a stripe, 16 bytes for 64 KiB: what tells a good piece from a damaged one
// (docs/FORMAT.md, "Volumes"). BLAKE3 and not a CRC: nobody can make a wrong piece fit.
//
//   StripeTags tags(set, stripe, counts);
//   tags.members[2] = tags_of(pack);                     // a member's bytes, in order
//   const Bytes file = encode_tags(tags);
//
// Plain values; pure functions; any thread.
#pragma once

#include "vault/volumes/volume_manifest.h"

namespace letterpress::vault {

using PieceTag = std::array<std::uint8_t, 16>;

struct StripeTags {
  SetId set;
  std::uint64_t stripe = 0;
  std::vector<std::vector<PieceTag>> members;  // k data, m parity; one tag for each begun piece
  std::vector<std::vector<PieceTag>> spares;   // of each member
  friend bool operator==(const StripeTags&, const StripeTags&) = default;
};

constexpr std::size_t pieces_of(std::uint64_t bytes) noexcept {
  return static_cast<std::size_t>((bytes + kPieceBytes - 1) / kPieceBytes);
}

// One for each piece; the last piece may be short.
std::vector<PieceTag> tags_of(ByteView member);

Bytes encode_tags(const StripeTags& tags);
// kCorrupt: not the tags of this stripe of this set.
Result<StripeTags> decode_tags(ByteView bytes, const VolumeManifest& manifest, std::uint64_t stripe,
                               std::string_view file);
std::size_t tags_file_bytes(const VolumeManifest& manifest, std::uint64_t stripe) noexcept;

}  // namespace letterpress::vault
