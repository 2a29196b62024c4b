// SPDX-License-Identifier: Apache-2.0
// The model is a std::map: the table must say what it says, through growth and collisions.
#include "index/chunk_index.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "base/limits.h"

namespace letterpress::index {
namespace {

ChunkId id_of(std::uint64_t low, std::uint64_t high) {
  ChunkId id;
  store_le(id.bytes.data(), low);
  store_le(id.bytes.data() + 8, high);
  return id;
}

void expect_equal(const ChunkIndex& index, const std::map<ChunkId, Place>& model) {
  EXPECT_EQ(index.size(), model.size());
  for (const auto& [id, place] : model) {
    const auto found = index.find(id);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, place);
  }
}

TEST(ChunkIndex, KnowsNothingAtFirst) {
  const ChunkIndex index;
  EXPECT_FALSE(index.find(id_of(0, 0)));
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.memory_bytes(), 0U);
}

TEST(ChunkIndex, AgreesWithAMap) {
  std::mt19937_64 random(1);
  ChunkIndex index;
  std::map<ChunkId, Place> model;
  for (int i = 0; i < 100000; ++i) {
    // A third of the ids come again.
    const std::uint64_t number = random() % 100000;
    const ChunkId id = id_of(number * 0x9e3779b97f4a7c15, ~number);
    const Place place{random() % (kBlockNumberMax + 1),
                      static_cast<std::uint32_t>(random() % kBlockChunksMax)};
    EXPECT_EQ(index.find(id).has_value(), model.contains(id));
    EXPECT_EQ(index.insert(id, place), model.emplace(id, place).second);
  }
  expect_equal(index, model);
  for (std::uint64_t number = 100000; number < 110000; ++number) {
    EXPECT_FALSE(index.find(id_of(number * 0x9e3779b97f4a7c15, ~number)));
  }
}

TEST(ChunkIndex, HoldsTheLimitsOfPlaces) {
  ChunkIndex index;
  std::map<ChunkId, Place> model;
  std::uint64_t number = 0;
  for (const std::uint64_t block : {std::uint64_t{0}, std::uint64_t{1}, kBlockNumberMax}) {
    for (const std::uint32_t ordinal : {std::uint32_t{0}, std::uint32_t{65535}}) {
      const ChunkId id = id_of(++number, 0);
      model[id] = {block, ordinal};
      EXPECT_TRUE(index.insert(id, model[id]));
    }
  }
  expect_equal(index, model);
}

TEST(ChunkIndex, KeepsTheOlderPlace) {
  ChunkIndex index;
  EXPECT_TRUE(index.insert(id_of(5, 6), {1, 2}));
  EXPECT_FALSE(index.insert(id_of(5, 6), {3, 4}));
  EXPECT_EQ(*index.find(id_of(5, 6)), (Place{1, 2}));
  EXPECT_EQ(index.size(), 1U);
}

TEST(ChunkIndex, TellsIdsApartThatShareTheirFirstHalf) {
  // Such ids start their search in one slot: the worst case, and what a broken hash would look
  // like.
  ChunkIndex index;
  std::map<ChunkId, Place> model;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const ChunkId id = id_of(1023, i);
    model[id] = {i, 0};
    EXPECT_TRUE(index.insert(id, model[id]));
  }
  expect_equal(index, model);
  EXPECT_FALSE(index.find(id_of(1023, 2000)));
  EXPECT_FALSE(index.find(id_of(1022, 0)));
}

TEST(ChunkIndex, TheIdOfZerosIsAnIdLikeOthers) {
  ChunkIndex index;
  EXPECT_FALSE(index.find(ChunkId{}));
  EXPECT_TRUE(index.insert(ChunkId{}, {0, 0}));
  EXPECT_EQ(*index.find(ChunkId{}), (Place{0, 0}));
}

TEST(ChunkIndex, TakesAtMost24BytesAChunk) {
  constexpr std::size_t kFixedBytes = 288 * kKiB;  // as the header says
  ChunkIndex index;
  std::mt19937_64 random(2);
  for (std::size_t count = 1; count <= 700000; ++count) {
    index.insert(id_of(random(), random()), {count, 0});
    ASSERT_LE(index.memory_bytes(), kFixedBytes + count * 47 / 2);
    if (count >= 600000) {
      ASSERT_LE(index.memory_bytes(), count * 24);
    }
  }
  EXPECT_EQ(index.size(), 700000U);
}

TEST(ChunkIndex, FindsManyAsItFindsEach) {
  std::mt19937_64 random(3);
  ChunkIndex index;
  std::vector<ChunkId> ids;
  for (int i = 0; i < 20000; ++i) {
    ids.push_back(id_of(random(), random()));
    if (i % 3 != 0) index.insert(ids.back(), {static_cast<std::uint64_t>(i), 7});
    // Of every size, also while the first chunks have not been merged.
    if (i % 997 != 0 && i > 40) continue;
    std::vector<std::optional<Place>> places(ids.size());
    index.find_many(ids, places);
    for (std::size_t j = 0; j < ids.size(); ++j) ASSERT_EQ(places[j], index.find(ids[j]));
  }
}

// Every id of a few that lie close together, in the order that is worst for guesses.
TEST(ChunkIndex, FindsIdsThatAreNotSpread) {
  ChunkIndex index;
  std::map<ChunkId, Place> model;
  const auto add = [&](std::uint64_t high, std::uint64_t low) {
    ChunkId id;
    store_le(id.bytes.data(), __builtin_bswap64(high));
    store_le(id.bytes.data() + 8, __builtin_bswap64(low));
    const Place place{model.size(), 3};
    EXPECT_EQ(index.insert(id, place), model.emplace(id, place).second);
  };
  for (std::uint64_t i = 0; i < 3000; ++i) {
    add(0x1122334455667788, i);       // equal but for the last bytes
    add(0x11220000'00000000 + i, 0);  // all at the low end of a range
    add(0x1122ffff'ffffffff - i, i);  // and at the high end
    add(i << 56 | i << 48, 1);        // at the first of each range
    add((i << 48) - 1, UINT64_MAX);   // and at the last
    add(1ULL << (i % 64), i);
  }
  expect_equal(index, model);
  for (const auto& [id, place] : model) {
    for (const std::size_t byte : {0U, 1U, 2U, 9U, 10U, 15U}) {
      ChunkId other = id;
      other.bytes[byte] ^= 0x10;
      EXPECT_EQ(index.find(other).has_value(), model.contains(other));
    }
  }
}

TEST(ChunkIndex, MovesWithItsContents) {
  ChunkIndex index;
  index.insert(id_of(1, 1), {2, 3});
  const ChunkIndex moved = std::move(index);
  EXPECT_EQ(*moved.find(id_of(1, 1)), (Place{2, 3}));
}

}  // namespace
}  // namespace letterpress::index
