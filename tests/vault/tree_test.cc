// SPDX-License-Identifier: Apache-2.0
#include "vault/tree/tree.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/limits.h"
#include "base/varint.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

using Random = std::mt19937;

// Chunks in memory, by place; equal ones once, as in a vault.
class ChunkStore {
 public:
  TreeWriter::Store store() {
    return [this](ByteView bytes, unsigned) -> Result<Place> {
      EXPECT_FALSE(bytes.empty());
      EXPECT_LE(bytes.size(), kChunkBytesMax);
      const Bytes chunk(bytes.begin(), bytes.end());
      const auto found = places.find(chunk);
      if (found != places.end()) return found->second;
      const Place place{1 + chunks.size() / 100, static_cast<std::uint32_t>(chunks.size() % 100)};
      chunks[place] = chunk;
      return places[chunk] = place;
    };
  }
  TreeReader::Fetch fetch() {
    return [this](Place place) -> Result<Bytes> {
      ++fetched;
      if (damaged.contains(place)) return Error(ErrorCode::kCorrupt, "chunk is damaged");
      const auto found = chunks.find(place);
      if (found == chunks.end()) return Error(ErrorCode::kCorrupt, "no such chunk");
      return found->second;
    };
  }

  std::map<Place, Bytes> chunks;
  std::map<Bytes, Place> places;
  std::set<Place> damaged;
  std::size_t fetched = 0;
};

struct PathOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return stream::compare_paths(a, b) < 0;
  }
};
using Records = std::map<std::string, EntryRecord, PathOrder>;

EntryRecord record_of(const std::string& path, Random& random) {
  EntryRecord record;
  record.entry.path = path;
  stream::Metadata& metadata = record.entry.metadata;
  metadata.type = static_cast<stream::EntryType>(random() % 4);
  metadata.mode = random() % 010000;
  metadata.user_id = static_cast<std::uint32_t>(random());
  metadata.group_id = static_cast<std::uint32_t>(random());
  metadata.mtime_ns = static_cast<std::int64_t>(std::uint64_t{random()} << 32 | random());
  if (metadata.type == stream::EntryType::kSymlink) metadata.target = "../x y/\xff";
  if (metadata.type == stream::EntryType::kHardLink) metadata.target = "some/other";
  if (metadata.type == stream::EntryType::kFile)
    record.content = seeded_bytes(random() % 90, random());
  return record;
}

// Names with the bytes around '/', the highest and the lowest.
Records made_records(std::size_t count, unsigned seed) {
  constexpr std::string_view kBytes = "ab\x01\x2e\x30\x7f\xff\x80-+ :,";
  Random random(seed);
  Records records;
  while (records.size() < count) {
    std::string path = "m";
    for (auto depth = random() % 4; depth > 0; --depth) {
      path += "/n";
      for (auto i = random() % 6; i > 0; --i) path += kBytes[random() % kBytes.size()];
    }
    path += "/u" + std::to_string(random() % (4 * count));
    records.emplace(path, record_of(path, random));
    if (random() % 3 == 0) records.emplace(path + "/x", record_of(path + "/x", random));
    if (random() % 5 == 0) records.emplace(path + "\x01x", record_of(path + "\x01x", random));
  }
  while (records.size() > count) records.erase(std::prev(records.end()));
  return records;
}

TreeRoot written(ChunkStore& store, const Records& records) {
  TreeWriter writer(store.store());
  for (const auto& [path, record] : records) {
    EXPECT_EQ(message_of(writer.add(record)), "");
  }
  return take(writer.finish());
}

void expect_same(const EntryRecord& got, const EntryRecord& wanted) {
  EXPECT_EQ(got.entry.path, wanted.entry.path);
  EXPECT_EQ(got.entry.metadata, wanted.entry.metadata);
  EXPECT_EQ(got.content, wanted.content);
}

class TreeOf : public ::testing::TestWithParam<std::size_t> {};

TEST_P(TreeOf, EntriesComeBackInOrder) {
  const Records records = made_records(GetParam(), 1);
  ChunkStore store;
  const TreeRoot root = written(store, records);
  EXPECT_EQ(root.entries, records.size());
  EXPECT_EQ(take(decode_tree_root(encode_tree_root(root))), root);
  TreeReader reader(root, store.fetch());
  ASSERT_TRUE(reader.seek(""));
  EntryRecord record;
  for (const auto& [path, wanted] : records) {
    ASSERT_TRUE(take(reader.next(record)));
    expect_same(record, wanted);
  }
  EXPECT_FALSE(take(reader.next(record)));
  EXPECT_FALSE(take(reader.next(record)));
  EXPECT_EQ(store.fetched, store.chunks.size());
}

INSTANTIATE_TEST_SUITE_P(Counts, TreeOf, ::testing::Values(0, 1, 2, 100, 20'000));

TEST(Tree, AnEmptyOneHasNoChunk) {
  ChunkStore store;
  EXPECT_EQ(written(store, {}), TreeRoot{});
  EXPECT_TRUE(store.chunks.empty());
}

TEST(Tree, SeekFindsEveryPathAndTheNextOneForAbsentPaths) {
  const Records records = made_records(3000, 2);
  ChunkStore store;
  const TreeRoot root = written(store, records);
  TreeReader reader(root, store.fetch());
  EntryRecord record;
  std::size_t seeks = 0;
  const auto expect_at = [&](const std::string& path) {
    ++seeks;
    ASSERT_TRUE(reader.seek(path));
    const auto wanted = records.lower_bound(path);
    ASSERT_EQ(take(reader.next(record)), wanted != records.end()) << path;
    if (wanted == records.end()) return;
    expect_same(record, wanted->second);
    if (std::next(wanted) == records.end()) return;
    ASSERT_TRUE(take(reader.next(record)));
    EXPECT_EQ(record.entry.path, std::next(wanted)->first);
  };
  for (const auto& [path, wanted] : records) {
    expect_at(path);
    expect_at(path + '\x01');
    expect_at(path + "/");
    expect_at(path.substr(0, path.size() - 1));
  }
  for (const char* path : {"", "a", "m", "m/", "m/n", "z", "\xff"}) expect_at(path);
  // A look-up reads a way down, and a leaf more where the path is behind the end of one.
  EXPECT_LT(store.fetched, seeks * (root.depth + 3));
  EXPECT_GT(store.chunks.size(), 20U);
}

TEST(Tree, AFolderIsFollowedByWhatItHolds) {
  Records records;
  Random random(3);
  for (const char* path : {"m", "m/a", "m/a/b", "m/a-b", "m/a.b", "m/a0", "m-x", "m\x01"}) {
    records.emplace(path, record_of(path, random));
  }
  ChunkStore store;
  TreeReader reader(written(store, records), store.fetch());
  ASSERT_TRUE(reader.seek("m/a"));
  EntryRecord record;
  for (const char* path : {"m/a", "m/a/b", "m/a-b", "m/a.b", "m/a0", "m\x01", "m-x"}) {
    ASSERT_TRUE(take(reader.next(record)));
    EXPECT_EQ(record.entry.path, path);
  }
  EXPECT_FALSE(take(reader.next(record)));
}

TEST(Tree, AnEntryThatComesOrGoesChangesFewChunks) {
  Records records = made_records(20'000, 4);
  ChunkStore store;
  const TreeRoot before = written(store, records);
  ASSERT_GE(before.depth, 2U);
  Random random(4);
  for (int i = 0; i < 10; ++i) {
    const std::size_t chunks = store.chunks.size();
    auto at = records.begin();
    std::advance(at, random() % records.size());
    if (i % 2 == 0) {
      const std::string path = at->first + "0new";
      records.emplace(path, record_of(path, random));
    } else {
      records.erase(at);
    }
    const TreeRoot after = written(store, records);
    // The leaf, or its two halves, on each level; one more level at most.
    EXPECT_LE(store.chunks.size() - chunks, 2 * (after.depth + 1));
    EXPECT_GE(store.chunks.size() - chunks, 1U);
  }
}

TEST(Tree, LongPathsFitIntoNodes) {
  Records records;
  Random random(5);
  std::string deep = "m";
  while (deep.size() + 202 < kPathBytesMax) {
    deep += "/" + std::string(200, static_cast<char>('a' + random() % 20));
    records.emplace(deep, record_of(deep, random));
  }
  for (int i = 0; i < 300; ++i) {
    std::string path = deep.substr(0, deep.size() - 4) + std::to_string(1000 + i);
    path[100 + static_cast<std::size_t>(i)] = '+';
    EntryRecord& record = records[path] = record_of(path, random);
    record.entry.metadata.type = stream::EntryType::kHardLink;
    record.entry.metadata.target = deep;
  }
  ChunkStore store;
  const TreeRoot root = written(store, records);
  TreeReader reader(root, store.fetch());
  ASSERT_TRUE(reader.seek(""));
  EntryRecord record;
  for (const auto& [path, wanted] : records) {
    ASSERT_TRUE(take(reader.next(record)));
    EXPECT_EQ(record.entry.path, path);
  }
}

TEST(Tree, ADescriptionThatFitsNoNodeIsAnErrorThatNamesIt) {
  ChunkStore store;
  TreeWriter writer(store.store());
  EntryRecord record;
  record.entry.path = "big";
  record.content.resize(kChunkBytesMax);
  const Status status = writer.add(record);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kLimitExceeded);
  EXPECT_THAT(status.error().message(), HasSubstr("big: "));
}

TEST(Tree, AnErrorOfTheStoreIsPassedOn) {
  TreeWriter writer(
      [](ByteView, unsigned) -> Result<Place> { return Error(ErrorCode::kIo, "disk full"); });
  Random random(6);
  EXPECT_TRUE(writer.add(record_of("a", random)));
  EXPECT_THAT(message_of(writer.finish()), HasSubstr("disk full"));
}

// Everything that can be read around the damage; errors that were met are counted.
std::set<std::string> read_around(TreeReader& reader, std::size_t& errors) {
  std::set<std::string> paths;
  errors = reader.seek("") ? 0 : 1;
  EntryRecord record;
  while (errors < 1000) {
    const Result<bool> has = reader.next(record);
    if (!has) {
      EXPECT_EQ(has.error().code(), ErrorCode::kCorrupt);
      ++errors;
      continue;
    }
    if (!*has) break;
    EXPECT_TRUE(paths.insert(record.entry.path).second) << record.entry.path << " came twice";
  }
  return paths;
}

TEST(Tree, ADamagedNodeTakesItsEntriesAndNoOthers) {
  const Records records = made_records(5000, 7);
  ChunkStore store;
  const TreeRoot root = written(store, records);
  ASSERT_GE(root.depth, 1U);
  std::size_t lost_in_all = 0;
  std::size_t leaves = 0;
  for (const auto& [place, chunk] : store.chunks) {
    store.damaged = {place};
    TreeReader reader(root, store.fetch());
    std::size_t errors = 0;
    const auto paths = read_around(reader, errors);
    EXPECT_EQ(errors, 1U);
    const std::size_t lost = records.size() - paths.size();
    EXPECT_GT(lost, 0U);
    // A leaf has a border at one path in 64, behind 2 KiB.
    if (lost < records.size() / 4) {
      ++leaves;
      lost_in_all += lost;
    }
  }
  EXPECT_GT(leaves, store.chunks.size() / 2);
  EXPECT_LE(lost_in_all, records.size() * (root.depth + 1));
}

TEST(Tree, ErrorsNameTheFirstPathThatIsLost) {
  const Records records = made_records(2000, 8);
  ChunkStore store;
  const TreeRoot root = written(store, records);
  store.damaged = {store.chunks.begin()->first};  // the first that was stored: the first leaf
  TreeReader reader(root, store.fetch());
  EXPECT_THAT(message_of(reader.seek("")), HasSubstr(records.begin()->first));
  EntryRecord record;
  EXPECT_TRUE(take(reader.next(record)));
}

// A node above with as many children as fit it, all of them one node.
Bytes node_of_one_child(Place child, std::size_t count) {
  Bytes node;
  for (std::size_t i = 0; i < count; ++i) {
    append_varint(node, 0);
    const std::string path = std::to_string(100'000 + i);
    append_varint(node, path.size());
    append(node, as_bytes(path));
    append_varint(node, child.block);
    append_varint(node, child.ordinal);
    append_varint(node, 1);
  }
  return node;
}

// Twelve levels of nodes that each name the next one a thousand times, or all themselves: 10^36
// visits, for who follows every name.
TEST(Tree, AWalkEndsWhereNodesNameEachOtherAgainAndAgain) {
  for (const bool is_circle : {false, true}) {
    ChunkStore store;
    Random random(10);
    EntryRecord record = record_of("100000", random);
    TreeWriter writer(store.store());
    ASSERT_TRUE(writer.add(record));
    Place below = take(writer.finish()).place;
    for (std::uint32_t level = 1; level < kTreeDepthMax; ++level) {
      const Place place{1, is_circle ? 500 : 500 + level};
      store.chunks[place] = node_of_one_child(is_circle ? place : below, 1000);
      below = place;
    }
    TreeReader reader({kTreeDepthMax - 1, below, 1000}, store.fetch());
    for (const char* path : {"", "100999", "z"}) {
      store.fetched = 0;
      static_cast<void>(reader.seek(path));
      std::size_t entries = 0;
      std::size_t steps = 0;
      while (true) {
        ASSERT_LT(++steps, 20'000U);
        const Result<bool> has = reader.next(record);
        if (!has) continue;
        if (!*has) break;
        ++entries;
      }
      EXPECT_LE(entries, 1U) << path;
      EXPECT_LT(store.fetched, 20'000U);
    }
  }
}

TEST(Tree, ANodeBeginsWhereTheOneAboveSays) {
  ChunkStore store;
  Random random(11);
  TreeWriter writer(store.store());
  ASSERT_TRUE(writer.add(record_of("100001", random)));
  const Place leaf = take(writer.finish()).place;
  const Place above{1, 500};
  store.chunks[above] = node_of_one_child(leaf, 1);  // which says "100000"
  TreeReader reader({1, above, 1}, store.fetch());
  EXPECT_THAT(message_of(reader.seek("")), HasSubstr("belong elsewhere"));
}

// Bytes of a node that were changed, not told by the store: never a crash, a path out of order
// inside a node, an invalid path, or a loop.
TEST(Tree, HostileNodesAreRefused) {
  const Records records = made_records(300, 9);
  ChunkStore store;
  const TreeRoot root = written(store, records);
  Random random(9);
  for (int i = 0; i < 20'000; ++i) {
    auto at = store.chunks.begin();
    std::advance(at, random() % store.chunks.size());
    const Bytes before = at->second;
    for (auto flips = random() % 4 + 1; flips > 0; --flips) {
      at->second[random() % at->second.size()] = static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) at->second.resize(random() % (at->second.size() + 1));
    TreeReader reader(root, store.fetch());
    static_cast<void>(reader.seek(random() % 2 == 0 ? "" : "m/n"));
    EntryRecord record;
    for (std::size_t steps = 0;; ++steps) {
      ASSERT_LT(steps, 3 * records.size());
      const Result<bool> has = reader.next(record);
      if (!has) continue;
      if (!*has) break;
      EXPECT_TRUE(stream::is_valid_path(record.entry.path));
    }
    at->second = before;
  }
}

TEST(Tree, HostileRootsAreRefused) {
  EXPECT_FALSE(decode_tree_root({}));
  const Bytes good = encode_tree_root({3, {7, 9}, 1000});
  ASSERT_TRUE(decode_tree_root(good));
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(decode_tree_root(ByteView(good).first(length)));
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_tree_root(longer));
  EXPECT_FALSE(decode_tree_root(encode_tree_root({kTreeDepthMax, {7, 9}, 1000})));
  EXPECT_FALSE(decode_tree_root(encode_tree_root({1, {kBlockNumberMax + 1, 9}, 1000})));
  EXPECT_FALSE(decode_tree_root(encode_tree_root({1, {1, kBlockChunksMax}, 1000})));
}

TEST(Tree, PathsThatLeadElsewhereAreRefused) {
  for (const char* path : {"", "/etc/passwd", "..", "a/../b", "a//b", "a/", "."}) {
    Random random(1);
    EntryRecord record = record_of("x", random);
    record.entry.path = path;
    ChunkStore store;
    TreeWriter writer(store.store());
    ASSERT_TRUE(writer.add(record));
    TreeReader reader(take(writer.finish()), store.fetch());
    EXPECT_FALSE(reader.seek("")) << path;
  }
}

TEST(Tree, OneNameTwiceIsRefused) {
  for (const bool in_two_leaves : {false, true}) {
    Random random(2);
    ChunkStore store;
    TreeWriter writer(store.store());
    ASSERT_TRUE(writer.add(record_of("twice", random)));
    if (in_two_leaves) {
      ASSERT_TRUE(writer.end_leaf());
    }
    ASSERT_TRUE(writer.add(record_of("twice", random)));
    TreeReader reader(take(writer.finish()), store.fetch());
    bool is_refused = !reader.seek("");
    std::size_t read = 0;
    for (int i = 0; i < 4; ++i) {
      EntryRecord record;
      const Result<bool> has = reader.next(record);
      is_refused = is_refused || !has;
      if (has && *has) ++read;
    }
    EXPECT_TRUE(is_refused);
    EXPECT_LE(read, 1U);
  }
}

// Twelve levels of nodes that each name one node a thousand times: 10^33 entries in 200 KB, were
// each read whenever it is named.
TEST(Tree, ANodeThatIsNamedManyTimesIsReadOnce) {
  Random random(3);
  ChunkStore store;
  TreeWriter writer(store.store());
  ASSERT_TRUE(writer.add(record_of("a", random)));
  const Place leaf = take(writer.finish()).place;
  for (const bool same_names : {false, true}) {
    Place below = leaf;
    for (unsigned level = 1; level < kTreeDepthMax; ++level) {
      Bytes node;
      std::string last;
      for (int i = 0; i < 1000; ++i) {
        // "a", and then names that rise, which the node below does not begin with.
        const std::string name = i == 0 || same_names ? "a" : "a" + std::to_string(1000 + i);
        append_varint(node, 0);
        append_varint(node, name.size());
        append(node, as_bytes(name));
        append_varint(node, below.block);
        append_varint(node, below.ordinal);
        append_varint(node, 1);
      }
      below = take(store.store()(node, level));
    }
    TreeReader reader({kTreeDepthMax - 1, below, 1000}, store.fetch());
    static_cast<void>(reader.seek(""));
    std::size_t read = 0;
    std::size_t steps = 0;
    for (EntryRecord record; steps < 20'000; ++steps) {
      const Result<bool> has = reader.next(record);
      if (has && !*has) break;
      if (has) ++read;
    }
    EXPECT_LT(steps, 20'000U);
    EXPECT_EQ(read, same_names ? 0U : 1U);
  }
}

}  // namespace
}  // namespace letterpress::vault
