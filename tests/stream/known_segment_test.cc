// SPDX-License-Identifier: Apache-2.0
#include "stream/known_segment.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "stream/rebuilder.h"

namespace letterpress::stream {
namespace {

KnownSegment segment_of(std::vector<std::uint32_t> stretch_bytes, std::uint8_t digest,
                        std::size_t recipes = 1) {
  KnownSegment segment;
  segment.stretch_bytes = std::move(stretch_bytes);
  segment.digest.fill(digest);
  segment.base64_bytes = digest * std::uint64_t{1000};
  segment.messages = digest;
  for (std::uint32_t i = 0; i < recipes; ++i) {
    const auto ordinal = static_cast<std::uint32_t>(kBlockChunksMax - 1 - i);
    segment.recipes.push_back({{kBlockNumberMax - i, ordinal}, 5 + i});
  }
  return segment;
}

Bytes encoded(const KnownSegment& segment) {
  Bytes bytes;
  append_known_segment(bytes, segment);
  return bytes;
}

TEST(KnownSegment, ComesBackAndNoPartOfItDoes) {
  const KnownSegment segment = segment_of({1, 70'000, kSegmentBytesMax}, 9, 3);
  const Bytes bytes = encoded(segment);
  KnownSegment back = segment_of({4, 4, 4, 4}, 1, 9);  // what its buffers held before is gone
  ByteCursor cursor(bytes);
  ASSERT_TRUE(read_known_segment(cursor, back));
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(encoded(back), bytes);
  EXPECT_EQ(back.stretch_bytes, segment.stretch_bytes);
  EXPECT_EQ(back.recipes.size(), 3U);
  EXPECT_EQ(raw_bytes_of(back), 70'001U + kSegmentBytesMax);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ByteCursor cut(ByteView(bytes).first(length));
    EXPECT_FALSE(read_known_segment(cut, back)) << length;
  }
}

TEST(KnownSegment, RefusesWhatIsOutOfRange) {
  KnownSegment back;
  Bytes counts;
  for (int i = 0; i < 9; ++i) counts.push_back(0xff);  // 2^63 - 1 stretches
  counts.push_back(0);
  ByteCursor cursor(counts);
  EXPECT_FALSE(read_known_segment(cursor, back));
  const Bytes large = encoded(segment_of({kSegmentBytesMax + 1}, 1));
  ByteCursor large_cursor(large);
  EXPECT_FALSE(read_known_segment(large_cursor, back));
}

TEST(KnownSegment, TheDigestOfOneStretchIsItsOwn) {
  const std::vector<Digest> digests = {Digest{1}, Digest{2}};
  const HashKey key{};
  EXPECT_EQ(segment_digest(std::span(digests).first(0), &key), Digest{});
  EXPECT_EQ(segment_digest(std::span(digests).first(1), &key), Digest{1});
  Bytes both(32);
  both[0] = 1;
  both[16] = 2;
  EXPECT_EQ(segment_digest(digests, &key), digest_of(both, &key));
  EXPECT_EQ(segment_digest(digests, nullptr), digest_of(both, nullptr));
}

TEST(KnownSegments, AreFoundByPlaceAndLength) {
  const KnownSegment first = segment_of({10, 20}, 1);
  const KnownSegment second = segment_of({5}, 2);
  const KnownSegment third = segment_of({7}, 3);
  Bytes all = encoded(first);
  append_known_segment(all, second);
  append_known_segment(all, third);
  const auto is_found = [](ByteView found, const KnownSegment& segment) {
    return std::ranges::equal(found, encoded(segment));
  };
  KnownSegments known{Bytes(all)};
  EXPECT_TRUE(is_found(known.find(0, 30, false), first));
  EXPECT_TRUE(is_found(known.find(30, 5, false), second));
  EXPECT_TRUE(is_found(known.find(35, 7, true), third));
  EXPECT_TRUE(known.find(42, 1, false).empty());

  KnownSegments moved{Bytes(all)};  // the first has grown, the third is where it was
  EXPECT_TRUE(moved.find(0, 31, false).empty());
  EXPECT_TRUE(moved.find(31, 4, false).empty());
  EXPECT_TRUE(is_found(moved.find(35, 7, false), third));

  KnownSegments cut{Bytes(all.begin(), all.end() - 1)};
  EXPECT_TRUE(is_found(cut.find(0, 30, false), first));
  EXPECT_TRUE(cut.find(35, 7, false).empty());
}

TEST(KnownSegments, OneWithoutRecipesIsAWholeFile) {
  const KnownSegment only = segment_of({30}, 1, 0);
  EXPECT_TRUE(KnownSegments(encoded(only)).find(0, 30, false).empty());
  EXPECT_FALSE(KnownSegments(encoded(only)).find(0, 30, true).empty());
  EXPECT_TRUE(KnownSegments(Bytes()).find(0, 0, true).empty());
}

}  // namespace
}  // namespace letterpress::stream
