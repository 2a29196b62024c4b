// SPDX-License-Identifier: Apache-2.0
// Reads blocks from the packs of one writer, and keeps the last ones open.
//
//   BlockStore blocks(storage, vault_id, packs);
//   LETTERPRESS_TRY_ASSIGN(auto block, blocks.block(number));   // shared; stays valid while held
//
// Errors name the pack and the block; a block that could not be read is asked for again next time.
// Memory: `cache_bytes` of opened blocks, and the directories of 64 packs. Not thread-safe.
#pragma once

#include <list>
#include <utility>

#include "stream/block_cache.h"
#include "stream/rebuilder.h"
#include "vault/pack_reader.h"
#include "vault/pack_set.h"

namespace letterpress::vault {

class BlockStore : public stream::BlockProvider {
 public:
  static constexpr std::size_t kCacheBytes = 96 * kMiB;

  // All must outlive the store.
  BlockStore(const Storage& storage, const VaultId& vault, const PackSet& packs,
             std::size_t cache_bytes = kCacheBytes)
      : storage_(storage), vault_(vault), packs_(packs), cache_(cache_bytes) {}

  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override;

 private:
  Result<const PackReader*> reader(const PackRef& pack);

  const Storage& storage_;
  const VaultId vault_;
  const PackSet& packs_;
  stream::BlockCache cache_;
  codecs::BlockCodec codec_;
  std::list<std::pair<std::uint64_t, PackReader>> readers_;  // by first block; newest first
};

}  // namespace letterpress::vault
