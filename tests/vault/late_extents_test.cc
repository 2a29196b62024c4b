// SPDX-License-Identifier: Apache-2.0
// The property: with what was put aside, a restore opens each block once and gets the same bytes.
#include "vault/packs/late_extents.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <deque>
#include <map>
#include <random>
#include <ranges>

#include "stream/rebuilder.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using stream::Extent;
using stream::OpenBlock;

OpenBlock block_of(std::uint64_t number, std::size_t chunk_count) {
  OpenBlock block{number, Kind::kPlain, {0}, 0, {}};
  for (std::size_t i = 0; i < chunk_count; ++i) {
    append(block.bytes, seeded_bytes(20 + (number * 7 + i * 13) % 50, number * 1000 + i));
    block.starts.push_back(static_cast<std::uint32_t>(block.bytes.size()));
  }
  return block;
}

// Blocks of which the last few that were asked for are open.
class FewOpenBlocks : public stream::BlockProvider {
 public:
  FewOpenBlocks(const std::vector<OpenBlock>& blocks, LateExtents* late)
      : blocks_(blocks), late_(late) {}

  Result<std::shared_ptr<const OpenBlock>> block(std::uint64_t number) override {
    return std::make_shared<const OpenBlock>(blocks_[number]);
  }
  Result<std::shared_ptr<const OpenBlock>> part(std::uint64_t number, std::uint32_t ordinal,
                                                std::uint64_t offset, std::size_t wanted) override {
    const auto found = std::ranges::find(open_, number);
    if (found != open_.end()) {
      open_.erase(found);
    } else if (auto late = late_->find(number, ordinal, offset, wanted)) {
      return std::make_shared<const OpenBlock>(*std::move(late));
    } else {
      ++opened[number];
      late_->put_aside(blocks_[number]);
    }
    open_.push_front(number);
    if (open_.size() > 4) open_.pop_back();
    return block(number);
  }

  std::map<std::uint64_t, int> opened;

 private:
  const std::vector<OpenBlock>& blocks_;
  LateExtents* late_;
  std::deque<std::uint64_t> open_;
};

struct Written {
  Bytes recipe;
  Bytes bytes;
};

// Steps of one extent each; one that begins where the last one ended is written without its place.
Written write_recipe(const std::vector<OpenBlock>& blocks, const std::vector<Extent>& extents) {
  Written out;
  for (const Extent& extent : extents) {
    const OpenBlock& block = blocks[extent.place.block];
    const std::uint32_t begin = block.starts[extent.place.ordinal] + extent.offset;
    append(out.bytes, ByteView(block.bytes).subspan(begin, extent.bytes));
  }
  stream::RecipeWriter writer(out.recipe);
  writer.begin_stretch({out.bytes.size(), stream::digest_of(out.bytes, nullptr)});
  for (const Extent& extent : extents) {
    const std::uint32_t last = extent.offset + extent.bytes;
    writer.add_step({mail::Transform::kIdentity,
                     Kind::kPlain,
                     extent.bytes,
                     {},
                     std::span(&extent, 1),
                     extent.place,
                     last});
  }
  return out;
}

class LateExtentsTest : public testing::Test {
 protected:
  static constexpr std::size_t kBlocks = 40;
  static constexpr std::size_t kChunks = 30;

  void SetUp() override {
    for (std::size_t i = 0; i < kBlocks; ++i) blocks_.push_back(block_of(i, kChunks));
  }

  Extent some_extent(std::uint64_t number) {
    const OpenBlock& block = blocks_[number];
    const auto ordinal = static_cast<std::uint32_t>(random_() % kChunks);
    const std::uint32_t chunk_bytes = block.starts[ordinal + 1] - block.starts[ordinal];
    const auto offset = static_cast<std::uint32_t>(random_() % chunk_bytes);
    const std::uint32_t rest = block.starts.back() - block.starts[ordinal] - offset;
    return {{number, ordinal}, offset, 1 + static_cast<std::uint32_t>(random_() % rest)};
  }

  // What a first mailbox has in order, and others again in any; two extents of a block together.
  std::vector<Written> recipes() {
    std::vector<Written> all;
    for (std::uint64_t number = 0; number < kBlocks; ++number) {
      for (int i = 0; i < 5; ++i) {
        all.push_back(write_recipe(blocks_, {some_extent(number), some_extent(number)}));
        if (number < 8 || random_() % 2 == 0) continue;
        const std::uint64_t old = random_() % (number - 6);
        const std::uint32_t half = blocks_[old].starts[1] / 2;
        const std::uint32_t rest = blocks_[old].starts[1] - half;
        all.push_back(
            write_recipe(blocks_, {some_extent(old), {{old, 0}, 0, half}, {{old, 0}, half, rest}}));
      }
    }
    return all;
  }

  void expect_rebuilt(FewOpenBlocks& open, const std::vector<Written>& all) {
    stream::Rebuilder rebuilder(open, nullptr);
    for (const Written& written : all) {
      Bytes out;
      const Status status = rebuilder.rebuild(written.recipe, [&](ByteView bytes) -> Status {
        append(out, bytes);
        return Ok{};
      });
      ASSERT_EQ(message_of(status), "");
      ASSERT_EQ(out, written.bytes);
    }
  }

  LateExtents late_in(const std::string& path, int flags) {
    return LateExtents(take(File::open(path, flags | O_RDWR, 0600)));
  }

  std::mt19937 random_{11};
  TemporaryFolder folder_;
  std::vector<OpenBlock> blocks_;
};

TEST_F(LateExtentsTest, EachBlockIsOpenedOnce) {
  const std::vector<Written> all = recipes();
  LateExtents late = late_in(folder_.path(), O_TMPFILE);
  for (const Written& written : all) ASSERT_EQ(message_of(late.foresee(written.recipe)), "");
  FewOpenBlocks open(blocks_, &late);
  expect_rebuilt(open, all);
  EXPECT_EQ(open.opened.size(), kBlocks);
  for (const auto& [number, times] : open.opened) EXPECT_EQ(times, 1) << number;
}

TEST_F(LateExtentsTest, AnotherOrderThanForeseenGivesTheSameBytes) {
  std::vector<Written> all = recipes();
  LateExtents late = late_in(folder_.path(), O_TMPFILE);
  for (const Written& written : all) ASSERT_EQ(message_of(late.foresee(written.recipe)), "");
  std::ranges::shuffle(all, random_);
  FewOpenBlocks open(blocks_, &late);
  expect_rebuilt(open, all);
}

TEST_F(LateExtentsTest, AFileThatTakesNothingCostsOnlyTime) {
  const std::vector<Written> all = recipes();
  LateExtents late = late_in("/dev/full", 0);
  for (const Written& written : all) ASSERT_EQ(message_of(late.foresee(written.recipe)), "");
  FewOpenBlocks open(blocks_, &late);
  expect_rebuilt(open, all);
  EXPECT_GT(std::ranges::max(open.opened | std::views::values), 1);
}

TEST_F(LateExtentsTest, WhatABlockDoesNotHaveIsNotFound) {
  LateExtents late = late_in(folder_.path(), O_TMPFILE);
  const Extent extent = {{0, 3}, 2, 4};
  const auto use = [&](const Extent& used) {
    ASSERT_EQ(message_of(late.foresee(write_recipe(blocks_, {used}).recipe)), "");
  };
  use(extent);
  for (std::uint64_t number = 1; number < 8; ++number) use({{number, 0}, 0, 1});
  use(extent);
  // The same block as the recipe knew it, but shorter than that.
  late.put_aside(block_of(0, 2));
  EXPECT_FALSE(late.find(0, 3, 2, 4));
  EXPECT_FALSE(late.find(0, 0, 0, 1));
  EXPECT_FALSE(late.find(1, 0, 0, 1));
  EXPECT_FALSE(late.find(99, 0, 0, 1));
  EXPECT_EQ(late.foresee(as_bytes("\xff\xff\xff")).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace letterpress::vault
