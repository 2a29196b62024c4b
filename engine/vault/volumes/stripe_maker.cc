// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/stripe_maker.h"

#include <algorithm>

#include "vault/keys/sha256.h"
#include "vault/volumes/member_spares.h"

namespace letterpress::vault {

namespace {

// With as much of each parity member and of two spares for each piece it fits a cache of 1 MiB.
constexpr std::size_t kPartBytes = 2 * kPieceBytes;

template <class Take>
void each_part(ByteView bytes, const Take& take) {
  for (std::size_t at = 0; at < bytes.size(); at += kPartBytes) {
    take(at, bytes.subspan(at, std::min(kPartBytes, bytes.size() - at)));
  }
}

void append_tags(ByteView part, std::vector<PieceTag>& tags) {
  const std::vector<PieceTag> more = tags_of(part);
  tags.insert(tags.end(), more.begin(), more.end());
}

}  // namespace

void StripeMaker::begin(std::size_t bytes) {
  for (UnsetBytes& member : parity_) {
    member.resize(bytes);
    std::ranges::fill(member, std::uint8_t{0});
  }
}

std::span<std::uint8_t> StripeMaker::room(std::size_t bytes) {
  if (room_.capacity() < bytes) {
    room_ = UnsetBytes();
    room_.reserve(bytes);
  }
  room_.resize(bytes);
  return room_;
}

MadeMember StripeMaker::add(unsigned member, ByteView bytes) {
  MadeMember made{.bytes = bytes, .sha256 = {}, .tags = {}, .spares = {}, .spare_tags = {}};
  Sha256 sha;
  SpareMaker spares(bytes.size());
  std::vector<std::uint8_t*> to(parity_.size());
  each_part(bytes, [&](std::size_t at, ByteView part) {
    sha.update(part);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = parity_[i].data() + at;
    code_.add(member, part, to);
    append_tags(part, made.tags);
    spares.add(part);
  });
  made.sha256 = sha.finish();
  made.spares = std::move(spares).take();
  made.spare_tags = tags_of(made.spares);
  return made;
}

MadeMember StripeMaker::parity(unsigned number) const {
  const ByteView bytes = parity_[number];
  MadeMember made{.bytes = bytes, .sha256 = {}, .tags = {}, .spares = {}, .spare_tags = {}};
  SpareMaker spares(bytes.size());
  each_part(bytes, [&](std::size_t, ByteView part) {
    append_tags(part, made.tags);
    spares.add(part);
  });
  made.spares = std::move(spares).take();
  made.spare_tags = tags_of(made.spares);
  return made;
}

}  // namespace letterpress::vault
