// SPDX-License-Identifier: Apache-2.0
// Makes what a stripe has beside its packs: parity, spares, and the hashes of all pieces. Each byte
// is passed once, while it is in the cache.
//
//   StripeMaker maker(code);                       // keeps its buffers for the next stripe
//   maker.begin(manifest.stripe_bytes(stripe));
//   const MadeMember made = maker.add(0, pack);    // each data member once, in any order
//   if (made.sha256 == ...) ...
//   const MadeMember last = maker.parity(0);       // when all were added
//
// One thread at a time. Memory: m members as long as the stripe, and room for one more.
#pragma once

#include "vault/volumes/piece_tags.h"
#include "vault/volumes/stripe_code.h"

namespace letterpress::vault {

struct MadeMember {
  ByteView bytes;       // of a parity member: until the next begin()
  Sha256Digest sha256;  // of a data member
  std::vector<PieceTag> tags;
  Bytes spares;
  std::vector<PieceTag> spare_tags;
};

class StripeMaker {
 public:
  explicit StripeMaker(const StripeCode& code) : code_(code), parity_(code.counts().parity) {}

  // `bytes`: of the longest member.
  void begin(std::size_t bytes);
  // `bytes` may lie in room().
  MadeMember add(unsigned member, ByteView bytes);
  MadeMember parity(unsigned number) const;

  // A buffer of that many bytes to read a member into.
  std::span<std::uint8_t> room(std::size_t bytes);

 private:
  const StripeCode& code_;
  std::vector<UnsetBytes> parity_;
  UnsetBytes room_;
};

}  // namespace letterpress::vault
