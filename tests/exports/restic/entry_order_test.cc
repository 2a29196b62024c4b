// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/entry_order.h"

#include <gtest/gtest.h>

namespace letterpress::restic {
namespace {

using stream::EntryType;

struct Seen {
  std::string path;
  std::uint64_t size;
  std::uint64_t links;
  std::uint64_t inode;
};

class EntryOrderTest : public ::testing::Test {
 protected:
  void file(const std::string& path, std::uint64_t size, std::uint64_t inode = 0) {
    ASSERT_TRUE(order_.add({path, {.mode = 0644}}, {0, inode, 0}, {size, {}}));
  }
  void link(const std::string& path, const std::string& target) {
    ASSERT_TRUE(order_.add({path, {.type = EntryType::kHardLink, .target = target}}, {}, {}));
  }
  std::vector<Seen> drain() {
    std::vector<Seen> seen;
    EXPECT_TRUE(order_.drain(
        [&](const OrderedEntry& entry) -> Status {
          EXPECT_NE(entry.metadata.type, EntryType::kHardLink);
          seen.push_back({entry.path, entry.content.size_bytes, entry.links, entry.identity.inode});
          return Ok{};
        },
        [&](const std::string& path) { lost_.push_back(path); }));
    return seen;
  }

  EntryOrder order_{"/tmp"};
  std::vector<std::string> lost_;
};

TEST_F(EntryOrderTest, GivesEntriesByPath) {
  file("b", 1);
  file("a.x", 2);
  file("a/x", 3);
  const auto seen = drain();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].path, "a/x");
  EXPECT_EQ(seen[1].path, "a.x");
  EXPECT_EQ(seen[2].path, "b");
  EXPECT_EQ(seen[2].links, 1U);
}

TEST_F(EntryOrderTest, HardLinksHaveWhatTheirFileHas) {
  file("m", 7);
  file("other", 8, 99);
  link("a", "m");
  link("z", "m");
  ASSERT_TRUE(order_.rename("m", "n"));
  const auto seen = drain();
  ASSERT_EQ(seen.size(), 4U);
  for (const std::size_t i : {0U, 1U, 3U}) {
    EXPECT_EQ(seen[i].size, 7U) << seen[i].path;
    EXPECT_EQ(seen[i].links, 3U) << seen[i].path;
    EXPECT_NE(seen[i].inode, 0U) << seen[i].path;
    EXPECT_EQ(seen[i].inode, seen[0].inode) << seen[i].path;
  }
  EXPECT_EQ(seen[1].path, "n");
  EXPECT_EQ(seen[2].links, 1U);
  EXPECT_EQ(seen[2].inode, 99U);
}

TEST_F(EntryOrderTest, HardLinksWithoutAFileAreLost) {
  link("a", "gone");
  file("b", 1);
  EXPECT_EQ(drain().size(), 1U);
  EXPECT_EQ(lost_, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace letterpress::restic
