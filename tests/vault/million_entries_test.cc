// SPDX-License-Identifier: Apache-2.0
// A tree of a million entries in the memory of a few runs. What is held is asked of the allocator.
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>
#include <unordered_map>

#include "base/varint.h"
#include "hashing/blake3.h"
#include "stream/content_ref.h"
#include "vault/tree/entry_spool.h"
#include "vault/tree/tree.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

constexpr std::uint64_t kEntries = 1'000'000;
constexpr std::size_t kMiB = 1024 * 1024;

std::size_t held_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// The entries in an order that is not that of their paths, each once.
std::uint64_t shuffled(std::uint64_t i) { return i * 611'953 % kEntries; }

EntryRecord record_of(std::uint64_t number) {
  EntryRecord record;
  record.entry.path = "mail/user" + std::to_string(number % 1000) + "/cur/" +
                      std::to_string(1'700'000'000 + number) + ".M" + std::to_string(number) +
                      "P7.host,S=4242:2,S";
  record.entry.metadata.mode = 0600;
  record.entry.metadata.mtime_ns = static_cast<std::int64_t>(number) * 1'000'000;
  stream::ContentRef ref;
  ref.size_bytes = number;
  ref.recipe = seeded_bytes(45, number);
  record.content = stream::encode_content_ref(ref);
  record.identity = {1, number, 7};
  return record;
}

// Node bytes in one buffer, which is what it holds.
class NodeStore {
 public:
  NodeStore() { bytes_.reserve(256 * kMiB); }
  TreeWriter::Store store() {
    return [this](ByteView node, unsigned) -> Result<Place> {
      const Place place{starts_.size() / 1000, static_cast<std::uint32_t>(starts_.size() % 1000)};
      starts_.push_back(bytes_.size());
      append(bytes_, node);
      return place;
    };
  }
  TreeReader::Fetch fetch() {
    return [this](Place place) -> Result<Bytes> {
      ++fetched;
      const std::size_t at = place.block * 1000 + place.ordinal;
      const std::size_t end = at + 1 < starts_.size() ? starts_[at + 1] : bytes_.size();
      const ByteView node = ByteView(bytes_).subspan(starts_[at], end - starts_[at]);
      return Bytes(node.begin(), node.end());
    };
  }
  std::size_t node_count() const { return starts_.size(); }
  std::size_t byte_count() const { return bytes_.size(); }
  std::size_t fetched = 0;

 private:
  Bytes bytes_;
  std::vector<std::size_t> starts_;
};

TEST(MillionEntries, TakeTheMemoryOfAFewRuns) {
  TemporaryFolder folder;
  NodeStore nodes;
  const std::size_t before = held_bytes();
  if (before == 0) GTEST_SKIP() << "this build's allocator does not count";
  std::size_t peak = 0;
  std::uint64_t steps = 0;
  const auto measure = [&] {
    if (++steps % 1024 == 0) peak = std::max(peak, held_bytes() - std::min(before, held_bytes()));
  };
  EntrySpool spool(folder.path());
  std::uint64_t record_bytes = 0;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const EntryRecord record = record_of(shuffled(i));
    record_bytes += record.entry.path.size() + record.content.size() + 30;
    ASSERT_TRUE(spool.add(record));
    measure();
  }
  TreeWriter tree(nodes.store());
  std::string last;
  ASSERT_EQ(message_of(spool.drain([&](EntryRecord&& record) -> Status {
              EXPECT_LT(stream::compare_paths(last, record.entry.path), 0);
              last = record.entry.path;
              measure();
              return tree.add(record);
            })),
            "");
  const TreeRoot root = take(tree.finish());
  EXPECT_EQ(root.entries, kEntries);
  EXPECT_GT(record_bytes, 120 * kMiB);
  EXPECT_LT(peak, 64 * kMiB);
  RecordProperty("peak_mib", static_cast<int>(peak / kMiB));

  TreeReader reader(root, nodes.fetch());
  for (const std::uint64_t number : {0U, 1U, 499'999U, 777'777U, 999'999U}) {
    const EntryRecord wanted = record_of(number);
    nodes.fetched = 0;
    ASSERT_TRUE(reader.seek(wanted.entry.path));
    EntryRecord found;
    ASSERT_TRUE(take(reader.next(found)));
    EXPECT_EQ(found.entry.path, wanted.entry.path);
    EXPECT_EQ(found.content, wanted.content);
    EXPECT_LE(nodes.fetched, root.depth + 2U);
  }
  EXPECT_GT(nodes.node_count(), 5000U);
  EXPECT_LT(nodes.byte_count(), 256 * kMiB);
}

}  // namespace
}  // namespace letterpress::vault
