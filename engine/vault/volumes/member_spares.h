// SPDX-License-Identifier: Apache-2.0
// Spare pieces of one member of a stripe, on the member's own volume: what brings back a few bad
// sectors when the other volumes have nothing left to give (docs/FORMAT.md, "Volumes").
//
//   SpareMaker maker(pack.size());
//   maker.add(pack);                                     // or in parts of whole pieces
//   const Bytes spares = std::move(maker).take();        // a file beside it
//   const std::optional<Bytes> piece = rebuild_piece(source, 17);
//
// The pieces of a member are dealt to groups of up to 32, neighbours to different groups, so that a
// run of bad sectors hits each group once; a group has one spare piece, in members of more than 16
// pieces two. That is 6 % of a pack of 16 MiB. Not thread-safe; pure functions.
#pragma once

#include <functional>

#include "vault/volumes/volume_manifest.h"

namespace letterpress::vault {

struct SpareShape {
  std::size_t pieces = 0;  // of the member
  std::size_t groups = 0;
  std::size_t per_group = 0;
  std::size_t piece_bytes = 0;
  std::size_t count() const noexcept { return groups * per_group; }
  std::size_t file_bytes() const noexcept { return count() * piece_bytes; }
};
SpareShape spare_shape(std::uint64_t member_bytes) noexcept;

class SpareMaker {
 public:
  explicit SpareMaker(std::uint64_t member_bytes);
  // The next bytes of the member: whole pieces, but for its last one.
  void add(ByteView pieces);
  Bytes take() && { return std::move(spares_); }

 private:
  const SpareShape shape_;
  const StripeCode code_;
  Bytes spares_;
  std::size_t next_ = 0;  // piece
};

// Reads pieces that were checked; nothing: it is bad. The last piece of a member may be short.
struct SpareSource {
  std::uint64_t member_bytes = 0;
  std::function<std::optional<Bytes>(std::size_t piece)> piece;
  std::function<std::optional<Bytes>(std::size_t spare)> spare;
};
// As long as the piece is. Nothing: too much of its group is bad. The caller checks what comes out.
std::optional<Bytes> rebuild_piece(const SpareSource& source, std::size_t piece);

}  // namespace letterpress::vault
