// SPDX-License-Identifier: Apache-2.0
// Inserts into a chunk index and asks it, beside a std::map that does the same. Ids are made of few
// bytes, so that many are alike, in bursts, so that they are merged into the shards.
// Invariants: the index knows what the map knows, at the same place, alone and in batches; the
// older place of an id stays; the size is that of the map; a moved index is the same.
#include <map>
#include <vector>

#include "fuzz_input.h"
#include "index/chunk_index.h"
#include "require.h"

namespace {

using letterpress::ChunkId;
using letterpress::Place;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::index::ChunkIndex;

// Ids whose first 16 bytes, which are what counts, have few values.
ChunkId made_id(std::uint64_t number, unsigned spread) {
  ChunkId id;
  for (std::size_t i = 0; i < 16; ++i) {
    const bool varies = (spread >> (i / 2) & 1) != 0;
    id.bytes[i] = varies ? static_cast<std::uint8_t>(number * 0x9e3779b97f4a7c15U >> (8 * (i % 8)))
                         : static_cast<std::uint8_t>(spread);
  }
  id.bytes[15] ^= static_cast<std::uint8_t>(number);
  return id;
}

class Pair {
 public:
  void insert(const ChunkId& id, Place place) {
    require(index_.insert(id, place) == model_.emplace(id, place).second);
    require(index_.size() == model_.size());
  }
  void find(const std::vector<ChunkId>& ids) const {
    std::vector<std::optional<Place>> places(ids.size());
    index_.find_many(ids, places);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto known = model_.find(ids[i]);
      const std::optional<Place> wanted =
          known == model_.end() ? std::nullopt : std::optional(known->second);
      require(places[i] == wanted && index_.find(ids[i]) == wanted);
    }
  }
  void find_all() const {
    std::vector<ChunkId> ids;
    for (const auto& [id, place] : model_) ids.push_back(id);
    find(ids);
  }
  void move() { index_ = ChunkIndex(std::move(index_)); }
  std::size_t size() const { return model_.size(); }

 private:
  ChunkIndex index_;
  std::map<ChunkId, Place> model_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  Pair pair;
  while (!input.is_empty()) {
    const auto what = input.up_to(4);
    const auto spread = static_cast<unsigned>(input.up_to(255));
    const std::uint64_t first = input.up_to(0xffff);
    const std::uint64_t count = input.up_to(pair.size() < 3000 ? 700 : 20);
    const Place place{input.up_to(letterpress::kBlockNumberMax),
                      static_cast<std::uint32_t>(input.up_to(65535))};
    std::vector<ChunkId> ids;
    for (std::uint64_t i = 0; i <= count; ++i) ids.push_back(made_id(first + i, spread));
    if (what < 3) {
      for (const ChunkId& id : ids) pair.insert(id, place);
    } else if (what == 3) {
      pair.find(ids);
    } else {
      pair.move();
    }
  }
  pair.find_all();
  return 0;
}
