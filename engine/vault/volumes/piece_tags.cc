// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/piece_tags.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "hashing/blake3.h"
#include "vault/volumes/member_spares.h"

namespace letterpress::vault {

namespace {

// Part of the format: "LPTAGS\r\n", which a copy that takes it for text changes.
constexpr std::array<std::uint8_t, 8> kTagsMagic = {0x4c, 0x50, 0x54, 0x41, 0x47, 0x53, 0x0d, 0x0a};
constexpr std::size_t kTagsHeadBytes = 8 + 16 + 8;
constexpr std::size_t kPieceTagBytes = sizeof(PieceTag);
// Pieces hashed at a time: enough to fill all lanes.
constexpr std::size_t kBatchPieces = 16;

PieceTag piece_tag_of(const ChunkId& digest) {
  PieceTag tag;
  std::copy_n(digest.bytes.begin(), kPieceTagBytes, tag.begin());
  return tag;
}

}  // namespace

std::vector<PieceTag> tags_of(ByteView member) {
  std::vector<PieceTag> tags;
  tags.reserve(pieces_of(member.size()));
  while (!member.empty()) {
    std::array<ByteView, kBatchPieces> pieces;
    std::array<ChunkId, kBatchPieces> digests;
    std::size_t count = 0;
    for (; count < kBatchPieces && !member.empty(); ++count) {
      pieces[count] = member.first(std::min(member.size(), kPieceBytes));
      member = member.subspan(pieces[count].size());
    }
    hashing::hash_many({pieces.data(), count}, nullptr, digests.data());
    for (std::size_t i = 0; i < count; ++i) tags.push_back(piece_tag_of(digests[i]));
  }
  return tags;
}

std::size_t tags_file_bytes(const VolumeManifest& manifest, std::uint64_t stripe) noexcept {
  std::size_t pieces = 0;
  for (unsigned member = 0; member < manifest.counts.all(); ++member) {
    const SpareShape shape = spare_shape(manifest.member_bytes(stripe, member));
    pieces += shape.pieces + shape.count();
  }
  return kTagsHeadBytes + (pieces + 1) * kPieceTagBytes;
}

Bytes encode_tags(const StripeTags& tags) {
  std::size_t pieces = 0;
  for (const auto* part : {&tags.members, &tags.spares}) {
    for (const std::vector<PieceTag>& member : *part) pieces += member.size();
  }
  Bytes out(kTagsHeadBytes + (pieces + 1) * kPieceTagBytes);
  auto to = std::ranges::copy(kTagsMagic, out.begin()).out;
  to = std::ranges::copy(tags.set.bytes, to).out;
  store_le(&*to, tags.stripe);
  to += sizeof tags.stripe;
  for (const auto* part : {&tags.members, &tags.spares}) {
    for (const std::vector<PieceTag>& member : *part) {
      for (const PieceTag& tag : member) to = std::ranges::copy(tag, to).out;
    }
  }
  std::ranges::copy(piece_tag_of(hashing::hash(ByteView(out).first(out.size() - kPieceTagBytes))),
                    to);
  return out;
}

Result<StripeTags> decode_tags(ByteView bytes, const VolumeManifest& manifest, std::uint64_t stripe,
                               std::string_view file) {
  const auto damaged = [&](std::string_view what) {
    return Error(ErrorCode::kCorrupt, std::string(file) + ": is damaged: " + std::string(what));
  };
  if (bytes.size() != tags_file_bytes(manifest, stripe)) return damaged("its length");
  const ByteView covered = bytes.first(bytes.size() - kPieceTagBytes);
  if (!std::ranges::equal(piece_tag_of(hashing::hash(covered)), bytes.last(kPieceTagBytes))) {
    return damaged("its hash");
  }
  ByteCursor cursor(covered);
  if (!std::ranges::equal(cursor.take(kTagsMagic.size()), kTagsMagic) ||
      !std::ranges::equal(cursor.take(manifest.set.bytes.size()), manifest.set.bytes) ||
      cursor.le<std::uint64_t>() != stripe) {
    return damaged("it is of another set or stripe");
  }
  StripeTags tags{manifest.set, stripe, {}, {}};
  for (unsigned member = 0; member < manifest.counts.all(); ++member) {
    const SpareShape shape = spare_shape(manifest.member_bytes(stripe, member));
    tags.members.emplace_back(shape.pieces);
    tags.spares.emplace_back(shape.count());
  }
  for (auto* part : {&tags.members, &tags.spares}) {
    for (std::vector<PieceTag>& member : *part) {
      for (PieceTag& tag : member) std::ranges::copy(cursor.take(kPieceTagBytes), tag.begin());
    }
  }
  return tags;
}

}  // namespace letterpress::vault
