// SPDX-License-Identifier: Apache-2.0
// The property: what a recipe was written for is what comes back, or nothing.
#include "stream/rebuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "hashing/blake3.h"
#include "stream/playback.h"

namespace letterpress::stream {
namespace {

using mail::Transform;

Result<std::string> rebuilt(BlockProvider& blocks, ByteView recipe, const HashKey* key = nullptr) {
  std::string out;
  Rebuilder rebuilder(blocks, key);
  LETTERPRESS_TRY(rebuilder.rebuild(recipe, [&](ByteView bytes) -> Status {
    out += as_text(bytes);
    return Ok{};
  }));
  return out;
}

// One stretch that is one identity step of kind plain.
Bytes recipe_of(std::string_view raw, const std::vector<Extent>& extents,
                const HashKey* key = nullptr) {
  Bytes recipe;
  RecipeWriter writer(recipe);
  writer.begin_stretch({raw.size(), digest_of(as_bytes(raw), key)});
  writer.add_step({Transform::kIdentity,
                   Kind::kPlain,
                   static_cast<std::uint32_t>(raw.size()),
                   {},
                   extents,
                   {},
                   0});
  return recipe;
}

void expect_refused(BlockProvider& blocks, ByteView recipe, std::string_view message) {
  const auto result = rebuilt(blocks, recipe);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(result.error().message(), testing::HasSubstr(message));
}

class RebuilderTest : public testing::Test {
 protected:
  void SetUp() override {
    blocks_.add(make_open_block(0, {"abc", "defg", "h"}));
    blocks_.add(make_open_block(7, {"01234", "56789"}));
  }
  MapBlocks blocks_;
};

TEST_F(RebuilderTest, TakesExtentsFromInsideAChunkAndOverSeveral) {
  EXPECT_EQ(*rebuilt(blocks_, recipe_of("b", {{{0, 0}, 1, 1}})), "b");
  EXPECT_EQ(*rebuilt(blocks_, recipe_of("cdefgh", {{{0, 0}, 2, 6}})), "cdefgh");
  EXPECT_EQ(*rebuilt(blocks_, recipe_of("efg345", {{{0, 1}, 1, 3}, {{7, 0}, 3, 3}})), "efg345");
}

// Gives no more of a block than a page of three bytes.
class PagedBlocks : public MapBlocks {
 public:
  Result<std::shared_ptr<const OpenBlock>> part(std::uint64_t number, std::uint32_t ordinal,
                                                std::uint64_t offset, std::size_t) override {
    LETTERPRESS_TRY_ASSIGN(const auto whole, block(number));
    OpenBlock page = *whole;
    page.bytes.clear();
    if (ordinal >= whole->chunk_count()) return std::make_shared<const OpenBlock>(std::move(page));
    const std::uint64_t at = whole->starts[ordinal] + offset;
    if (at >= whole->raw_bytes()) return std::make_shared<const OpenBlock>(std::move(page));
    page.begin = static_cast<std::uint32_t>(at / 3 * 3);
    const ByteView rest = whole->from(page.begin);
    append(page.bytes, rest.first(std::min<std::size_t>(3, rest.size())));
    return std::make_shared<const OpenBlock>(std::move(page));
  }
};

TEST(RebuilderOnPages, GathersWhatLiesOnSeveral) {
  PagedBlocks blocks;
  blocks.add(make_open_block(0, {"abc", "defg", "h"}));
  blocks.add(make_open_block(7, {"01234", "56789"}));
  EXPECT_EQ(*rebuilt(blocks, recipe_of("b", {{{0, 0}, 1, 1}})), "b");
  EXPECT_EQ(*rebuilt(blocks, recipe_of("cdefgh", {{{0, 0}, 2, 6}})), "cdefgh");
  EXPECT_EQ(*rebuilt(blocks, recipe_of("efg3456789", {{{0, 1}, 1, 3}, {{7, 0}, 3, 7}})),
            "efg3456789");
  expect_refused(blocks, recipe_of("abc", {{{0, 3}, 0, 3}}), "fewer");
  expect_refused(blocks, recipe_of("ghi", {{{0, 1}, 3, 3}}), "past the end");
  Rebuilder rebuilder(blocks, nullptr);
  EXPECT_EQ(as_text(*rebuilder.chunk({7, 1})), "56789");
  EXPECT_FALSE(rebuilder.chunk({7, 2}));
}

TEST_F(RebuilderTest, RefusesWhatDoesNotMatchItsDigest) {
  Bytes recipe = recipe_of("abc", {{{0, 0}, 0, 3}});
  recipe[1] ^= 1;
  expect_refused(blocks_, recipe, "digest");
  EXPECT_FALSE(rebuilt(blocks_, recipe_of("abd", {{{0, 0}, 0, 3}})));
}

TEST_F(RebuilderTest, DigestsAreKeyedIfThereIsAKey) {
  HashKey key;
  key.bytes.fill(7);
  const Bytes recipe = recipe_of("abc", {{{0, 0}, 0, 3}}, &key);
  EXPECT_EQ(*rebuilt(blocks_, recipe, &key), "abc");
  EXPECT_FALSE(rebuilt(blocks_, recipe));
}

TEST_F(RebuilderTest, DigestIsTheFirstHalfOfBlake3) {
  const Digest digest = digest_of({}, nullptr);
  // BLAKE3 of nothing, as published.
  EXPECT_EQ(Bytes(digest.begin(), digest.end()), from_hex("af1349b9f5f9a1a6a0404dea36dcc949"));
}

TEST_F(RebuilderTest, RefusesPlacesThatAreNotThere) {
  expect_refused(blocks_, recipe_of("abc", {{{1, 0}, 0, 3}}), "no such block");
  expect_refused(blocks_, recipe_of("abc", {{{0, 3}, 0, 3}}), "fewer");
  expect_refused(blocks_, recipe_of("def", {{{0, 0}, 3, 3}}), "behind the end of a chunk");
  expect_refused(blocks_, recipe_of("ghi", {{{0, 1}, 3, 3}}), "past the end");
}

TEST_F(RebuilderTest, RefusesToContinueWhereNothingBegan) {
  Bytes recipe = recipe_of("abc", {{{0, 0}, 0, 3}});
  recipe.resize(recipe.size() - 4);
  recipe.push_back(0x2c);  // identity, plain, rest, without the jump
  expect_refused(blocks_, recipe, "nothing began");
}

TEST_F(RebuilderTest, WritesNothingOfADamagedStretch) {
  Bytes recipe = recipe_of("abc", {{{0, 0}, 0, 3}});
  append(recipe, recipe_of("wrong", {{{7, 0}, 0, 5}}));
  std::string out;
  Rebuilder rebuilder(blocks_, nullptr);
  EXPECT_FALSE(rebuilder.rebuild(recipe, [&](ByteView bytes) -> Status {
    out += as_text(bytes);
    return Ok{};
  }));
  EXPECT_EQ(out, "abc");
}

TEST_F(RebuilderTest, ErrorsOfTheOutputEndIt) {
  Rebuilder rebuilder(blocks_, nullptr);
  const Status status =
      rebuilder.rebuild(recipe_of("abc", {{{0, 0}, 0, 3}}),
                        [](ByteView) -> Status { return Error(ErrorCode::kIo, "disk full"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "disk full");
}

TEST_F(RebuilderTest, ChunkGivesOneChunk) {
  Rebuilder rebuilder(blocks_, nullptr);
  EXPECT_EQ(as_text(*rebuilder.chunk({0, 1})), "defg");
  EXPECT_FALSE(rebuilder.chunk({0, 3}));
  EXPECT_FALSE(rebuilder.chunk({2, 0}));
}

// Random blocks, and recipes over random extents of them, as the placer writes them: extents that
// touch are one, and the end is the next chunk's begin.
class RandomRecipes {
 public:
  explicit RandomRecipes(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t number = 0; number < 4; ++number) {
      std::vector<std::string> chunks(1 + below(6));
      for (std::string& chunk : chunks) {
        chunk.resize(1 + below(20));
        for (char& c : chunk) c = static_cast<char>(below(256));
      }
      blocks.add(make_open_block(number * number * 1000, chunks));
      chunks_.push_back(std::move(chunks));
    }
  }

  void add_stretch(RecipeWriter& writer, std::string& raw) {
    struct Step {
      Kind kind;
      std::string raw;
      std::vector<Extent> extents;
      Place end;
      std::uint32_t end_offset;
    };
    std::vector<Step> steps(1 + below(4));
    std::string stretch;
    for (Step& step : steps) {
      step.kind = static_cast<Kind>(below(4));
      const std::size_t slices = 1 + below(4);
      for (std::size_t i = 0; i < slices; ++i) add_slice(step);
      stretch += step.raw;
    }
    writer.begin_stretch({stretch.size(), digest_of(as_bytes(stretch), nullptr)});
    for (const Step& step : steps) {
      writer.add_step({Transform::kIdentity,
                       step.kind,
                       static_cast<std::uint32_t>(step.raw.size()),
                       {},
                       step.extents,
                       step.end,
                       step.end_offset});
    }
    raw += stretch;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

  MapBlocks blocks;

 private:
  template <class Step>
  void add_slice(Step& step) {
    // Half of them go on where some kind's cursor stands, so that both forms are met.
    Place place = last_end_;
    std::uint32_t offset = last_end_offset_;
    const bool is_at_end = place.ordinal >= chunks_of(place.block).size();
    if (is_at_end || below(2) == 0) {
      const std::uint64_t number = below(4);
      place = {number * number * 1000, static_cast<std::uint32_t>(below(chunks_[number].size()))};
      offset = static_cast<std::uint32_t>(below(chunks_of(place.block)[place.ordinal].size()));
    }
    const std::string& chunk = chunks_of(place.block)[place.ordinal];
    const auto bytes = static_cast<std::uint32_t>(1 + below(chunk.size() - offset));
    const bool touches = !step.extents.empty() && step.end == place && step.end_offset == offset;
    if (touches) {
      step.extents.back().bytes += bytes;
    } else {
      step.extents.push_back({place, offset, bytes});
    }
    step.raw += chunk.substr(offset, bytes);
    const bool ends_chunk = offset + bytes == chunk.size();
    step.end = last_end_ = ends_chunk ? Place{place.block, place.ordinal + 1} : place;
    step.end_offset = last_end_offset_ = ends_chunk ? 0 : offset + bytes;
  }
  const std::vector<std::string>& chunks_of(std::uint64_t block) const {
    for (std::uint64_t i = 0; i < chunks_.size(); ++i) {
      if (i * i * 1000 == block) return chunks_[i];
    }
    return chunks_.front();
  }

  std::mt19937_64 random_;
  std::vector<std::vector<std::string>> chunks_;
  Place last_end_{0, 99};
  std::uint32_t last_end_offset_ = 0;
};

TEST(Rebuilder, RandomRecipesComeBack) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RandomRecipes random(seed);
    std::string raw;
    Bytes recipe;
    RecipeWriter writer(recipe);
    for (std::size_t i = 0; i < 1 + seed % 5; ++i) random.add_stretch(writer, raw);
    const auto result = rebuilt(random.blocks, recipe);
    ASSERT_TRUE(result) << seed << ": " << result.error().message();
    ASSERT_EQ(*result, raw) << seed;
  }
}

TEST(Rebuilder, FlippedRecipesMakeTheOriginalOrNothingElse) {
  RandomRecipes random(1);
  std::string raw;
  Bytes recipe;
  RecipeWriter writer(recipe);
  random.add_stretch(writer, raw);
  for (std::size_t bit = 0; bit < 8 * recipe.size(); ++bit) {
    Bytes flipped = recipe;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    std::string out;
    Rebuilder rebuilder(random.blocks, nullptr);
    const Status status = rebuilder.rebuild(flipped, [&](ByteView bytes) -> Status {
      out += as_text(bytes);
      return Ok{};
    });
    // What is put out has a digest, which is the only one in the recipe.
    EXPECT_TRUE(out.empty() || out == raw) << bit << (status ? "" : status.error().message());
  }
}

}  // namespace
}  // namespace letterpress::stream
