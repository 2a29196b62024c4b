// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batcher.h"

#include <gmock/gmock.h>

#include <set>

#include "mail/tar_archive.h"
#include "pipeline/made_mail.h"
#include "pipeline/memory_source.h"

namespace letterpress::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct SeenItem {
  std::string path;
  std::string bytes;
  bool is_first = false;
  bool is_last = false;
  bool is_abandoned = false;
  bool is_unsettled = false;
  bool was_read = false;
  bool is_event = false;  // a problem or a move: `bytes` is its text

  friend bool operator==(const SeenItem&, const SeenItem&) = default;
};
using SeenBatch = std::vector<SeenItem>;

SeenItem seen_item(const BatchItem& item) {
  if (const auto* problem = std::get_if<stream::Problem>(&item.event)) {
    return {.path = problem->path, .bytes = problem->message, .is_event = true};
  }
  if (const auto* move = std::get_if<stream::Moved>(&item.event)) {
    return {.path = move->from, .bytes = move->to, .is_event = true};
  }
  return {std::get<stream::SourceEntry>(item.event).entry.path,
          std::string(as_text(item.raw)),
          item.is_first,
          item.is_last,
          item.is_abandoned,
          item.is_unsettled,
          item.was_read,
          false};
}

std::vector<SeenBatch> batches_of(const std::vector<Given>& events, bool lends = false) {
  MemorySource source(events);
  source.lends = lends;
  Batcher batcher(source, chunking::CutParams{}, nullptr);
  std::vector<SeenBatch> batches;
  Batch batch;
  while (true) {
    batch.clear();
    const Result<bool> more = batcher.next(batch);
    EXPECT_TRUE(more);
    if (!more || !*more) return batches;
    SeenBatch& seen = batches.emplace_back();
    std::size_t raw_bytes = 0;
    for (const BatchItem& item : batch.items) {
      raw_bytes += item.raw.size();
      seen.push_back(seen_item(item));
    }
    EXPECT_EQ(raw_bytes, batch.raw_used);
    EXPECT_LE(raw_bytes, kBatchBytesMax);
    EXPECT_FALSE(batch.items.empty());
  }
}

std::size_t bytes_of(const SeenBatch& batch) {
  std::size_t bytes = 0;
  for (const SeenItem& item : batch) bytes += item.is_event ? 0 : item.bytes.size();
  return bytes;
}

// The parts of the only file, whose flags are checked.
std::vector<std::string> parts_of(const std::string& bytes) {
  std::vector<std::string> parts;
  std::string whole;
  const auto batches = batches_of({file("large", bytes)});
  for (std::size_t i = 0; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].size(), 1U);
    const SeenItem& item = batches[i].front();
    EXPECT_EQ(item.is_first, i == 0);
    EXPECT_EQ(item.is_last, i + 1 == batches.size());
    EXPECT_FALSE(item.is_abandoned || item.is_unsettled);
    parts.push_back(item.bytes);
    whole += item.bytes;
  }
  EXPECT_TRUE(whole == bytes);
  return parts;
}

// The first path of every batch but the first.
std::set<std::string> borders_of(const std::vector<Given>& events) {
  std::set<std::string> borders;
  for (const SeenBatch& batch : batches_of(events)) borders.insert(batch.front().path);
  borders.erase(events.front().path);
  return borders;
}

std::vector<Given> small_mails(std::size_t count, std::size_t bytes, const std::string& suffix) {
  Random random(7);
  std::vector<Given> mails;
  for (std::size_t i = 0; i < count; ++i) {
    mails.push_back(file("m/cur/" + std::to_string(100000 + i) + suffix, words(random, bytes)));
  }
  return mails;
}

TEST(Batcher, SmallEntriesShareABatchInTheirOrder) {
  const auto batches = batches_of(
      {folder("a"), file("a/1", "one"), moved("x", "y"), file("a/2", ""), file("a/3", "three")});
  ASSERT_EQ(batches.size(), 1U);
  const SeenBatch& batch = batches.front();
  ASSERT_EQ(batch.size(), 5U);
  EXPECT_EQ(batch[0].path, "a");
  EXPECT_FALSE(batch[0].was_read);
  EXPECT_EQ(batch[1].bytes, "one");
  EXPECT_TRUE(batch[2].is_event);
  EXPECT_EQ(batch[3].bytes, "");
  EXPECT_EQ(batch[4].bytes, "three");
  for (const std::size_t i : {1U, 3U, 4U}) {
    EXPECT_TRUE(batch[i].is_first && batch[i].is_last && batch[i].was_read) << i;
  }
}

TEST(Batcher, NothingMakesNoBatch) { EXPECT_THAT(batches_of({}), IsEmpty()); }

TEST(Batcher, BatchesOfSmallEntriesHaveOneToFourMebibytes) {
  const auto batches = batches_of(small_mails(3000, 4000, ""));
  ASSERT_GT(batches.size(), 5U);
  for (std::size_t i = 0; i + 1 < batches.size(); ++i) EXPECT_GE(bytes_of(batches[i]), kMiB);
}

TEST(Batcher, EntriesWithoutBytesMakeBatchesToo) {
  std::vector<Given> events;
  for (int i = 0; i < 30000; ++i) events.push_back(folder("f" + std::to_string(i)));
  const auto batches = batches_of(events);
  EXPECT_GT(batches.size(), 3U);
  for (const SeenBatch& batch : batches) EXPECT_LE(batch.size(), 8192U);
}

TEST(Batcher, AMailThatComesOrGoesMovesFewBorders) {
  std::vector<Given> mails = small_mails(3000, 4000, "");
  const std::set<std::string> before = borders_of(mails);
  ASSERT_GT(before.size(), 7U);
  mails.erase(mails.begin() + 20);
  mails.insert(mails.begin() + 50, file("m/cur/100049b", "a new mail\n"));
  std::size_t moved_count = 0;
  for (const std::string& border : borders_of(mails))
    moved_count += before.count(border) > 0 ? 0U : 1U;
  EXPECT_LE(moved_count, 2U);
}

TEST(Batcher, AFlagChangeMovesNoBorder) {
  std::set<std::string> stems[2];
  for (const std::size_t i : {0U, 1U}) {
    for (std::string border : borders_of(small_mails(1500, 4000, i == 0 ? ":2,S" : ":2,FRS"))) {
      stems[i].insert(border.substr(0, border.rfind(':')));
    }
  }
  EXPECT_GT(stems[0].size(), 2U);
  EXPECT_EQ(stems[0], stems[1]);
}

TEST(Batcher, WhatTheFileSystemSaysOfASizeDecidesNothing) {
  Given large = file("b", std::string(kSmallEntryBytesMax + 5, 'x'));
  Given small = file("a", "y");
  small.size_hint = std::uint64_t{1} << 40;
  const auto batches = batches_of({small, large});
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].front().bytes, "y");
  EXPECT_EQ(batches[1].front().bytes, large.bytes);
}

TEST(Batcher, AnEntryOfTheLimitIsSmallAndALongerOneIsAlone) {
  for (const std::size_t size : {kSmallEntryBytesMax - 1, kSmallEntryBytesMax}) {
    const auto batches =
        batches_of({file("a", "x"), file("b", std::string(size, 'y')), file("c", "z")});
    ASSERT_EQ(batches.size(), 1U) << size;
    EXPECT_EQ(batches[0][1].bytes.size(), size);
  }
  const auto batches = batches_of(
      {file("a", "x"), file("b", std::string(kSmallEntryBytesMax + 1, 'y')), file("c", "z")});
  ASSERT_EQ(batches.size(), 3U);
  ASSERT_EQ(batches[1].size(), 1U);
  EXPECT_EQ(batches[1][0].bytes.size(), kSmallEntryBytesMax + 1);
}

TEST(Batcher, SegmentsOfPlainDataEndAtCutPoints) {
  Random random(3);
  const std::string bytes = random_text(random, 2 * kBatchBytesMax + 1);
  for (const std::size_t size :
       {kSegmentBytesTarget - 1, kSegmentBytesTarget, kSegmentBytesTarget + 1, kBatchBytesMax - 1,
        kBatchBytesMax, kBatchBytesMax + 1, 2 * kBatchBytesMax + 1}) {
    const auto parts = parts_of(bytes.substr(0, size));
    if (size <= kSegmentBytesTarget) {
      EXPECT_EQ(parts.size(), 1U);
    } else if (size > kSegmentBytesTarget + kChunkBytesMax) {
      EXPECT_GT(parts.size(), 1U);
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      EXPECT_GT(parts[i].size(), kSegmentBytesTarget) << size;
      const ByteView tail = as_bytes(bytes).subspan(at + kSegmentBytesTarget);
      EXPECT_EQ(parts[i].size() - kSegmentBytesTarget,
                chunking::next_cut(tail.data(), tail.size(), chunking::CutParams{}));
      at += parts[i].size();
    }
  }
}

TEST(Batcher, SegmentsOfAnMboxBeginAtMessages) {
  Random random(5);
  std::string mbox;
  while (mbox.size() < 9 * kMiB) mbox += made_mbox_mail(random, {.attachment_bytes = 60'000});
  const auto parts = parts_of(mbox);
  EXPECT_THAT(parts.size(), ::testing::AllOf(::testing::Ge(4U), ::testing::Le(5U)));
  for (const std::string& part : parts) {
    EXPECT_THAT(part.substr(0, 60), StartsWith("From anna@example.org Mon Nov 23"));
  }
}

TEST(Batcher, SegmentsOfALongMessageEndAtLines) {
  Random random(6);
  const auto parts = parts_of(made_mail(random, {.attachment_bytes = 4 * kMiB}));
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_TRUE(parts[0].ends_with('\n') && parts[1].ends_with('\n'));
}

// The way of the bytes decides nothing: what is in memory already is used where it is.
TEST(Batcher, WhatIsLentMakesTheSameBatches) {
  Random random(8);
  std::string mbox;
  while (mbox.size() < 5 * kMiB) mbox += made_mbox_mail(random, {.attachment_bytes = 60'000});
  std::vector<Given> events = small_mails(700, 4000, "");
  const auto add = [&](std::string bytes) {
    events.push_back(file("n" + std::to_string(events.size()), std::move(bytes)));
  };
  for (const std::size_t size : {kSmallEntryBytesMax, kSmallEntryBytesMax + 1, kSegmentBytesTarget,
                                 kSegmentBytesTarget + kChunkBytesMax + 1, kBatchBytesMax,
                                 kBatchBytesMax + 1, 2 * kBatchBytesMax + 1}) {
    add(random_text(random, size));
    add("between");
  }
  add(mbox);
  add(made_mail(random, {.attachment_bytes = 5 * kMiB}));
  add("From: a@b.example\nTo: c@d.example\nSubject: x\n\n" + std::string(9 * kMiB, 'x'));
  events.push_back(changing("o", "what was rewritten meanwhile"));
  const auto read = batches_of(events);
  EXPECT_GT(read.size(), 15U);
  EXPECT_TRUE(batches_of(events, true) == read);
}

TEST(Batcher, AFileWithoutALineFeedHasSegmentsAllTheSame) {
  std::string header = "From: a@b.example\nTo: c@d.example\nSubject: x\nDate: y\n\n";
  const auto parts = parts_of(header + std::string(9 * kMiB, 'x'));
  EXPECT_EQ(parts.size(), 3U);
}

// What of each segment was split when it was read, because it goes on in the middle of a message.
std::size_t base64_bytes_of(const std::string& bytes) {
  const std::vector<Given> events = {file("large", bytes)};
  MemorySource source(events);
  Batcher batcher(source, chunking::CutParams{}, nullptr);
  Batch batch;
  std::size_t base64 = 0;
  while (true) {
    batch.clear();
    const Result<bool> more = batcher.next(batch);
    EXPECT_TRUE(more);
    if (!more || !*more) return base64;
    mail::SplitSegment split;
    const ByteView raw = ByteView(batch.raw).first(batch.raw_used);
    if (!batch.is_split) {
      mail::Splitter(mail::recognise(raw.first(std::min(raw.size(), mail::kRecogniseBytes))))
          .split(raw, split);
    }
    for (const mail::Piece& piece : batch.is_split ? batch.split.pieces : split.pieces) {
      if (piece.transform == mail::Transform::kBase64) base64 += piece.raw_bytes;
    }
  }
}

TEST(Batcher, AMessageThatSpansSegmentsIsDecodedInAllOfThem) {
  constexpr std::size_t kAttachmentBytes = 7 * kMiB;
  Random random(8);
  const std::string mail = made_mail(random, {.attachment_bytes = kAttachmentBytes});
  const std::size_t encoded = kAttachmentBytes / 57 * 77;
  EXPECT_GT(base64_bytes_of(mail), encoded / 100 * 99);
  std::string mbox =
      made_mbox_mail(random, {}) + "From anna@example.org Mon Nov 23 14:21:00 2026\n" + mail + "\n";
  EXPECT_GT(base64_bytes_of(mbox), encoded / 100 * 99);
  while (mbox.size() < 20 * kMiB) mbox += made_mbox_mail(random, {.text_bytes = 30000});
  EXPECT_GT(base64_bytes_of(mbox), encoded / 100 * 99);
}

TEST(Batcher, AfterALongMessageSegmentsBeginAtMessagesAgain) {
  Random random(9);
  std::string mbox = made_mbox_mail(random, {.attachment_bytes = 7 * kMiB});
  const std::size_t long_bytes = mbox.size();
  while (mbox.size() < 24 * kMiB) mbox += made_mbox_mail(random, {.text_bytes = 30000});
  std::size_t at = 0;
  std::size_t begun = 0;
  for (const std::string& part : parts_of(mbox)) {
    if (at > long_bytes) {
      EXPECT_THAT(part.substr(0, 20), StartsWith("From anna@")) << at;
      ++begun;
    }
    at += part.size();
  }
  EXPECT_GT(begun, 4U);
}

TEST(Batcher, AFileThatCannotBeReadIsAProblemAndNoEntry) {
  const auto batches = batches_of({file("a", "x"), failing("b", "hello", 3), file("c", "z")});
  ASSERT_EQ(batches.size(), 1U);
  ASSERT_EQ(batches[0].size(), 3U);
  EXPECT_TRUE(batches[0][1].is_event);
  EXPECT_EQ(batches[0][1].path, "b");
  EXPECT_THAT(batches[0][1].bytes, HasSubstr("the disk broke"));
  EXPECT_EQ(batches[0][2].bytes, "z");
}

TEST(Batcher, ALargeFileThatCannotBeReadToItsEndIsAbandoned) {
  Random random(11);
  const std::string bytes = random_text(random, 9 * kMiB);
  for (const std::size_t fails_at : {kSmallEntryBytesMax + 2, kMiB, 5 * kMiB + 17}) {
    std::string read;
    std::size_t abandoned = 0;
    std::size_t problems = 0;
    for (const SeenBatch& batch : batches_of({failing("b", bytes, fails_at), file("c", "z")})) {
      for (const SeenItem& item : batch) {
        problems += item.is_event ? 1 : 0;
        if (item.path != "b" || item.is_event) continue;
        read += item.bytes;
        EXPECT_EQ(item.is_last, item.is_abandoned);
        abandoned += item.is_abandoned ? 1 : 0;
      }
    }
    EXPECT_TRUE(bytes.starts_with(read));
    EXPECT_LT(read.size(), fails_at);
    EXPECT_EQ(abandoned, 1U);
    EXPECT_EQ(problems, 1U);
  }
}

TEST(Batcher, AFileThatChangedWhileItWasReadIsKeptAndReported) {
  for (const std::size_t size : {std::size_t{5}, 3 * kMiB}) {
    const auto batches = batches_of({changing("b", std::string(size, 'x'))});
    std::size_t bytes = 0;
    std::size_t problems = 0;
    for (const SeenBatch& batch : batches) {
      for (const SeenItem& item : batch) {
        if (item.is_event) {
          ++problems;
          EXPECT_THAT(item.bytes, HasSubstr("changed while it was read"));
          continue;
        }
        bytes += item.bytes.size();
        EXPECT_EQ(item.is_unsettled, item.is_last);
        EXPECT_FALSE(item.is_abandoned);
      }
    }
    EXPECT_EQ(bytes, size);
    EXPECT_EQ(problems, 1U);
  }
}

TEST(Batcher, AnErrorOfTheSourceIsPassedOn) {
  const std::vector<Given> events = {file("a", "x")};
  MemorySource source(events);
  source.fails_at_event = 1;
  Batcher batcher(source, chunking::CutParams{}, nullptr);
  Batch batch;
  const Result<bool> more = batcher.next(batch);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message(), "the source broke");
}

// A member that is larger than a segment ends where its mail has a border.
TEST(Batcher, EndsASegmentOfATarAtAMember) {
  Random random(3);
  std::string archive;
  for (std::size_t i = 0; i < 700; ++i) {
    archive += test::tar_member({"m/" + std::to_string(i), words(random, 4000 + i * 7 % 3000)});
  }
  const std::string start = "From a@example.com Mon May  5 01:02:03 2003\nFrom: a\nTo: b\n\n";
  std::string mbox;
  while (mbox.size() < 2 * kBatchBytesMax) mbox += start + words(random, 9000) + "\n\n";
  archive += test::tar_member({"large", mbox}) + test::tar_member({"last", "x"}) + test::tar_end();
  std::size_t at_members = 0;
  std::size_t at_mail = 0;
  const std::vector<std::string> parts = parts_of(archive);
  for (const std::string& part : parts) {
    if (mail::read_tar_header(as_bytes(part))) ++at_members;
    if (part.starts_with(start)) ++at_mail;
  }
  EXPECT_EQ(at_members + at_mail, parts.size());
  EXPECT_GE(at_members, 2U);
  EXPECT_GE(at_mail, 3U);
}

}  // namespace
}  // namespace letterpress::pipeline
