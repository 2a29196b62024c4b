// SPDX-License-Identifier: Apache-2.0
// Expected bytes are worked out by hand from docs/STREAM.md, "Recipe".
#include "stream/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/varint.h"
#include "stream/playback.h"

namespace letterpress::stream {
namespace {

using mail::Transform;

constexpr std::string_view kDigest = "00112233445566778899aabbccddeeff ";
const Digest kDigestBytes = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                             0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

Bytes recipe_of(std::string_view length, std::string_view steps) {
  return from_hex(std::string(length) + std::string(kDigest) + std::string(steps));
}

// Reads to the end, and gives the first error.
Status read_all(ByteView recipe) {
  RecipeReader reader(recipe);
  Stretch stretch;
  RecipeReader::Step step;
  std::vector<RecipeReader::Source> sources;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has_stretch, reader.next_stretch(stretch));
    if (!has_stretch) return Ok{};
    while (true) {
      LETTERPRESS_TRY_ASSIGN(const bool has_step, reader.next_step(step, sources));
      if (!has_step) break;
    }
  }
}

void expect_refused(ByteView recipe, ErrorCode code, std::string_view message) {
  const Status status = read_all(recipe);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), code) << status.error().message();
  EXPECT_THAT(status.error().message(), testing::HasSubstr(message));
}

TEST(RecipeWriter, WritesWhatTheDocumentSays) {
  Bytes out;
  RecipeWriter writer(out);
  writer.begin_stretch({300, kDigestBytes});
  // Header: identity, a jump to block 5, chunk 2, offset 7; ends inside the chunk.
  const Extent header{{5, 2}, 7, 100};
  writer.add_step({Transform::kIdentity, Kind::kHeader, 100, {}, {&header, 1}, {5, 2}, 107});
  // Text: crlf, 90 stored bytes of 98, block 3 = 5 - 2.
  const Extent text{{3, 0}, 0, 90};
  writer.add_step({Transform::kCrlf, Kind::kText, 98, {}, {&text, 1}, {3, 1}, 0});
  // Header goes on where it ended, in two extents; block 4 = 3 + 1.
  const Extent headers[] = {{{5, 2}, 107, 2}, {{4, 1}, 0, 5}};
  writer.add_step({Transform::kIdentity, Kind::kHeader, 7, {}, headers, {4, 1}, 5});
  // Attachment: base64 with a layout of one byte, to the stretch's end.
  const Bytes layout = {0x21};
  const Extent attachment{{4, 0}, 0, 70};
  writer.add_step({Transform::kBase64, Kind::kAttachment, 95, layout, {&attachment, 1}, {4, 1}, 0});
  EXPECT_EQ(out, recipe_of("ac 02",
                           "10  64  0a 02 07"            // jump, header; raw 100; +5
                           "15  62 08  03 00 00"         // jump, text, crlf; raw 98, dropped 8; -2
                           "40  07 02  04  0b 02 01 00"  // several; 2 bytes; 5 bytes at +1
                           "3a  46 01 21  00 00 00"));   // rest, jump, base64; stored 70; +0
}

TEST(RecipeWriter, RestartForgetsCursorsAndTheBlockBefore) {
  Bytes once;
  Bytes twice;
  for (Bytes* out : {&once, &twice}) {
    RecipeWriter writer(*out);
    for (int i = 0; i < (out == &once ? 1 : 2); ++i) {
      writer.begin_stretch({10, kDigestBytes});
      const Extent extent{{9, 0}, 0, 10};
      writer.add_step({Transform::kIdentity, Kind::kPlain, 10, {}, {&extent, 1}, {9, 1}, 0});
      writer.restart();
    }
  }
  Bytes expected = once;
  append(expected, once);
  EXPECT_EQ(twice, expected);
}

TEST(RecipeReader, ReadsWhatTheDocumentSays) {
  const Bytes recipe = recipe_of("ac 02",
                                 "10  64  0a 02 07"
                                 "15  62 08  03 00 00"
                                 "40  07 02  04  0b 02 01 00"
                                 "3a  46 01 21  00 00 00");
  RecipeReader reader(recipe);
  Stretch stretch;
  ASSERT_TRUE(*reader.next_stretch(stretch));
  EXPECT_EQ(stretch.raw_bytes, 300U);
  EXPECT_EQ(stretch.digest, kDigestBytes);
  RecipeReader::Step step;
  std::vector<RecipeReader::Source> sources;
  struct Expected {
    Transform transform;
    Kind kind;
    std::uint64_t raw_bytes;
    std::uint64_t stored_bytes;
    std::vector<std::pair<bool, Extent>> sources;
  };
  const Expected steps[] = {
      {Transform::kIdentity, Kind::kHeader, 100, 100, {{true, {{5, 2}, 7, 100}}}},
      {Transform::kCrlf, Kind::kText, 98, 90, {{true, {{3, 0}, 0, 90}}}},
      {Transform::kIdentity, Kind::kHeader, 7, 7, {{false, {{}, 0, 2}}, {true, {{4, 1}, 0, 5}}}},
      {Transform::kBase64, Kind::kAttachment, 95, 70, {{true, {{4, 0}, 0, 70}}}}};
  for (const Expected& expected : steps) {
    ASSERT_TRUE(*reader.next_step(step, sources));
    EXPECT_EQ(step.transform, expected.transform);
    EXPECT_EQ(step.kind, expected.kind);
    EXPECT_EQ(step.raw_bytes, expected.raw_bytes);
    EXPECT_EQ(step.stored_bytes, expected.stored_bytes);
    ASSERT_EQ(sources.size(), expected.sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const auto& [is_jump, extent] = expected.sources[i];
      EXPECT_EQ(sources[i].is_jump, is_jump);
      EXPECT_EQ(sources[i].extent.bytes, extent.bytes);
      if (!is_jump) continue;
      EXPECT_EQ(sources[i].extent.place, extent.place);
      EXPECT_EQ(sources[i].extent.offset, extent.offset);
    }
  }
  EXPECT_EQ(Bytes(step.layout.begin(), step.layout.end()), Bytes{0x21});
  EXPECT_FALSE(*reader.next_step(step, sources));
  EXPECT_FALSE(*reader.next_stretch(stretch));
}

TEST(RecipeReader, EmptyRecipeHasNoStretch) { EXPECT_TRUE(read_all({})); }

TEST(RecipeReader, RefusesEachTruncation) {
  const Bytes recipe = recipe_of("14",
                                 "10  04  0a 02 07"
                                 "40  07 02  04  0b 02 01 00"
                                 "3a  05 01 21  00 00 00");
  ASSERT_TRUE(read_all(recipe));
  for (std::size_t bytes = 1; bytes < recipe.size(); ++bytes) {
    EXPECT_FALSE(read_all(ByteView(recipe).first(bytes))) << bytes;
  }
}

TEST(RecipeReader, RefusesLengthsOutOfRange) {
  using enum ErrorCode;
  expect_refused(recipe_of("00", ""), kCorrupt, "stretch's length");
  expect_refused(recipe_of("81 80 80 04", "30 00 00 00"), kCorrupt,
                 "stretch's length");  // 8 MiB + 1
  EXPECT_TRUE(read_all(recipe_of("80 80 80 04", "30 00 00 00")));
  expect_refused(recipe_of("05", "10 00 00 00 00"), kCorrupt, "step's length");
  expect_refused(recipe_of("05", "10 06 00 00 00"), kCorrupt, "step's length");
  expect_refused(recipe_of("05", "31 05 00 00 00"), kCorrupt, "no stored bytes");
  expect_refused(recipe_of("05", "32 06 00 00 00 00"), kCorrupt, "step's length");  // stored > raw
  expect_refused(recipe_of("05", "32 00 00 00 00 00"), kCorrupt, "step's length");
  expect_refused(recipe_of("05", "10 04 00 00 00"), kCorrupt, "before its bytes are covered");
  // A step of 2^64 - 1 bytes, and one that drops as many.
  expect_refused(recipe_of("05", "10 ff ff ff ff ff ff ff ff ff 01 00 00 00"), kCorrupt, "length");
  expect_refused(recipe_of("05", "31 ff ff ff ff ff ff ff ff ff 01 00 00 00"), kCorrupt, "stored");
}

TEST(RecipeReader, RefusesPlacesOutOfRange) {
  using enum ErrorCode;
  expect_refused(recipe_of("05", "30 01 00 00"), kCorrupt, "place");        // block -1
  expect_refused(recipe_of("05", "30 00 80 80 04 00"), kCorrupt, "place");  // chunk 65,536
  expect_refused(recipe_of("05", "30 00 00 80 80 04"), kCorrupt, "place");  // offset 65,536
  EXPECT_TRUE(read_all(recipe_of("05", "30 00 ff ff 03 ff ff 03")));
  // Block 2^48 - 2 is the last: twice that is 2^49 - 4.
  EXPECT_TRUE(read_all(recipe_of("05", "30 fc ff ff ff ff ff 7f 00 00")));
  expect_refused(recipe_of("05", "30 fe ff ff ff ff ff 7f 00 00"), kCorrupt, "place");
}

TEST(RecipeReader, RefusesExtentsThatDoNotCoverTheirStep) {
  using enum ErrorCode;
  EXPECT_TRUE(read_all(recipe_of("05", "60 02 05 00 00 00 06")));
  expect_refused(recipe_of("05", "60 01 0b 00 00 00"), kCorrupt, "extent count");
  expect_refused(recipe_of("05", "60 02 05 00 00 00 04"), kCorrupt, "cover");
  expect_refused(recipe_of("05", "60 02 05 00 00 00 08"), kCorrupt, "extent's length");
  expect_refused(recipe_of("05", "60 02 01 00 00 00 0a"), kCorrupt, "extent's length");
}

TEST(RecipeReader, RefusesMoreExtentsThanASegmentHas) {
  // 131,073 extents of one byte each; the document allows 131,072.
  for (const std::size_t count : {std::size_t{131072}, std::size_t{131073}}) {
    Bytes recipe;
    append_varint(recipe, count);
    append(recipe, kDigestBytes);
    recipe.push_back(0x60);
    append_varint(recipe, count);
    recipe.insert(recipe.end(), count, 0x02);
    EXPECT_EQ(read_all(recipe).has_value(), count == 131072);
  }
}

TEST(RecipeReader, RefusesTagsThatTheDocumentLacks) {
  using enum ErrorCode;
  expect_refused(recipe_of("05", "33 00 00 00"), kUnsupported, "does not know");
  expect_refused(recipe_of("05", "b0 00 00 00"), kUnsupported, "does not know");
  expect_refused(recipe_of("05", "70 02 05 00 00 00 06"), kUnsupported, "does not know");
}

}  // namespace
}  // namespace letterpress::stream
