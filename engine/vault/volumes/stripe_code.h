// SPDX-License-Identifier: Apache-2.0
// Reed-Solomon over the members of a stripe: k data members, m parity members, any k of which give
// the others back (docs/FORMAT.md, "Volumes").
//
//   LETTERPRESS_TRY_ASSIGN(const StripeCode code, StripeCode::make({.data = 4, .parity = 2}));
//   code.add(2, member, parity);                        // parity buffers begin as zeros
//   ...
//   LETTERPRESS_TRY_ASSIGN(const Recovery recovery, code.recover({1, 2, 3, 5}, {0}));
//   recovery.run(sources, targets, count);
//
// The matrix is a Cauchy matrix, of which every square part can be inverted; Vandermonde matrices,
// as ISA-L also makes them, cannot promise that. Bytes are told apart by nobody here: which members
// are good, the caller knows from hashes. Immutable; any thread. Cost: ISA-L's, 10 GB/s and more.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::vault {

struct VolumeCounts {
  unsigned data = 0;
  unsigned parity = 0;
  unsigned all() const noexcept { return data + parity; }
  friend bool operator==(const VolumeCounts&, const VolumeCounts&) = default;
};

// Part of the format. Every matrix within these limits was inverted by a test.
inline constexpr unsigned kVolumesMax = 20;
inline constexpr unsigned kParityVolumesMax = 8;

// kInvalidArgument: says which limit is broken.
Status check_counts(VolumeCounts counts);

// How some members follow from k others.
class Recovery {
 public:
  // One pointer for each source and target, in the order that was asked for; `count` bytes each.
  // Targets need no content, and overlap nothing.
  void run(std::span<const std::uint8_t* const> sources, std::span<std::uint8_t* const> targets,
           std::size_t count) const;

 private:
  friend class StripeCode;
  unsigned source_count_ = 0;
  unsigned target_count_ = 0;
  Bytes tables_;
};

class StripeCode {
 public:
  static Result<StripeCode> make(VolumeCounts counts);
  // Of up to 256 members: for pieces on one volume (member_spares.h), which no limit of sets binds.
  static StripeCode make_spare(VolumeCounts counts) { return StripeCode(counts); }

  // Adds what data member `index` gives to each parity member. `parity` has a pointer for each, to
  // data.size() bytes or more. In any order, each member once.
  void add(unsigned index, ByteView data, std::span<std::uint8_t* const> parity) const;

  // `sources`: exactly k members, each once; `targets`: others. Data members count from 0, parity
  // members from k. kCorrupt: the matrix cannot be inverted, which no test has seen.
  Result<Recovery> recover(const std::vector<unsigned>& sources,
                           const std::vector<unsigned>& targets) const;

  VolumeCounts counts() const noexcept { return counts_; }

 private:
  explicit StripeCode(VolumeCounts counts);

  VolumeCounts counts_;
  Bytes matrix_;  // a row of k coefficients for each member; those of data are the identity
  Bytes parity_tables_;
};

}  // namespace letterpress::vault
