// SPDX-License-Identifier: Apache-2.0
// The property: what was compressed comes back, and nothing else is taken for it.
#include "codecs/codec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "base/limits.h"

namespace letterpress::codecs {
namespace {

Bytes random_bytes(std::size_t count) {
  std::mt19937 random(1);
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes text_of(std::size_t count) {
  std::string text;
  for (int i = 0; text.size() < count; ++i) text += "This is line " + std::to_string(i) + ".\n";
  text.resize(count);
  const ByteView bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

TEST(BlockCodec, ComesBackOfEveryKindAtEveryLevel) {
  const Bytes raw = text_of(100000);
  for (int level = kLevelMin; level <= kLevelMax; ++level) {
    BlockCodec codec(level);
    for (std::size_t i = 0; i < kKindCount; ++i) {
      const auto kind = static_cast<Kind>(i);
      Bytes stored;
      Bytes back;
      ASSERT_EQ(codec.compress(kind, raw, stored), Codec::kZstd);
      EXPECT_LT(stored.size(), raw.size() / 2);
      ASSERT_TRUE(codec.decompress(Codec::kZstd, stored, raw.size(), back));
      EXPECT_EQ(back, raw) << kind_name(kind) << " at level " << level;
    }
  }
}

// 3 MiB lie between the two copies: more than zstd looks back by itself at the default level.
TEST(BlockCodec, FindsRepeatsAnywhereInABlock) {
  Bytes raw = random_bytes(512 * kKiB);
  Bytes copy = raw;
  raw.resize(3 * kMiB + 512 * kKiB);
  append(raw, copy);
  for (std::size_t i = 0; i < kKindCount; ++i) {
    Bytes stored;
    ASSERT_EQ(BlockCodec().compress(static_cast<Kind>(i), raw, stored), Codec::kZstd);
    EXPECT_LT(stored.size(), 640 * kKiB) << kind_name(static_cast<Kind>(i));
  }
}

TEST(BlockCodec, LevelsAreBroughtIntoTheirRange) {
  const Bytes raw = text_of(10000);
  Bytes stored;
  Bytes expected;
  BlockCodec(kLevelMax).compress(Kind::kText, raw, expected);
  BlockCodec(kLevelMax + 100).compress(Kind::kText, raw, stored);
  EXPECT_EQ(stored, expected);
  BlockCodec(kLevelMin).compress(Kind::kText, raw, expected);
  BlockCodec(kLevelMin - 100).compress(Kind::kText, raw, stored);
  EXPECT_EQ(stored, expected);
}

TEST(BlockCodec, OutputDependsOnKindBytesAndLevelOnly) {
  const Bytes raw = text_of(50000);
  BlockCodec used;
  Bytes stored;
  used.compress(Kind::kText, random_bytes(70000), stored);
  used.compress(Kind::kAttachment, text_of(70000), stored);
  used.compress(Kind::kText, raw, stored);
  Bytes fresh;
  BlockCodec().compress(Kind::kText, raw, fresh);
  EXPECT_EQ(stored, fresh);
}

TEST(BlockCodec, StoresRawWhatWouldNotBecomeSmaller) {
  BlockCodec codec;
  for (const std::size_t count : std::vector<std::size_t>{0, 1, 10, 100, 100000}) {
    const Bytes raw = random_bytes(count);
    Bytes stored = {1, 2, 3};
    EXPECT_EQ(codec.compress(Kind::kText, raw, stored), Codec::kRaw) << count;
    EXPECT_EQ(stored, raw);
    Bytes back = {4, 5};
    ASSERT_TRUE(codec.decompress(Codec::kRaw, stored, count, back));
    EXPECT_EQ(back, raw);
  }
}

TEST(BlockCodec, RefusesAnotherLength) {
  BlockCodec codec;
  const Bytes raw = text_of(5000);
  Bytes stored;
  Bytes back;
  codec.compress(Kind::kText, raw, stored);
  for (const std::size_t wrong : {std::size_t{0}, raw.size() - 1, raw.size() + 1}) {
    const Status zstd = codec.decompress(Codec::kZstd, stored, wrong, back);
    ASSERT_FALSE(zstd) << wrong;
    EXPECT_LE(back.size(), wrong);
    EXPECT_FALSE(codec.decompress(Codec::kRaw, raw, wrong, back)) << wrong;
  }
}

TEST(BlockCodec, RefusesTwoFrames) {
  BlockCodec codec;
  const Bytes raw(1000, 7);
  Bytes frame;
  ASSERT_EQ(codec.compress(Kind::kText, raw, frame), Codec::kZstd);
  Bytes two = frame;
  append(two, frame);
  Bytes out;
  EXPECT_EQ(codec.decompress(Codec::kZstd, two, 2000, out).error().code(), ErrorCode::kCorrupt);
  frame.push_back(0);
  EXPECT_EQ(codec.decompress(Codec::kZstd, frame, 1000, out).error().code(), ErrorCode::kCorrupt);
}

TEST(BlockCodec, RefusesEachTruncation) {
  BlockCodec codec;
  const Bytes raw = text_of(3000);
  Bytes stored;
  Bytes back;
  ASSERT_EQ(codec.compress(Kind::kText, raw, stored), Codec::kZstd);
  for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) {
    EXPECT_FALSE(codec.decompress(Codec::kZstd, ByteView(stored).first(bytes), raw.size(), back));
  }
}

TEST(BlockCodec, FlippedBitsAreAnErrorOrAsManyBytes) {
  BlockCodec codec;
  const Bytes raw = text_of(3000);
  Bytes stored;
  Bytes back;
  codec.compress(Kind::kText, raw, stored);
  for (std::size_t bit = 0; bit < 8 * stored.size(); ++bit) {
    Bytes flipped = stored;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    if (codec.decompress(Codec::kZstd, flipped, raw.size(), back)) {
      EXPECT_EQ(back.size(), raw.size());
    }
  }
  // Damage leaves nothing behind.
  ASSERT_TRUE(codec.decompress(Codec::kZstd, stored, raw.size(), back));
  EXPECT_EQ(back, raw);
}

TEST(BlockCodec, RefusesOtherCodecs) {
  Bytes back;
  const Status status = BlockCodec().decompress(static_cast<Codec>(2), {}, 0, back);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kUnsupported);
}

TEST(BlockCodec, MovesWithItsContexts) {
  BlockCodec codec(1);
  BlockCodec moved = std::move(codec);
  Bytes stored;
  EXPECT_EQ(moved.compress(Kind::kText, text_of(1000), stored), Codec::kZstd);
}

}  // namespace
}  // namespace letterpress::codecs
