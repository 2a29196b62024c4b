// SPDX-License-Identifier: Apache-2.0
// The property: whatever lists and recipes say, a content never gives more than its size, and no
// more chunks are looked at than it has bytes.
#include "vault/content_reader.h"

#include <gmock/gmock.h>

#include "base/varint.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;
using Child = stream::ContentRef::Child;

// Each chunk is a block of its own; counts how often one is asked for.
class CountedBlocks : public stream::BlockProvider {
 public:
  std::uint64_t asked = 0;

  Place put(ByteView chunk) {
    stream::OpenBlock block;
    block.number = blocks_.size();
    block.starts = {0, static_cast<std::uint32_t>(chunk.size())};
    append(block.bytes, chunk);
    blocks_.push_back(std::make_shared<const stream::OpenBlock>(std::move(block)));
    return {blocks_.size() - 1, 0};
  }
  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override {
    ++asked;
    if (number < blocks_.size()) return blocks_[number];
    return Error(ErrorCode::kCorrupt, "no such block");
  }

 private:
  std::vector<std::shared_ptr<const stream::OpenBlock>> blocks_;
};

class ContentReaderTest : public ::testing::Test {
 protected:
  // Gives `times` times the 4 bytes "text".
  Place recipe(int times) {
    const Place text = blocks_.put(as_bytes("text"));
    Bytes recipe;
    stream::RecipeWriter writer(recipe);
    const stream::Extent extents[] = {{text, 0, 4}};
    for (int i = 0; i < times; ++i) {
      writer.begin_stretch({4, stream::digest_of(as_bytes("text"), nullptr)});
      writer.add_step({mail::Transform::kIdentity, Kind::kText, 4, {}, extents, text, 4});
    }
    return blocks_.put(recipe);
  }
  // A list of children that are all one.
  Place list(const Child& child, std::size_t count) {
    Bytes list;
    append_varint(list, count);
    for (std::size_t i = 0; i < count; ++i) {
      append_varint(list, i == 0 ? fold_sign(static_cast<std::int64_t>(child.place.block)) : 0);
      append_varint(list, child.place.ordinal);
      append_varint(list, child.covered_bytes);
    }
    return blocks_.put(list);
  }
  Status read(const stream::ContentRef& ref) {
    given_ = 0;
    lost_ = 0;
    blocks_.asked = 0;
    return reader_.read(stream::encode_content_ref(ref), count_given());
  }
  Status read_whole_parts(const stream::ContentRef& ref) {
    given_ = 0;
    lost_ = 0;
    blocks_.asked = 0;
    return reader_.read_whole_parts(stream::encode_content_ref(ref), count_given(),
                                    [this](std::uint64_t bytes, const Error&) -> Status {
                                      lost_ += bytes;
                                      return Ok{};
                                    });
  }
  stream::Rebuilder::Output count_given() {
    return [this](ByteView bytes) -> Status {
      given_ += bytes.size();
      return Ok{};
    };
  }

  CountedBlocks blocks_;
  ContentReader reader_{blocks_, nullptr};
  std::uint64_t given_ = 0;
  std::uint64_t lost_ = 0;
};

TEST_F(ContentReaderTest, ListsOfListsComeBack) {
  const Child one{recipe(2), 8};
  const Child many{list(one, 3), 24};
  const stream::ContentRef ref{48, 2, {}, {many, many}};
  EXPECT_EQ(message_of(read(ref)), "");
  EXPECT_EQ(given_, 48U);
  EXPECT_EQ(message_of(read_whole_parts(ref)), "");
  EXPECT_EQ(given_, 48U);
  EXPECT_EQ(lost_, 0U);
}

// 1,024 to the power of 4 recipes, for who follows every name.
TEST_F(ContentReaderTest, ListsThatNameOneChunkAgainAndAgainEnd) {
  Child child{recipe(1), 4};
  for (int depth = 1; depth < 4; ++depth) child = {list(child, 1024), 4};
  const stream::ContentRef ref{4, 4, {}, std::vector<Child>(1024, child)};
  EXPECT_THAT(message_of(read(ref)), HasSubstr("its parts are not those of its whole"));
  EXPECT_LT(blocks_.asked, 10U);
  EXPECT_EQ(message_of(read_whole_parts(ref)), "");
  EXPECT_EQ(given_ + lost_, 4U);
  EXPECT_LT(blocks_.asked, 10U);
  const auto ignore = [](ByteView) -> Status { return Ok{}; };
  EXPECT_FALSE(reader_.each_recipe(ref, ignore));
  // Nothing is covered, so that the sums fit.
  child.covered_bytes = 0;
  EXPECT_FALSE(read({0, 4, {}, std::vector<Child>(1024, child)}));
  EXPECT_LT(blocks_.asked, 10U);
}

TEST_F(ContentReaderTest, NoMoreIsGivenThanTheSize) {
  const stream::ContentRef ref{10, 1, {}, {{recipe(1000), 10}}};
  EXPECT_THAT(message_of(read(ref)), HasSubstr("more bytes than the file had"));
  EXPECT_EQ(given_, 8U);
  EXPECT_EQ(message_of(read_whole_parts(ref)), "");
  EXPECT_EQ(given_, 8U);
  EXPECT_EQ(lost_, 2U);
}

TEST_F(ContentReaderTest, LessThanTheSizeIsLost) {
  const stream::ContentRef ref{10, 1, {}, {{recipe(1), 10}}};
  EXPECT_THAT(message_of(read(ref)), HasSubstr("recipe gives 4 bytes; the file had 10"));
  EXPECT_EQ(message_of(read_whole_parts(ref)), "");
  EXPECT_EQ(given_, 4U);
  EXPECT_EQ(lost_, 6U);
}

}  // namespace
}  // namespace letterpress::vault
