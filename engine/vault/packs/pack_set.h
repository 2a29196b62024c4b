// SPDX-License-Identifier: Apache-2.0
// The packs of one writer and epoch, found by block number. A plain value; find() is const.
#pragma once

#include <map>

#include "vault/packs/pack.h"

namespace letterpress::vault {

class PackSet {
 public:
  // A pack whose blocks begin where another's do is kept only if it is the same.
  void add(const PackRef& pack) { packs_.emplace(pack.first_block, pack); }

  // The pack that has the block, or null.
  const PackRef* find(std::uint64_t block) const noexcept {
    auto after = packs_.upper_bound(block);
    if (after == packs_.begin()) return nullptr;
    const PackRef& pack = std::prev(after)->second;
    return block - pack.first_block < pack.block_count ? &pack : nullptr;
  }

  const std::map<std::uint64_t, PackRef>& by_first_block() const noexcept { return packs_; }
  // One behind the highest block number of all.
  std::uint64_t end_block() const noexcept {
    if (packs_.empty()) return 0;
    const PackRef& last = packs_.rbegin()->second;
    return last.first_block + last.block_count;
  }

 private:
  std::map<std::uint64_t, PackRef> packs_;
};

}  // namespace letterpress::vault
