// SPDX-License-Identifier: Apache-2.0
// Reads blocks from the packs of one writer, and keeps the last ones open.
//
//   BlockStore blocks(storage, keys, writer, packs);
//   stream::Rebuilder rebuilder(blocks, &digest_key);   // one a thread
//
// A compressed block is opened whole; of a large one that is stored raw, only what is asked for: an
// attachment that many mails have lies among others that nobody asks for now. Where records of a
// pack are damaged, of any block that is stored raw, so that as much as can be read is read.
//
// Errors name the pack and the block; a block that could not be read is asked for again next time.
// Memory: `cache_bytes` of opened blocks, 8 MiB of parts, for each thread that opens a block its
// stored bytes, and the directories of 64 packs. Thread-safe: what one
// thread opens, others wait for.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <utility>

#include "stream/block_cache.h"
#include "stream/rebuilder.h"
#include "vault/packs/late_extents.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_set.h"

namespace letterpress::vault {

class BlockStore : public stream::BlockProvider {
 public:
  static constexpr std::size_t kCacheBytes = 32 * kMiB;
  // Of blocks that are read in parts, what was read last: whole records, so that what lies behind
  // what is asked for now need not be read again when it is.
  static constexpr std::size_t kWindowBytes = 8 * kMiB;
  static constexpr std::size_t kWindowBytesMin = 384 * kKiB;  // so that one's buffer fits the next
  // How much is read at least where what was read last goes on. Out of order, only what is asked
  // for.
  static constexpr std::uint32_t kAheadBytes = 256 * kKiB;

  // All must outlive the store.
  BlockStore(const Storage& storage, const Keyring& keys, const WriterIdentity& writer,
             const PackSet& packs, std::size_t cache_bytes = kCacheBytes)
      : storage_(storage), keys_(keys), writer_(writer), packs_(packs), cache_(cache_bytes) {}

  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override;
  Result<std::shared_ptr<const stream::OpenBlock>> part(std::uint64_t number, std::uint32_t ordinal,
                                                        std::uint64_t offset,
                                                        std::size_t wanted) override;

  // From now on, blocks that are opened whole put these aside, and parts are looked for there. Not
  // while other threads use the store; must outlive it.
  void use(LateExtents& late) noexcept { late_ = &late; }

 private:
  using Key = stream::BlockCache::Key;
  using Tools = PackReader::Tools;
  using Opened = Result<std::shared_ptr<const stream::OpenBlock>>;
  struct Source {
    std::shared_ptr<const PackReader> reader;
    const PackRef* pack = nullptr;
  };

  template <class Load>
  Opened held_or(Key key, Load load);
  Result<Source> source_of(std::uint64_t number);
  Tools take_tools(UnsetBytes* window = nullptr);
  UnsetBytes take_buffer(std::size_t bytes);
  void give_back(Tools&& tools);
  Result<stream::OpenBlock> open_whole(std::uint64_t number);
  Result<stream::OpenBlock> open_table_or_whole(std::uint64_t number);
  Result<std::optional<stream::OpenBlock>> read_table(const Source& source, std::uint64_t number);
  std::shared_ptr<const stream::OpenBlock> held(Key key);
  Opened raw_part(const stream::OpenBlock& table, std::uint32_t at, std::size_t wanted);
  Opened read_raw(const stream::OpenBlock& table, std::uint32_t at, std::size_t wanted);

  const Storage& storage_;
  const Keyring keys_;
  const WriterIdentity writer_;
  const PackSet& packs_;
  std::mutex readers_mutex_;
  std::list<std::pair<std::uint64_t, std::shared_ptr<const PackReader>>> readers_;  // newest first
  std::mutex mutex_;
  std::condition_variable has_loaded_;
  std::set<Key> loading_;  // guarded by mutex_, as is the cache
  stream::BlockCache cache_;
  LateExtents* late_ = nullptr;
  stream::BlockCache windows_{kWindowBytes, kWindowBytesMin};  // guarded by mutex_
  std::vector<Tools> idle_tools_;  // guarded by mutex_; one for each thread at most
};

}  // namespace letterpress::vault
