// SPDX-License-Identifier: Apache-2.0
// Ranges of a content whose recipes lie in chunks, under lists of lists: larger than any file that
// a test can back up.
#include <gtest/gtest.h>

#include "stream/playback.h"
#include "vault/content_reader.h"

namespace letterpress::vault {
namespace {

using stream::ContentRef;
using stream::ContentRefBuilder;

constexpr std::size_t kPieces = 2 * stream::kContentListMax + 100;

// "0000 0001 0002 ...": each number a chunk, with a recipe of its own.
class ContentRangeTest : public ::testing::Test {
 protected:
  ContentRangeTest() {
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < kPieces; ++i) {
      std::string number = std::to_string(10'000 + i).substr(1);
      pieces.push_back(number + ' ');
      text_ += pieces.back();
    }
    blocks_.add(stream::make_open_block(0, pieces));
    ContentRefBuilder builder;
    const auto store = [this](ByteView chunk) { return put(chunk); };
    for (std::uint32_t i = 0; i < kPieces; ++i) {
      builder.add_recipe(recipe_of(pieces[i], i), pieces[i].size(), store);
    }
    content_ = builder.finish(store);
  }

  Place put(ByteView chunk) {
    const Place place{next_block_++, 0};
    blocks_.add(stream::make_open_block(place.block, {std::string(as_text(chunk))}));
    return place;
  }
  static Bytes recipe_of(const std::string& piece, std::uint32_t ordinal) {
    Bytes recipe;
    stream::RecipeWriter writer(recipe);
    writer.begin_stretch({piece.size(), stream::digest_of(as_bytes(piece), nullptr)});
    const stream::Extent extent{{0, ordinal}, 0, static_cast<std::uint32_t>(piece.size())};
    writer.add_step({mail::Transform::kIdentity,
                     Kind::kPlain,
                     static_cast<std::uint32_t>(piece.size()),
                     {},
                     {&extent, 1},
                     {},
                     0});
    return recipe;
  }
  Result<std::string> read(ByteView content, std::uint64_t from, std::uint64_t count) {
    std::string out;
    ContentReader reader(blocks_, nullptr);
    LETTERPRESS_TRY(reader.read_range(content, {from, count}, [&](ByteView bytes) -> Status {
      out += as_text(bytes);
      return Ok{};
    }));
    return out;
  }

  stream::MapBlocks blocks_;
  std::uint64_t next_block_ = 1;
  std::string text_;
  Bytes content_;
};

TEST_F(ContentRangeTest, IsFoundUnderListsOfLists) {
  ASSERT_EQ((*stream::decode_content_ref(content_)).depth, 2U);
  const std::uint64_t list_bytes = stream::kContentListMax * 5;
  for (const std::uint64_t from :
       {std::uint64_t{0}, std::uint64_t{3}, list_bytes - 3, list_bytes, list_bytes + 1,
        2 * list_bytes - 1, 2 * list_bytes + 7, text_.size() - 2, text_.size()}) {
    for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9},
                                      list_bytes + 11, std::uint64_t{UINT64_MAX}}) {
      const Result<std::string> got = read(content_, from, count);
      ASSERT_TRUE(got) << got.error().message();
      EXPECT_EQ(*got, text_.substr(from, count)) << from << ' ' << count;
    }
  }
}

TEST_F(ContentRangeTest, ListsThatCoverOtherThanTheySayAreRefused) {
  const ContentRef good = *stream::decode_content_ref(content_);
  const auto refused = [&](const ContentRef& ref, std::uint64_t from, std::uint64_t count) {
    const Result<std::string> got = read(stream::encode_content_ref(ref), from, count);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::kCorrupt);
  };
  ContentRef more = good;  // the first list has less than it says
  more.children[0].covered_bytes += 5;
  more.size_bytes += 5;
  refused(more, 0, UINT64_MAX);
  ContentRef longer = good;  // the lists have less than the file
  longer.size_bytes += 1;
  refused(longer, text_.size() - 1, 2);
}

}  // namespace
}  // namespace letterpress::vault
