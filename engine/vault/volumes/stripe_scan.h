// SPDX-License-Identifier: Apache-2.0
// Reads a stripe from the volumes that are at hand, some rows at a time, and rebuilds what is bad.
//
//   StripeScan scan(set, code, stripe, without);
//   while (true) {
//     LETTERPRESS_TRY_ASSIGN(const bool more, scan.next());
//     if (!more) break;
//     use(scan.member(2), scan.state(2, row));
//   }
//
// A row is a piece of 64 KiB of each member. Each row is solved alone: it comes back if no more
// than m of its pieces are bad, whatever is bad elsewhere. Where more are, the spares of each
// member that is at hand may mend some (member_spares.h). A piece is good if its hash is that in
// the tags; a rebuilt one must fit too. Without tags, a pack is good as a whole if it has the
// SHA-256 of its name, parity is believed, and the caller must check the SHA-256 of what was
// rebuilt. What cannot be read counts as bad; errors are those of our own. Memory: a MiB a member.
#pragma once

#include "vault/volumes/volume_set.h"

namespace letterpress::vault {

enum class PieceState : std::uint8_t {
  kGood,     // as it lies on a volume
  kRebuilt,  // from the other members, or from spares
  kLost,     // its bytes here are zeros
};

class StripeScan {
 public:
  // All must outlive the scan.
  StripeScan(const VolumeSet& set, const StripeCode& code, std::uint64_t stripe,
             VolumeMask without);

  // The next rows; false: there are no more.
  Result<bool> next();

  std::uint64_t offset() const noexcept { return offset_; }
  std::size_t row_count() const noexcept { return rows_; }
  // The bytes of a member in these rows, no longer than it is.
  ByteView member(unsigned member) const noexcept;
  PieceState state(unsigned member, std::size_t row) const noexcept { return states_[member][row]; }
  const std::optional<StripeTags>& tags() const noexcept { return tags_; }

 private:
  void begin();
  void load(unsigned member);
  std::size_t read_rows(unsigned member, std::size_t used);
  Status solve();
  // False: too many are bad.
  Result<bool> solve_rows(std::size_t first, std::size_t end, VolumeMask bad);
  void mend(std::size_t row);
  bool mend_piece(unsigned member, std::size_t row);
  void check_rebuilt(unsigned member, std::size_t first, std::size_t end);
  VolumeMask bad_members(std::size_t row) const noexcept;
  std::size_t used_bytes(unsigned member) const noexcept;  // in these rows

  const VolumeSet& set_;
  const StripeCode& code_;
  const std::uint64_t stripe_;
  const VolumeMask without_;
  const unsigned member_count_;
  const std::uint64_t bytes_;  // of the longest member
  std::optional<StripeTags> tags_;
  std::vector<const Storage*> sources_;  // of each member; null: not at hand
  std::vector<bool> trusted_;            // without tags: of each member
  bool has_begun_ = false;
  std::uint64_t offset_ = 0;
  std::size_t rows_ = 0;
  std::vector<UnsetBytes> buffers_;  // whole rows, filled with zeros behind a member's end
  std::vector<std::vector<PieceState>> states_;
};

}  // namespace letterpress::vault
