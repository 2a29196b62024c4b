// SPDX-License-Identifier: Apache-2.0
// Look-ups a second in an index of COUNT chunks, in the order of chance, with a bare read of as
// many places of memory beside it.
//   Read/COUNT            one cache line each, from a table of the index's size
//   Find/COUNT, FindMany/COUNT, FindNone/COUNT
//   Insert/COUNT          from empty
//   MapFind/COUNT, MapInsert/COUNT    the same of a std::unordered_map, up to a million
//   InsertChosen/COUNT    the same, of chunks that were chosen without the key: see chosen_ids()
//   InsertPlain/COUNT     the same of other chunks, hashed alike, to compare with
// 10,000 chunks lie in L2, 100,000 in L3, 10,000,000 (110 GB of mail) in memory.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <random>
#include <unordered_map>

#include "base/endian.h"
#include "hashing/blake3.h"
#include "index/chunk_index.h"

namespace letterpress::index {
namespace {

constexpr std::int64_t kCounts[] = {10'000, 100'000, 1'000'000, 10'000'000};
constexpr std::size_t kBatch = 1024;

// Spread as hashes are; other ids for another `set`.
ChunkId id_of(std::uint64_t number, std::uint64_t set) {
  ChunkId id;
  for (std::size_t i = 0; i < 2; ++i) {
    std::uint64_t x = (number * 2 + i + 1) * 0x9e3779b97f4a7c15 + set;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    store_le(id.bytes.data() + 8 * i, x ^ x >> 31);
  }
  return id;
}

ChunkIndex make_index(std::uint64_t count) {
  ChunkIndex index;
  for (std::uint64_t i = 0; i < count; ++i) index.insert(id_of(i, 0), {i / 100, 7});
  return index;
}

std::vector<ChunkId> some_ids(std::uint64_t count, std::uint64_t set, std::mt19937_64& random) {
  std::vector<ChunkId> ids(kBatch);
  for (ChunkId& id : ids) id = id_of(random() % count, set);
  return ids;
}

void find(benchmark::State& state, std::uint64_t set, bool many) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const ChunkIndex index = make_index(count);
  std::mt19937_64 random(1);
  std::vector<std::optional<Place>> places(kBatch);
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<ChunkId> ids = some_ids(count, set, random);
    state.ResumeTiming();
    if (many) {
      index.find_many(ids, places);
    } else {
      for (std::size_t i = 0; i < kBatch; ++i) places[i] = index.find(ids[i]);
    }
    benchmark::DoNotOptimize(places.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["bytes_a_chunk"] =
      static_cast<double>(index.memory_bytes()) / static_cast<double>(count);
}

void bench_read(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const std::vector<std::uint64_t> table(count * 3, 1);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<std::size_t> at(kBatch);
    for (std::size_t& i : at) i = random() % table.size();
    state.ResumeTiming();
    std::uint64_t sum = 0;
    for (const std::size_t i : at) sum += table[i];
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void bench_insert(benchmark::State& state) {
  for (auto _ : state) {
    const ChunkIndex index = make_index(static_cast<std::uint64_t>(state.range(0)));
    benchmark::DoNotOptimize(index.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

struct IdHash {
  std::size_t operator()(const ChunkId& id) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, id.bytes.data(), sizeof hash);
    return hash;
  }
};
using IdMap = std::unordered_map<ChunkId, Place, IdHash>;

IdMap make_map(std::uint64_t count) {
  IdMap map;
  for (std::uint64_t i = 0; i < count; ++i) map.emplace(id_of(i, 0), Place{i / 100, 7});
  return map;
}

void bench_map_find(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const IdMap map = make_map(count);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<ChunkId> ids = some_ids(count, 0, random);
    state.ResumeTiming();
    for (const ChunkId& id : ids) benchmark::DoNotOptimize(map.find(id)->second.block);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void bench_map_insert(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_map(static_cast<std::uint64_t>(state.range(0))).size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Keyed ids of chunks of eight bytes. Chosen ones have plain ids that would lie in a sixteenth of
// the slots of the table of recent chunks. Finding them costs 16 hashes each, so somebody who sends
// mail could have made them, and ones that are closer for more; without the key it is for nothing.
std::vector<ChunkId> keyed_ids(std::size_t count, bool chosen) {
  constexpr std::size_t kTried = 65536;
  HashKey key;
  key.bytes.fill(0x5a);
  using SmallChunk = std::array<std::uint8_t, 8>;
  std::vector<SmallChunk> tried(kTried);
  std::vector<ByteView> views(kTried);
  std::vector<ChunkId> plain(kTried);
  std::vector<SmallChunk> chunks;
  chunks.reserve(count);
  for (std::uint64_t next = 0; chunks.size() < count;) {
    for (std::size_t i = 0; i < kTried; ++i) {
      store_le(tried[i].data(), next++);
      views[i] = tried[i];
    }
    if (chosen) hashing::hash_many(views, nullptr, plain.data());
    for (std::size_t i = 0; i < kTried && chunks.size() < count; ++i) {
      if (!chosen || plain[i].bytes[15] % 16 == 0) {
        chunks.push_back(tried[i]);
      }
    }
  }
  const std::vector<ByteView> taken(chunks.begin(), chunks.end());
  std::vector<ChunkId> ids(count);
  hashing::hash_many(taken, &key, ids.data());
  return ids;
}

void bench_insert_keyed(benchmark::State& state, bool chosen) {
  const std::vector<ChunkId> ids = keyed_ids(static_cast<std::size_t>(state.range(0)), chosen);
  for (auto _ : state) {
    ChunkIndex index;
    for (std::size_t i = 0; i < ids.size(); ++i) index.insert(ids[i], {i / 100, 7});
    benchmark::DoNotOptimize(index.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

const bool kIsRegistered = [] {
  for (const std::int64_t count : kCounts) {
    benchmark::RegisterBenchmark("Read", bench_read)->Arg(count);
    benchmark::RegisterBenchmark("Find", find, 0, false)->Arg(count);
    benchmark::RegisterBenchmark("FindMany", find, 0, true)->Arg(count);
    benchmark::RegisterBenchmark("FindNone", find, 1, true)->Arg(count);
    benchmark::RegisterBenchmark("Insert", bench_insert)->Arg(count);
    if (count > 1'000'000) continue;
    benchmark::RegisterBenchmark("MapFind", bench_map_find)->Arg(count);
    benchmark::RegisterBenchmark("MapInsert", bench_map_insert)->Arg(count);
  }
  benchmark::RegisterBenchmark("InsertPlain", bench_insert_keyed, false)->Arg(10'000'000);
  benchmark::RegisterBenchmark("InsertChosen", bench_insert_keyed, true)->Arg(10'000'000);
  return true;
}();

}  // namespace
}  // namespace letterpress::index
