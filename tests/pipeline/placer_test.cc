// SPDX-License-Identifier: Apache-2.0
#include "pipeline/placer.h"

#include <gmock/gmock.h>

#include "hashing/blake3.h"
#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

PressTotals press_into(RecordingSink& sink, const std::vector<Given>& events,
                       const PressOptions& options = PressOptions()) {
  index::ChunkIndex index;
  return press_serially(events, index, options, sink);
}

std::uint64_t new_bytes_of(const PressTotals& totals) {
  std::uint64_t bytes = 0;
  for (const auto& kind : totals.kinds) bytes += kind.new_bytes;
  return bytes;
}

void expect_files(const RecordingSink& sink, const std::vector<Given>& events) {
  for (const Given& given : events) {
    if (given.what != Given::What::kFile) continue;
    ASSERT_TRUE(sink.files.contains(given.path)) << given.path;
    EXPECT_TRUE(sink.files.at(given.path) == given.bytes) << given.path;
  }
}

std::vector<Given> mixture(Random& random) {
  return {
      folder("m"),
      file("m/1", made_mail(random, {.attachment_bytes = 100'000})),
      file("m/2", ""),
      file("m/3", made_mbox_mail(random, {}) + made_mbox_mail(random, {.crlf = true})),
      file("m/4", random_text(random, 5 * kMiB)),
      file("m/5", made_mail(random, {.attachment_bytes = 6 * kMiB})),
      moved("m/1", "m/6"),
      file("m/7", std::string(3 * kMiB, '\0')),
  };
}

TEST(Placer, RecipesOfPiecesRebuild) {
  Random random(1);
  const auto events = mixture(random);
  RecordingSink sink;
  const PressTotals totals = press_into(sink, events);
  expect_files(sink, events);
  ASSERT_EQ(sink.moves.size(), 1U);
  EXPECT_EQ(sink.moves[0].to, "m/6");
  EXPECT_EQ(totals.entries, 7U);
  EXPECT_EQ(totals.files, 6U);
  EXPECT_EQ(totals.messages, 4U);
}

TEST(Placer, StoredRecipesRebuild) {
  Random random(2);
  const auto events = mixture(random);
  RecordingSink sink(RecipeForm::kStored);
  press_into(sink, events, options_of(RecipeForm::kStored));
  expect_files(sink, events);
  const auto depth_of = [&](const std::string& path) {
    return stream::decode_content_ref(sink.last_parts.at(path).content)->depth;
  };
  EXPECT_EQ(depth_of("m/2"), 0U);
  EXPECT_EQ(depth_of("m/1"), 0U);
  EXPECT_GE(depth_of("m/4"), 1U);
}

TEST(Placer, KeysAreThoseOfIdsAndDigests) {
  const HashKey ids = made_key(3);
  const HashKey digests = made_key(70);
  Random random(3);
  const auto events = mixture(random);
  RecordingSink sink(RecipeForm::kStored, &digests);
  press_into(sink, events, options_of(RecipeForm::kStored, {&ids, &digests}));
  expect_files(sink, events);
  codecs::BlockCodec codec;
  for (const auto& [number, block] : sink.stored) {
    const auto open = sink.blocks.block(number);
    ASSERT_TRUE(open);
    for (std::size_t i = 0; i < block.ids.size(); ++i) {
      EXPECT_EQ(block.ids[i], hashing::hash((*open)->chunk(i), ids));
    }
  }
}

TEST(Placer, WhatWasPlacedIsNotStoredAgain) {
  Random random(4);
  const std::string bytes = random_text(random, 3 * kMiB);
  const std::string small = random_text(random, 200'000);
  RecordingSink sink;
  const auto twice = {file("a", small), file("b", small), file("c", bytes), file("d", bytes)};
  const PressTotals totals = press_into(sink, twice);
  EXPECT_EQ(new_bytes_of(totals), bytes.size() + small.size());
  EXPECT_EQ(totals.raw_bytes, 2 * (bytes.size() + small.size()));
  expect_files(sink, twice);
}

TEST(Placer, TheIndexOfAnEarlierRunIsUsedAndExtended) {
  Random random(5);
  const auto events = mixture(random);
  index::ChunkIndex index;
  RecordingSink first;
  press_serially(events, index, PressOptions(), first);
  const std::uint64_t next = first.stored.rbegin()->first + 1;
  RecordingSink second;
  for (const auto& [number, block] : first.stored) {
    Bytes encoded;
    stream::encode_block(block, true, encoded);
    ASSERT_TRUE(second.blocks.add(encoded));
  }
  const PressTotals again = press_serially(events, index, with_groups({}, next), second);
  EXPECT_EQ(new_bytes_of(again), 0U);
  EXPECT_TRUE(second.stored.empty());
  expect_files(second, events);
}

TEST(Placer, BlockNumbersOfAGroupAreOneRange) {
  Random random(6);
  const auto events = mixture(random);
  RecordingSink sink;
  press_into(sink, events, with_groups({.new_bytes = 2 * kMiB}, 1000));
  ASSERT_GT(sink.block_numbers.size(), 3U);
  std::uint64_t next = 1000;
  for (std::vector<std::uint64_t> numbers : sink.block_numbers) {
    std::sort(numbers.begin(), numbers.end());
    for (const std::uint64_t number : numbers) EXPECT_EQ(number, next++);
  }
  expect_files(sink, events);
}

TEST(Placer, BlocksHoldChunksOfOneKindWithinTheirLimits) {
  Random random(7);
  RecordingSink sink;
  press_into(sink, {file("a", random_text(random, 9 * kMiB)), file("b", std::string(9 * kMiB, 'x')),
                    file("c", made_mail(random, {.attachment_bytes = 5 * kMiB}))});
  for (const auto& [number, block] : sink.stored) {
    std::size_t bytes = 0;
    for (const std::uint32_t length : block.lengths) bytes += length;
    EXPECT_LE(bytes, kBlockBytesMax);
    EXPECT_LE(block.lengths.size(), kBlockChunksMax);
  }
}

TEST(Placer, GroupsEndByNewBytes) {
  Random random(8);
  std::vector<Given> events;
  for (int i = 0; i < 12; ++i) {
    events.push_back(file(std::to_string(i), random_text(random, kMiB)));
  }
  RecordingSink sink;
  press_into(sink, events, with_groups({.new_bytes = 3 * kMiB}));
  EXPECT_THAT(sink.group_entries, ElementsAre(3, 3, 3, 3));
}

TEST(Placer, GroupsEndByOriginalBytesOfWhatIsStoredAlready) {
  std::vector<Given> events;
  for (int i = 0; i < 12; ++i) events.push_back(file(std::to_string(i), std::string(kMiB, 'x')));
  RecordingSink sink;
  press_into(sink, events, with_groups({.raw_bytes = 4 * kMiB}));
  EXPECT_THAT(sink.group_entries, ElementsAre(4, 4, 4));
}

TEST(Placer, GroupsEndByEntries) {
  std::vector<Given> events;
  for (int i = 0; i < 20'000; ++i) events.push_back(folder("f" + std::to_string(i)));
  RecordingSink sink;
  press_into(sink, events, with_groups({.entries = 5000}));
  ASSERT_GE(sink.group_entries.size(), 2U);
  for (std::size_t i = 0; i + 1 < sink.group_entries.size(); ++i) {
    EXPECT_GE(sink.group_entries[i], 5000U);
    EXPECT_LT(sink.group_entries[i], 5000U + 8192U);
  }
}

TEST(Placer, MessagesOfAnMboxCountAsEntriesOfAGroup) {
  Random random(9);
  std::string mbox;
  while (mbox.size() < 12 * kMiB) mbox += made_mbox_mail(random, {.text_bytes = 500});
  RecordingSink sink;
  press_into(sink, {file("mbox", mbox)}, with_groups({.entries = 1000}));
  EXPECT_GE(sink.group_entries.size(), 4U);
  EXPECT_TRUE(sink.files.at("mbox") == mbox);
}

TEST(Placer, NothingMakesNoGroup) {
  RecordingSink sink;
  const PressTotals totals = press_into(sink, {});
  EXPECT_TRUE(sink.calls.empty());
  EXPECT_EQ(totals.groups, 0U);
}

TEST(Placer, AnUnchangedFileKeepsItsContent) {
  Random random(10);
  Given given = file("a", made_mail(random, {}));
  RecordingSink first(RecipeForm::kStored);
  press_into(first, {given}, options_of(RecipeForm::kStored));
  const stream::PressedEntry& last = first.last_parts.at("a");
  given.known = {last.content, given.bytes.size(), last.segments};
  Given unread = given;
  unread.what = Given::What::kUnread;
  for (const Given& again : {given, unread}) {
    RecordingSink sink(RecipeForm::kStored);
    sink.rebuilds = false;
    std::vector<std::string> contents;
    const PressTotals totals = press_into(sink, {again}, options_of(RecipeForm::kStored));
    EXPECT_EQ(totals.files_unchanged, 1U);
    EXPECT_EQ(totals.raw_bytes, again.what == Given::What::kFile ? given.bytes.size() : 0U);
    EXPECT_EQ(totals.known_bytes, again.what == Given::What::kFile ? 0U : given.bytes.size());
    EXPECT_TRUE(sink.stored.empty());
    ASSERT_EQ(sink.calls.size(), 2U);
    EXPECT_TRUE(sink.calls[0].ends_with(as_text(given.known->content)));
  }
}

TEST(Placer, AnAbandonedFileSaysSoAndItsNeighboursRebuild) {
  Random random(11);
  const std::string bytes = random_text(random, 6 * kMiB);
  for (const RecipeForm form : {RecipeForm::kPieces, RecipeForm::kStored}) {
    RecordingSink sink(form);
    press_into(
        sink, {file("a", "x"), failing("b", bytes, 5 * kMiB), changing("c", "y"), file("d", bytes)},
        options_of(form));
    EXPECT_THAT(sink.abandoned, ElementsAre("b"));
    EXPECT_TRUE(sink.last_parts.at("c").is_unsettled);
    EXPECT_FALSE(sink.last_parts.at("d").is_unsettled || sink.last_parts.at("d").is_abandoned);
    EXPECT_TRUE(sink.files.at("d") == bytes);
    EXPECT_EQ(sink.files.at("c"), "y");
  }
}

}  // namespace
}  // namespace letterpress::pipeline
