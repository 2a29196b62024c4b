// SPDX-License-Identifier: Apache-2.0
// The property: what a run takes over from an earlier one is what it would have made.
#include "pipeline/known_check.h"

#include <gtest/gtest.h>

#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

const HashKey kKey = made_key(7);

// Presses one file into a vault's form, again and again, each time with what the last run left.
class KnownCheckTest : public ::testing::Test {
 protected:
  PressTotals press(const std::string& bytes) {
    Given given = file("a", bytes);
    given.known = known_;
    RecordingSink sink(RecipeForm::kStored, &kKey);
    std::uint64_t first_block = 0;
    for (const auto& [number, block] : stored_) {
      Bytes encoded;
      stream::encode_block(block, true, encoded);
      EXPECT_TRUE(sink.blocks.add(encoded));
      first_block = number + 1;
    }
    const PressTotals totals = press_serially(
        {given}, index_, options_of(RecipeForm::kStored, {&kKey, &kKey}, {}, first_block), sink);
    EXPECT_TRUE(sink.files.at("a") == bytes);
    new_blocks_ = sink.stored.size();
    for (auto& [number, block] : sink.stored) stored_.emplace(number, std::move(block));
    const stream::PressedEntry& last = sink.last_parts.at("a");
    known_ = stream::KnownContent{last.content, bytes.size(), last.segments};
    return totals;
  }

  // How many chunks of mail were made anew, or looked up.
  static std::uint64_t cut_chunks(const PressTotals& totals) {
    std::uint64_t chunks = 0;
    for (const PressTotals::OfKind& kind : totals.kinds) chunks += kind.chunks;
    return chunks - totals.kinds[static_cast<std::size_t>(Kind::kRecipe)].chunks;
  }

  Random random_{1};
  std::optional<stream::KnownContent> known_;
  std::size_t new_blocks_ = 0;

 private:
  index::ChunkIndex index_;
  std::map<std::uint64_t, stream::Block> stored_;
};

std::string made_mbox(Random& random, std::size_t bytes) {
  std::string mbox;
  while (mbox.size() < bytes) {
    mbox += made_mbox_mail(random, {.text_bytes = 5'000, .attachment_bytes = 20'000});
  }
  return mbox;
}

TEST_F(KnownCheckTest, WhatIsTheSameIsTakenOver) {
  for (const std::string& bytes :
       {std::string(), made_mail(random_, {}), made_mail(random_, {.attachment_bytes = kMiB}),
        made_mail(random_, {.attachment_bytes = 7 * kMiB}), made_mbox(random_, 100'000),
        made_mbox(random_, 9 * kMiB), random_text(random_, 5 * kMiB)}) {
    known_.reset();
    const PressTotals first = press(bytes);
    const stream::KnownContent before = *known_;
    EXPECT_EQ(first.files_unchanged, 0U);
    const PressTotals again = press(bytes);
    EXPECT_EQ(again.files_unchanged, 1U) << bytes.size();
    EXPECT_EQ(cut_chunks(again), 0U) << bytes.size();
    EXPECT_EQ(new_blocks_, 0U);
    EXPECT_EQ(again.messages, first.messages);
    EXPECT_EQ(again.base64_bytes, first.base64_bytes);
    EXPECT_EQ(again.raw_bytes, first.raw_bytes);
    EXPECT_EQ(known_->content, before.content);
    EXPECT_EQ(known_->segments, before.segments);
  }
}

TEST_F(KnownCheckTest, OfAnMboxThatGrewOnlyTheEndIsSplit) {
  std::string mbox = made_mbox(random_, 16 * kMiB);
  const PressTotals first = press(mbox);
  mbox += made_mbox_mail(random_, {.text_bytes = 3'000});
  const PressTotals grown = press(mbox);
  EXPECT_EQ(grown.files_unchanged, 0U);
  EXPECT_EQ(grown.messages, first.messages + 1);
  EXPECT_LT(cut_chunks(grown), cut_chunks(first) / 5);
  EXPECT_EQ(cut_chunks(press(mbox)), 0U);
  mbox.resize(mbox.size() / 2);
  EXPECT_LT(cut_chunks(press(mbox)), cut_chunks(first) / 5);
}

TEST_F(KnownCheckTest, OfAFileWithAChangeInItOnlyThatSegmentIsSplit) {
  std::string mbox = made_mbox(random_, 16 * kMiB);
  const PressTotals first = press(mbox);
  const std::size_t at = mbox.find("the", mbox.size() / 2);
  mbox.replace(at, 3, "she");
  const PressTotals changed = press(mbox);
  EXPECT_EQ(changed.files_unchanged, 0U);
  EXPECT_GT(cut_chunks(changed), 0U);
  EXPECT_LT(cut_chunks(changed), cut_chunks(first) / 4);
}

// The splitter's state is not known behind a segment that was passed over.
TEST_F(KnownCheckTest, AMailOfSeveralSegmentsThatChangedLateRebuilds) {
  std::string mail = made_mail(random_, {.attachment_bytes = 9 * kMiB});
  press(mail);
  const std::size_t at = mail.size() - kMiB;
  mail[at] = mail[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(press(mail).files_unchanged, 0U);
  mail.resize(kMiB);
  press(mail);
  EXPECT_EQ(press(mail).files_unchanged, 1U);
}

TEST_F(KnownCheckTest, AClaimThatIsDamagedIsPassedOver) {
  const std::string mail = made_mail(random_, {.attachment_bytes = 300'000});
  press(mail);
  const stream::KnownContent whole = *known_;
  for (std::size_t at = 0; at < whole.segments.size(); ++at) {
    known_ = whole;
    known_->segments[at] ^= 0x55;
    press(mail);  // rebuilds
    known_->segments.resize(at);
    EXPECT_EQ(press(mail).files_unchanged, 0U);
  }
}

}  // namespace
}  // namespace letterpress::pipeline
