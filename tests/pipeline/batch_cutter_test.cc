// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_cutter.h"

#include <gmock/gmock.h>

#include <deque>
#include <map>

#include "hashing/blake3.h"
#include "mail/rebuild.h"
#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

const HashKey kIdKey = made_key(1);
const HashKey kDigestKey = made_key(101);
const HashKeys kKeys{&kIdKey, &kDigestKey};

// All batches of the events, cut.
std::deque<Batch> cut_batches(const std::vector<Given>& events,
                              const chunking::CutParams& cuts = {}) {
  MemorySource source(events);
  Batcher batcher(source, cuts, &kDigestKey);
  BatchCutter cutter(cuts, kKeys);
  std::deque<Batch> batches;
  while (true) {
    Batch& batch = batches.emplace_back();
    const Result<bool> more = batcher.next(batch);
    EXPECT_TRUE(more);
    if (!more || !*more) {
      batches.pop_back();
      return batches;
    }
    cutter.cut(batch);
  }
}

Bytes stored_of(const Batch& batch, const CutStep& step) {
  Bytes stored;
  for (std::uint32_t i = 0; i < step.chunk_count; ++i) {
    const ByteView chunk = batch.bytes_of(batch.chunks[step.first_chunk + i]);
    append(stored, step.is_joined ? chunk.subspan(step.joined_offset, step.stored_bytes) : chunk);
  }
  return stored;
}

// The property: what a batch's steps say makes its bytes again, and names are what they should be.
void expect_covers(const Batch& batch) {
  for (const BatchItem& item : batch.items) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < item.stretch_count; ++i) {
      const CutStretch& stretch = batch.stretches[item.first_stretch + i];
      const ByteView raw = item.raw.subspan(stretch.raw_offset, stretch.raw_bytes);
      ASSERT_EQ(stretch.raw_offset, at);
      ASSERT_GT(stretch.raw_bytes, 0U);
      at += stretch.raw_bytes;
      EXPECT_EQ(stretch.digest, stream::digest_of(raw, &kDigestKey));
      UnsetBytes rebuilt;
      for (std::uint32_t j = 0; j < stretch.step_count; ++j) {
        const CutStep& step = batch.steps[stretch.first_step + j];
        const Bytes stored = stored_of(batch, step);
        ASSERT_EQ(stored.size(), step.stored_bytes);
        ASSERT_TRUE(mail::rebuild(
            step.transform,
            ByteView(batch.split.layouts).subspan(step.layout_offset, step.layout_bytes), stored,
            step.raw_bytes, rebuilt));
      }
      EXPECT_TRUE(std::ranges::equal(rebuilt, raw));
    }
    EXPECT_EQ(at, item.is_known ? 0 : item.raw.size());
  }
  ASSERT_EQ(batch.ids.size(), batch.chunks.size());
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    const ByteView bytes = batch.bytes_of(batch.chunks[i]);
    EXPECT_GT(bytes.size(), 0U);
    EXPECT_LE(bytes.size(), kChunkBytesMax);
    EXPECT_EQ(batch.ids[i], hashing::hash(bytes, kIdKey));
  }
}

// Bytes of chunks by their ids.
std::map<ChunkId, std::size_t> chunks_of(const std::deque<Batch>& batches) {
  std::map<ChunkId, std::size_t> chunks;
  for (const Batch& batch : batches) {
    for (std::size_t i = 0; i < batch.ids.size(); ++i) chunks[batch.ids[i]] = batch.chunks[i].bytes;
  }
  return chunks;
}

std::size_t new_bytes(const std::map<ChunkId, std::size_t>& before,
                      const std::map<ChunkId, std::size_t>& after) {
  std::size_t bytes = 0;
  for (const auto& [id, size] : after) bytes += before.contains(id) ? 0 : size;
  return bytes;
}

TEST(BatchCutter, PiecesOfEveryKindOfEntryCoverIt) {
  Random random(1);
  const auto batches = cut_batches({
      file("empty", ""),
      file("byte", "x"),
      file("mail", made_mail(random, {.attachment_bytes = 30000})),
      file("crlf", made_mail(random, {.attachment_bytes = 3000, .crlf = true})),
      file("mbox", made_mbox_mail(random, {}) + made_mbox_mail(random, {.text_bytes = 9000})),
      file("random", random_text(random, 200'000)),
      file("zeros", std::string(200'000, '\0')),
      file("large mail", made_mail(random, {.attachment_bytes = 5 * kMiB})),
      file("large zeros", std::string(5 * kMiB, '\0')),
  });
  ASSERT_GT(batches.size(), 4U);
  for (const Batch& batch : batches) expect_covers(batch);
}

TEST(BatchCutter, AnEmptyFileHasNoStretch) {
  const auto batches = cut_batches({file("empty", "")});
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].items[0].stretch_count, 0U);
  EXPECT_TRUE(batches[0].chunks.empty());
}

TEST(BatchCutter, SmallHeadersAndTextsShareChunks) {
  Random random(2);
  std::vector<Given> events;
  for (int i = 0; i < 200; ++i) {
    events.push_back(file(std::to_string(i), made_mail(random, {.text_bytes = 1000})));
  }
  const auto batches = cut_batches(events);
  ASSERT_EQ(batches.size(), 1U);
  expect_covers(batches[0]);
  // 200 KB of text and 90 KB of headers, in chunks of at least 8 KiB but for the last of each kind.
  EXPECT_LT(batches[0].chunks.size(), 40U);
}

// Mail of nothing but small attachments makes no index of small chunks.
TEST(BatchCutter, SmallAttachmentsShareChunks) {
  for (const std::size_t attachment_bytes : {57U, 300U, 511U, 512U, 1200U}) {
    std::string mbox;
    for (unsigned seed = 0; mbox.size() < 1'000'000; ++seed) {
      mbox +=
          "From a@b.example Mon Nov 23 14:21:00 2026\nContent-Type: image/png\n"
          "Content-Transfer-Encoding: base64\n\n" +
          test::base64_lines(test::random_bytes(attachment_bytes, seed)) + "\n";
    }
    std::size_t chunks = 0;
    std::size_t bytes = 0;
    for (const Batch& batch : cut_batches({file("mbox", mbox)})) {
      expect_covers(batch);
      chunks += batch.chunks.size();
      for (const CutChunk& chunk : batch.chunks) bytes += chunk.bytes;
    }
    // An index run has 16 bytes of id for each, and next to nothing else.
    EXPECT_LE(16 * chunks, bytes * 4 / 100) << attachment_bytes;
  }
}

TEST(BatchCutter, JoinedChunksFindTheirBordersAgainBehindAnInsertion) {
  Random random(3);
  std::vector<Given> events;
  for (int i = 0; i < 400; ++i) {
    events.push_back(file(std::to_string(1000 + i), made_mail(random, {.text_bytes = 1500})));
  }
  const auto before = cut_batches(events);
  events.insert(events.begin() + 5, file("1004b", made_mail(random, {.text_bytes = 1500})));
  const auto after = cut_batches(events);
  ASSERT_EQ(after.size(), 1U);
  // Of about 800 KB, the two chunks where the mail was inserted and what it takes to meet again.
  EXPECT_LT(new_bytes(chunks_of(before), chunks_of(after)), 160'000U);
  EXPECT_GT(new_bytes({}, chunks_of(after)), 700'000U);
}

TEST(BatchCutter, ShortMessagesShareAStretch) {
  std::string mbox;
  for (int i = 0; i < 500; ++i) {
    mbox +=
        "From a@b.example Mon Nov 23 14:21:00 2026\nSubject: " + std::to_string(i) + "\n\nx\n\n";
  }
  const auto batches = cut_batches({file("mbox", mbox)});
  ASSERT_EQ(batches.size(), 1U);
  expect_covers(batches[0]);
  for (std::size_t i = 0; i + 1 < batches[0].stretches.size(); ++i) {
    EXPECT_GE(batches[0].stretches[i].raw_bytes, 128U);
    EXPECT_LT(batches[0].stretches[i].raw_bytes, 256U);
  }
}

TEST(BatchCutter, AMessageOfManyPartsHasStretchesOfBoundedPieces) {
  std::string mail =
      "From: a@b.example\nTo: c@d.example\nSubject: parts\nDate: today\n"
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 2000; ++i) {
    mail += "--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
            test::base64_lines(test::random_bytes(100, static_cast<unsigned>(i)));
  }
  const auto batches = cut_batches({file("mail", mail + "--b--\n")});
  std::size_t stretches = 0;
  for (const Batch& batch : batches) {
    expect_covers(batch);
    stretches += batch.stretches.size();
    for (const CutStretch& stretch : batch.stretches) EXPECT_LE(stretch.piece_count, 512U);
  }
  EXPECT_GE(stretches, 4U);
}

// Whatever a sender does: a head of 20 bytes, 14 and a layout for a step, 17 for an extent.
TEST(BatchCutter, TheRecipeOfAnyStretchFitsIntoAChunk) {
  Random random(4);
  const std::string characters = test::plain_base64(test::random_bytes(2'000'000));
  std::string uneven;
  for (std::size_t at = 0; at < characters.size();) {
    const std::size_t length = random() % 75 + 1;
    uneven += characters.substr(at, length) + (random() % 3 == 0 ? " \n" : "\n");
    at += length;
  }
  const std::string mail =
      "From: a@b.example\nTo: c@d.example\nSubject: s\nDate: d\nMIME-Version: 1.0\n"
      "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
      uneven;
  std::string boundaries =
      "From: a@b.example\nSubject: s\nDate: d\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 60'000; ++i) boundaries += "--b\n\n" + std::string(random() % 9, 'x') + "\n";
  for (const std::string& bytes : {mail, boundaries, random_text(random, 4 * kMiB)}) {
    for (const Batch& batch : cut_batches({file("x", bytes)})) {
      expect_covers(batch);
      for (const CutStretch& stretch : batch.stretches) {
        std::size_t recipe_bytes = 20;
        for (std::uint32_t i = 0; i < stretch.step_count; ++i) {
          const CutStep& step = batch.steps[stretch.first_step + i];
          recipe_bytes += 14 + step.layout_bytes + step.chunk_count * std::size_t{17};
        }
        EXPECT_LE(recipe_bytes, kChunkBytesMax);
      }
    }
  }
}

// What a vault would remember of the only file among the events.
stream::KnownContent known_of(const Given& given) {
  RecordingSink sink(RecipeForm::kStored, &kDigestKey);
  index::ChunkIndex index;
  press_serially({given}, index, options_of(RecipeForm::kStored, kKeys), sink);
  EXPECT_EQ(sink.files.at(given.path), given.bytes);
  const stream::PressedEntry& last = sink.last_parts.at(given.path);
  return {last.content, given.bytes.size(), last.segments};
}

TEST(BatchCutter, AFileWithTheDigestsOfItsOldSegmentIsKnown) {
  Random random(5);
  for (const std::string& bytes :
       {std::string(), std::string("x"), made_mail(random, {}), random_text(random, 100'000),
        made_mbox_mail(random, {}) + made_mbox_mail(random, {}),
        made_mail(random, {.attachment_bytes = 100'000})}) {
    Given given = file("a", bytes);
    given.known = known_of(given);
    const auto batches = cut_batches({file("before", "other text"), given});
    ASSERT_EQ(batches.size(), 1U);
    EXPECT_TRUE(batches[0].items[1].is_known) << bytes.size();
    EXPECT_EQ(batches[0].chunks.size(), 1U);
    expect_covers(batches[0]);
  }
}

TEST(BatchCutter, AFileThatChangedIsNotKnown) {
  Random random(6);
  Given given = file("a", made_mail(random, {.text_bytes = 50'000}));
  given.known = known_of(given);
  const auto is_known = [](const Given& now) { return cut_batches({now})[0].items[0].is_known; };
  ASSERT_TRUE(is_known(given));
  for (const std::size_t at : {std::size_t{0}, given.bytes.size() / 2, given.bytes.size() - 1}) {
    Given changed = given;
    changed.bytes[at] ^= 1;
    EXPECT_FALSE(is_known(changed)) << at;
  }
  Given longer = given;
  longer.bytes += 'x';
  EXPECT_FALSE(is_known(longer));
  Given shorter = given;
  shorter.bytes.pop_back();
  EXPECT_FALSE(is_known(shorter));
}

TEST(BatchCutter, AKnownContentThatIsDamagedIsPassedOver) {
  Random random(7);
  Given given = file("a", made_mail(random, {}));
  const stream::KnownContent known = known_of(given);
  for (std::size_t length = 0; length < known.segments.size(); ++length) {
    given.known = known;
    given.known->segments.resize(length);
    EXPECT_FALSE(cut_batches({given})[0].items[0].is_known) << length;
  }
}

}  // namespace
}  // namespace letterpress::pipeline
