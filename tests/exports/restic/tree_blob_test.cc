// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/tree_blob.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "exports/restic/tree_writer.h"
#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

TEST(TreeBlob, OfAnEmptyFolderIsRestics) {
  TreeBlob tree(3);
  // The id that restic 0.14 gives an empty folder.
  EXPECT_EQ(vault::to_hex(tree.finish().id.bytes),
            "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8");
}

TEST(TreeBlob, OfALargeFolderIsItsTextCompressed) {
  for (const std::size_t nodes : {100U, 60'000U, 200'000U}) {
    TreeBlob tree(3);
    std::string expected = R"({"nodes":[)";
    for (std::size_t i = 0; i < nodes; ++i) {
      const std::string node = R"({"name":")" + std::to_string(i * i) + R"(","content":null})";
      tree.next_node() += node;
      tree.settle();
      expected += (i == 0 ? "" : ",") + node;
    }
    expected += "]}\n";
    const TreeBlob::Made made = tree.finish();
    EXPECT_EQ(made.id, vault::sha256(as_bytes(expected)));
    EXPECT_EQ(made.raw_bytes, expected.size());
    EXPECT_EQ(made.frame.empty(), expected.size() < TreeBlob::kTextBytesMax);
    if (made.frame.empty()) {
      EXPECT_EQ(as_text(made.text), expected);
      continue;
    }
    std::string back(expected.size(), '\0');
    EXPECT_EQ(ZSTD_decompress(back.data(), back.size(), made.frame.data(), made.frame.size()),
              expected.size());
    EXPECT_EQ(back, expected);
  }
}

TEST(TreeWriter, MakesFoldersUpAndRefusesThoseBelowFiles) {
  std::vector<std::string> trees;
  TreeWriter writer({.level = 3, .names_owners = false, .made_up = {.mode = 0755}},
                    [&](const TreeBlob::Made& made) -> Status {
                      trees.emplace_back(as_text(made.text));
                      return Ok{};
                    });
  const stream::Metadata file{.mode = 0644};
  Node node;
  node.metadata = &file;
  ASSERT_TRUE(writer.add("a/b/c", node));
  ASSERT_TRUE(writer.add("a/b.c", node));
  const Status below_file = writer.add("a/b.c/d", node);
  ASSERT_FALSE(below_file);
  EXPECT_EQ(below_file.error().code(), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(writer.add("aa", node));
  ASSERT_TRUE(writer.finish());
  ASSERT_EQ(trees.size(), 3U);
  EXPECT_NE(trees[0].find(R"("name":"c")"), std::string::npos);
  EXPECT_LT(trees[1].find(R"("name":"b")"), trees[1].find(R"("name":"b.c")"));
  EXPECT_LT(trees[2].find(R"("name":"a")"), trees[2].find(R"("name":"aa")"));
}

}  // namespace
}  // namespace letterpress::restic
