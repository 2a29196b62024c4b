// SPDX-License-Identifier: Apache-2.0
// The properties: a reference leads to every recipe in order, covers the file, and is bounded.
#include "stream/content_ref.h"

#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"
#include "stream/playback.h"

namespace letterpress::stream {
namespace {

// Stores chunks at places that go up and down, as they do when chunks are known already.
class ChunkStore {
 public:
  ContentRefBuilder::Store store() {
    return [this](ByteView bytes) {
      EXPECT_TRUE(!bytes.empty() && bytes.size() <= kChunkBytesMax);
      const std::uint64_t i = chunks_.size();
      const Place place{i * 7919 % 1000003, static_cast<std::uint32_t>(i % 65536)};
      EXPECT_TRUE(chunks_.emplace(place, Bytes(bytes.begin(), bytes.end())).second);
      return place;
    };
  }

  // All recipes below `child`, one after the other, and how many there are.
  void collect(const ContentRef::Child& child, unsigned depth, Bytes& out, std::size_t& count) {
    const Bytes& chunk = chunks_.at(child.place);
    if (depth == 1) {
      append(out, chunk);
      ++count;
      return;
    }
    const auto children = decode_content_list(chunk);
    ASSERT_TRUE(children) << children.error().message();
    ASSERT_LE(children->size(), kContentListMax);
    std::uint64_t covered = 0;
    for (const ContentRef::Child& each : *children) {
      collect(each, depth - 1, out, count);
      covered += each.covered_bytes;
    }
    EXPECT_EQ(covered, child.covered_bytes);
  }

  std::size_t size() const { return chunks_.size(); }

 private:
  std::map<Place, Bytes> chunks_;
};

// A recipe with a number in it, of `bytes` bytes.
Bytes recipe_of(std::uint32_t number, std::size_t bytes) {
  Bytes recipe(bytes);
  append_le(recipe, number);
  return recipe;
}

void expect_round_trip(std::uint32_t recipe_count, unsigned expected_depth) {
  ChunkStore chunks;
  ContentRefBuilder builder;
  Bytes expected;
  for (std::uint32_t i = 0; i < recipe_count; ++i) {
    append(expected, recipe_of(i, 0));
    if (i % 3 == 0) {
      const Bytes recipe = recipe_of(i, 0);
      builder.add_stored({chunks.store()(recipe), 100 + i % 7}, chunks.store());
    } else {
      const auto child = builder.add_recipe(recipe_of(i, 0), 100 + i % 7, chunks.store());
      EXPECT_EQ(child.covered_bytes, 100 + i % 7);
    }
  }
  const Bytes encoded = builder.finish(chunks.store());
  const auto ref = decode_content_ref(encoded);
  ASSERT_TRUE(ref) << ref.error().message();
  EXPECT_EQ(ref->depth, expected_depth) << recipe_count;
  EXPECT_LE(ref->children.size(), kContentListMax);
  Bytes found = ref->recipe;
  std::size_t count = ref->depth == 0 ? recipe_count : 0;
  std::uint64_t covered = 0;
  for (const ContentRef::Child& child : ref->children) {
    chunks.collect(child, ref->depth, found, count);
    covered += child.covered_bytes;
  }
  EXPECT_EQ(count, recipe_count);
  EXPECT_EQ(found, expected);
  if (ref->depth > 0) {
    EXPECT_EQ(covered, ref->size_bytes);
  }
  std::uint64_t size_bytes = 0;
  for (std::uint32_t i = 0; i < recipe_count; ++i) size_bytes += 100 + i % 7;
  EXPECT_EQ(ref->size_bytes, size_bytes);
  EXPECT_EQ(encode_content_ref(*ref), encoded);
}

TEST(ContentRef, EmptyFilesHaveAnEmptyRecipe) {
  ChunkStore chunks;
  const auto ref = decode_content_ref(ContentRefBuilder().finish(chunks.store()));
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->size_bytes, 0U);
  EXPECT_EQ(ref->depth, 0U);
  EXPECT_TRUE(ref->recipe.empty());
  EXPECT_EQ(chunks.size(), 0U);
}

TEST(ContentRef, OneShortRecipeMayStayInside) {
  ChunkStore chunks;
  ContentRefBuilder builder;
  for (int file = 0; file < 2; ++file) {
    builder.keep_inside(recipe_of(1, kInlineRecipeBytesMax - 4), 1000);
    const auto ref = decode_content_ref(builder.finish(chunks.store()));
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->depth, 0U);
    EXPECT_EQ(ref->recipe, recipe_of(1, kInlineRecipeBytesMax - 4));
    EXPECT_EQ(ref->size_bytes, 1000U);
    EXPECT_EQ(chunks.size(), 0U);
  }
}

TEST(ContentRef, ABuilderIsEmptyAfterItsFile) {
  ChunkStore chunks;
  ContentRefBuilder builder;
  builder.add_recipe(recipe_of(1, 1), 10, chunks.store());
  builder.finish(chunks.store());
  builder.add_recipe(recipe_of(2, 2), 20, chunks.store());
  const auto ref = decode_content_ref(builder.finish(chunks.store()));
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->size_bytes, 20U);
  EXPECT_EQ(ref->children.size(), 1U);
}

TEST(ContentRef, LeadsToEveryRecipeInOrder) {
  expect_round_trip(1, 1);
  expect_round_trip(2, 1);
  expect_round_trip(kContentListMax - 1, 1);
  expect_round_trip(kContentListMax, 2);
  expect_round_trip(kContentListMax + 1, 2);
  expect_round_trip(3 * kContentListMax + 17, 2);
}

TEST(ContentRef, ReachesDepthThree) { expect_round_trip(kContentListMax * kContentListMax + 1, 3); }

TEST(ContentRef, RefusesEachTruncation) {
  ContentRef ref{300, 1, {}, {{{70000, 5}, 100}, {{3, 65535}, 200}}};
  const Bytes encoded = encode_content_ref(ref);
  const auto back = decode_content_ref(encoded);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->children[1].place, (Place{3, 65535}));
  for (std::size_t bytes = 0; bytes < encoded.size(); ++bytes) {
    EXPECT_FALSE(decode_content_ref(ByteView(encoded).first(bytes))) << bytes;
  }
  Bytes longer = encoded;
  longer.push_back(0);
  EXPECT_FALSE(decode_content_ref(longer));
}

TEST(ContentRef, RefusesWhatIsOutOfRange) {
  // Size 0, depth, count, then svarint block, ordinal, covered.
  EXPECT_TRUE(decode_content_ref(from_hex("00 04 01 00 00 00")));
  EXPECT_FALSE(decode_content_ref(from_hex("00 05 01 00 00 00")));
  EXPECT_FALSE(decode_content_ref(from_hex("00 01 00")));
  EXPECT_FALSE(decode_content_ref(from_hex("00 01 01 01 00 00")));      // block -1
  EXPECT_FALSE(decode_content_ref(from_hex("00 01 01 00 808004 00")));  // chunk 65,536
  EXPECT_FALSE(decode_content_ref(from_hex("00 01 01 feffffffffff7f 00 00")));
  EXPECT_FALSE(decode_content_ref(from_hex("00 01 ffffffffffffffffff01 00 00 00")));
  Bytes many = from_hex("00 01 8108");  // 1,025 children
  many.resize(many.size() + 3 * 1025);
  EXPECT_FALSE(decode_content_ref(many));
  many[2] = 0x80;  // 1,024
  many.resize(many.size() - 3);
  EXPECT_TRUE(decode_content_ref(many));
}

TEST(ContentRef, FlippedBitsAreAnErrorOrAReference) {
  const Bytes encoded =
      encode_content_ref({300, 2, {}, {{{70000, 5}, 100}, {{3, 65535}, 200}, {{3, 1}, 1}}});
  for (std::size_t bit = 0; bit < 8 * encoded.size(); ++bit) {
    Bytes flipped = encoded;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto ref = decode_content_ref(flipped);
    if (!ref) continue;
    EXPECT_LE(ref->depth, kContentDepthMax);
    for (const ContentRef::Child& child : ref->children) {
      EXPECT_LE(child.place.block, kBlockNumberMax);
    }
  }
}

TEST(ContentRef, ListsCoverWhatTheirWholeHas) {
  const auto covers = [](std::vector<std::uint64_t> parts, std::uint64_t whole) {
    std::vector<ContentRef::Child> children;
    for (const std::uint64_t part : parts) children.push_back({{0, 0}, part});
    return check_covers(children, whole).has_value();
  };
  EXPECT_TRUE(covers({100}, 100));
  EXPECT_TRUE(covers({1, 98, 1}, 100));
  EXPECT_FALSE(covers({1, 98}, 100));
  EXPECT_FALSE(covers({1, 98, 2}, 100));
  EXPECT_FALSE(covers({0, 100}, 100));
  EXPECT_FALSE(covers({100, 0}, 100));
  EXPECT_FALSE(covers({UINT64_MAX, 2}, 1));  // which sum to 1, modulo 2^64
}

}  // namespace
}  // namespace letterpress::stream
