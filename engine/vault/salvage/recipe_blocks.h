// SPDX-License-Identifier: Apache-2.0
// Walks all chunks that can be leaves of trees or recipes, the newest first.
//
//   RecipeBlocks chunks(storage, keys, identity, packs);
//   chunks.each([&](Place place, ByteView chunk) -> Status { ... });
//
// Only blocks of kind recipe are opened; of others the first bytes are read. Blocks that cannot be
// read are counted. Memory: a block. Not thread-safe.
#pragma once

#include <functional>

#include "vault/packs/block_store.h"

namespace letterpress::vault {

class RecipeBlocks {
 public:
  // All must outlive it.
  RecipeBlocks(const Storage& storage, const Keyring& keys, const WriterIdentity& writer,
               const PackSet& packs)
      : storage_(storage), keys_(keys), writer_(writer), packs_(packs) {}

  // An error is one that `take` gave.
  Status each(const std::function<Status(Place, ByteView)>& take);

  // Of the last walk: blocks that could not be read, and that were recipes or may have been.
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  Status each_of_pack(const PackRef& pack, const std::function<Status(Place, ByteView)>& take);
  Status each_of_block(const PackReader& reader, std::uint64_t number,
                       const std::function<Status(Place, ByteView)>& take);

  const Storage& storage_;
  const Keyring& keys_;
  const WriterIdentity& writer_;
  const PackSet& packs_;
  PackReader::Tools tools_;
  std::uint64_t lost_ = 0;
};

}  // namespace letterpress::vault
