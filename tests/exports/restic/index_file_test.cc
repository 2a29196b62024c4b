// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/index_file.h"

#include <gtest/gtest.h>

#include <random>

namespace letterpress::restic {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kC(64, 'c');

std::string index(const std::string& blobs) {
  return R"({"supersedes":["x"],"packs":[{"id":")" + kA + R"(","blobs":[)" + blobs + "]}]}";
}

std::string blob(const std::string& id, const std::string& rest) {
  return R"({"id":")" + id + R"(",)" + rest + "}";
}

std::vector<IndexedPack> packs_of(const std::string& json, bool is_good = true) {
  std::vector<IndexedPack> packs;
  const Status read = read_index(json, [&](const IndexedPack& pack) { packs.push_back(pack); });
  EXPECT_EQ(read.has_value(), is_good) << json;
  return packs;
}

TEST(IndexFile, ReadsWhatResticWrites) {
  const auto packs =
      packs_of(index(blob(kB, R"("type":"data","offset":0,"length":54,"uncompressed_length":33)") +
                     "," + blob(kC, R"("type":"tree","offset":54,"length":40)")));
  ASSERT_EQ(packs.size(), 1U);
  EXPECT_EQ(vault::to_hex(packs[0].id.bytes), kA);
  ASSERT_EQ(packs[0].blobs.size(), 2U);
  EXPECT_EQ(packs[0].blobs[0].type, BlobType::kData);
  EXPECT_EQ(packs[0].blobs[0].raw_bytes, 33U);
  EXPECT_EQ(vault::to_hex(packs[0].blobs[1].id.bytes), kC);
  EXPECT_EQ(packs[0].blobs[1].type, BlobType::kTree);
  EXPECT_EQ(packs[0].blobs[1].offset, 54U);
  // Two boxes, their entries of 41 and 37 bytes, the header's own box of 32 more, a length.
  EXPECT_EQ(packs[0].file_bytes(), 54U + 40 + 41 + 37 + 32 + 4);
}

TEST(IndexFile, PassesOverWhatItDoesNotKnow) {
  const auto packs =
      packs_of(R"({"new":[[[{"id":7,"blobs":[{}]}]]],"packs":[{"more":{"id":"z"},"id":")" + kA +
               R"(","blobs":[{"flags":[1,{"id":2}],"id":")" + kB +
               R"(","type":"data","length":40,"offset":0}]}],"time":null})");
  ASSERT_EQ(packs.size(), 1U);
  EXPECT_EQ(packs[0].blobs.size(), 1U);
  EXPECT_EQ(packs_of(R"({"packs":[]})").size(), 0U);
}

TEST(IndexFile, RefusesWhatIsNone) {
  for (const std::string& json :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"packs":7})"),
        std::string(R"({"packs":[{"id":"ab","blobs":[]}]})"),
        std::string(R"({"packs":[{"blobs":[]}]})"), index("{}"),
        index(blob(kB, R"("type":"data","offset":0)")),
        index(blob(kB, R"("type":"data","offset":0,"length":31)")),
        index(blob(kB, R"("type":"data","offset":-1,"length":54)")),
        index(blob(kB, R"("type":"data","offset":0,"length":5400000000)")),
        index(blob(kB, R"("type":"leaf","offset":0,"length":54)")),
        index(blob("", R"("type":"data","offset":0,"length":54)")),
        index(blob(kB, R"("type":"data","offset":0,"length":54)")).substr(0, 150)}) {
    packs_of(json, false);
  }
}

TEST(IndexFile, NeverFailsOtherwise) {
  const std::string good =
      index(blob(kB, R"("type":"data","offset":0,"length":54,"uncompressed_length":33)"));
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    for (int j = 0; j < 3; ++j) bad[random() % bad.size()] = "{}[]\":,0a\xff"[random() % 10];
    std::size_t blobs = 0;
    static_cast<void>(
        read_index(bad, [&](const IndexedPack& pack) { blobs += pack.blobs.size(); }));
    EXPECT_LE(blobs, 4U);
  }
  packs_of(std::string(1'000'000, '['), false);
}

}  // namespace
}  // namespace letterpress::restic
