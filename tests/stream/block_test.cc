// SPDX-License-Identifier: Apache-2.0
// Expected bytes are worked out by hand from docs/STREAM.md, "Block" and "Limits".
#include "stream/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/varint.h"
#include "stream/block_collector.h"
#include "stream/playback.h"

namespace letterpress::stream {
namespace {

ChunkId id_of(std::uint8_t fill) {
  ChunkId id;
  id.bytes.fill(fill);
  return id;
}

RawBlock raw_block(std::uint64_t number, const std::vector<std::string>& chunks) {
  RawBlock raw;
  raw.number = number;
  raw.kind = Kind::kText;
  for (const std::string& chunk : chunks) {
    raw.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    raw.ids.push_back(id_of(static_cast<std::uint8_t>(raw.ids.size() + 1)));
    append(raw.bytes, as_bytes(chunk));
  }
  return raw;
}

Bytes encoded(RawBlock raw, bool with_ids) {
  codecs::BlockCodec codec;
  Bytes out;
  encode_block(compress_block(std::move(raw), codec), with_ids, out);
  return out;
}

Result<OpenBlock> opened(ByteView bytes) {
  codecs::BlockCodec codec;
  LETTERPRESS_TRY_ASSIGN(BlockView view, decode_block(bytes));
  return open_block(std::move(view), codec);
}

// A block of `count` chunks of `length` bytes each, raw, without ids; nothing but its table is
// true.
Bytes table_of(std::uint64_t count, std::uint64_t length, std::size_t payload_bytes) {
  Bytes bytes = from_hex("00 03 00 00");
  append_varint(bytes, count);
  for (std::uint64_t i = 0; i < count; ++i) append_varint(bytes, length);
  bytes.resize(bytes.size() + payload_bytes);
  return bytes;
}

TEST(Block, IsAsTheDocumentSays) {
  const std::string id1 = " 0101010101010101010101010101010101010101010101010101010101010101 ";
  const std::string id2 = " 0202020202020202020202020202020202020202020202020202020202020202 ";
  // Number 300, kind text, raw; two chunks, of 2 and 1 bytes.
  const RawBlock raw = raw_block(300, {"hi", "!"});
  EXPECT_EQ(encoded(raw, true), from_hex("ac02 01 00 01 02 02 01" + id1 + id2 + "686921"));
  EXPECT_EQ(encoded(raw, false), from_hex("ac02 01 00 00 02 02 01 686921"));
}

TEST(Block, NamesItsMailboxAsTheDocumentSays) {
  RawBlock raw = raw_block(300, {"hi", "!"});
  raw.mailbox.emplace().bytes.fill(0xab);
  const std::string tag = " abababababababababababababababab ";
  const Bytes bytes = encoded(raw, false);
  EXPECT_EQ(bytes, from_hex("ac02 01 00 02 02 02 01" + tag + "686921"));
  const auto block = opened(bytes);
  ASSERT_TRUE(block) << block.error().message();
  EXPECT_EQ(block->mailbox, raw.mailbox);
  EXPECT_EQ(as_text(block->chunk(1)), "!");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(opened(ByteView(bytes).first(size))) << size;
  }
}

TEST(BlockCollector, ClosesBlocksWhereTheMailboxChanges) {
  std::array<MailboxTag, 2> tags{};
  tags[1].bytes[3] = 1;
  BlockCollector collector(7);
  const Bytes chunk(10, 'x');
  std::vector<Place> places;
  for (const std::size_t turn : {0U, 0U, 1U, 0U}) {
    collector.turn_to(tags[turn]);
    places.push_back(collector.add(Kind::kText, true, id_of(1), chunk));
  }
  EXPECT_EQ(places, (std::vector<Place>{{7, 0}, {7, 1}, {8, 0}, {9, 0}}));
  EXPECT_EQ(collector.group_blocks(), 3U);
  EXPECT_EQ(collector.group_bytes(), 40U);
  collector.close_all();
  const std::vector<RawBlock> closed = collector.take_closed();
  ASSERT_EQ(closed.size(), 3U);
  EXPECT_EQ(closed[0].mailbox, tags[0]);
  EXPECT_EQ(closed[1].mailbox, tags[1]);
  EXPECT_EQ(closed[2].mailbox, tags[0]);
  EXPECT_EQ(collector.group_blocks(), 0U);
}

TEST(Block, ComesBackWithAndWithoutIds) {
  const std::string text(30000, 'x');
  for (const bool with_ids : {true, false}) {
    const Bytes bytes = encoded(raw_block(5, {"one", text, "three"}), with_ids);
    EXPECT_LT(bytes.size(), 1000U);  // zstd
    auto view = decode_block(bytes);
    ASSERT_TRUE(view) << view.error().message();
    EXPECT_EQ(view->number, 5U);
    EXPECT_EQ(view->kind, Kind::kText);
    EXPECT_EQ(view->codec, codecs::Codec::kZstd);
    EXPECT_EQ(view->chunk_count(), 3U);
    EXPECT_EQ(view->raw_bytes(), text.size() + 8);
    ASSERT_EQ(view->ids.size(), with_ids ? 3U : 0U);
    if (with_ids) {
      EXPECT_EQ(view->ids[2], id_of(3));
    }
    const auto block = opened(bytes);
    ASSERT_TRUE(block) << block.error().message();
    EXPECT_EQ(as_text(block->chunk(0)), "one");
    EXPECT_EQ(as_text(block->chunk(1)), text);
    EXPECT_EQ(as_text(block->chunk(2)), "three");
  }
}

TEST(Block, IncompressibleOnesAreRawWithoutATry) {
  codecs::BlockCodec codec;
  RawBlock raw = raw_block(0, {std::string(1000, 'x')});
  raw.compressible = false;
  const Block block = compress_block(std::move(raw), codec);
  EXPECT_EQ(block.codec, codecs::Codec::kRaw);
  EXPECT_EQ(as_text(block.payload), std::string(1000, 'x'));
}

TEST(Block, RefusesEachTruncation) {
  for (const auto& chunks : {std::vector<std::string>{"hello", "you"},
                             std::vector<std::string>{std::string(5000, 'y')}}) {
    const Bytes bytes = encoded(raw_block(1, chunks), true);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(opened(ByteView(bytes).first(size))) << size;
    }
  }
}

TEST(Block, FlippedBitsAreAnErrorOrABlock) {
  for (const auto& chunks : {std::vector<std::string>{"hello", "you"},
                             std::vector<std::string>{std::string(5000, 'y'), "abc"}}) {
    const Bytes bytes = encoded(raw_block(1, chunks), true);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      Bytes flipped = bytes;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto block = opened(flipped);
      if (block) {
        EXPECT_EQ(block->starts.back(), block->bytes.size());
      }
    }
  }
}

TEST(Block, RefusesTablesOutOfTheirLimits) {
  const auto message_of = [](ByteView bytes) {
    const auto view = decode_block(bytes);
    return view ? std::string("accepted") : view.error().message();
  };
  using testing::HasSubstr;
  EXPECT_EQ(message_of(table_of(1, 65536, 65536)), "accepted");
  EXPECT_THAT(message_of(table_of(1, 65537, 65537)), HasSubstr("chunk length"));
  EXPECT_THAT(message_of(table_of(1, 0, 10)), HasSubstr("chunk length"));
  EXPECT_THAT(message_of(table_of(0, 0, 10)), HasSubstr("chunk count"));
  EXPECT_EQ(message_of(table_of(65536, 1, 65536)), "accepted");
  EXPECT_THAT(message_of(table_of(65537, 1, 65537)), HasSubstr("chunk count"));
  EXPECT_EQ(message_of(table_of(64, 65536, 4 << 20)), "accepted");
  EXPECT_THAT(message_of(table_of(65, 65536, 65 << 16)), HasSubstr("larger than a block"));
  // A count that the bytes cannot hold, whatever it would make one allocate.
  EXPECT_THAT(message_of(from_hex("00 03 00 00 ffff03 01")), HasSubstr("chunk count"));
  EXPECT_THAT(message_of(from_hex("00 03 00 00 ffffffffffffffffff01 01")), HasSubstr("count"));
}

TEST(Block, RefusesNumbersKindsCodecsAndFlagsThatTheDocumentLacks) {
  const std::string rest = " 01 01 61";
  EXPECT_TRUE(decode_block(from_hex("feffffffffff3f 00 00 00" + rest)));  // 2^48 - 2
  EXPECT_FALSE(decode_block(from_hex("ffffffffffff3f 00 00 00" + rest)));
  EXPECT_TRUE(decode_block(from_hex("00 04 00 00" + rest)));
  for (const char* head : {"00 05 00 00", "00 00 02 00", "00 00 00 04", "00 00 00 80"}) {
    const auto view = decode_block(from_hex(head + rest));
    ASSERT_FALSE(view) << head;
    EXPECT_EQ(view.error().code(), ErrorCode::kUnsupported);
  }
}

TEST(Block, RefusesPayloadsOfAnotherLength) {
  EXPECT_TRUE(opened(from_hex("00 00 00 00 01 02 6162")));
  EXPECT_FALSE(opened(from_hex("00 00 00 00 01 02 61")));
  EXPECT_FALSE(opened(from_hex("00 00 00 00 01 02 616263")));
  Bytes longer = encoded(raw_block(0, {std::string(5000, 'x')}), false);
  ASSERT_EQ(longer[5], 0x88);  // 5,000 is 88 27
  longer[5] = 0x87;
  EXPECT_FALSE(opened(longer));
  longer[5] = 0x89;
  EXPECT_FALSE(opened(longer));
}

TEST(BlockCollector, GivesPlacesByKindAndCompressibility) {
  BlockCollector collector(10);
  const Bytes bytes(100);
  EXPECT_EQ(collector.add(Kind::kText, true, {}, bytes), (Place{10, 0}));
  EXPECT_EQ(collector.add(Kind::kText, true, {}, bytes), (Place{10, 1}));
  EXPECT_EQ(collector.add(Kind::kHeader, true, {}, bytes), (Place{11, 0}));
  EXPECT_EQ(collector.add(Kind::kText, false, {}, bytes), (Place{12, 0}));
  EXPECT_EQ(collector.add(Kind::kText, true, {}, bytes), (Place{10, 2}));
  EXPECT_EQ(collector.group_bytes(), 500U);
  EXPECT_TRUE(collector.take_closed().empty());
  collector.close_all();
  EXPECT_EQ(collector.group_bytes(), 0U);
  EXPECT_EQ(collector.take_closed().size(), 3U);
  EXPECT_EQ(collector.add(Kind::kText, true, {}, bytes), (Place{13, 0}));
}

TEST(BlockCollector, NothingClosesWithoutChunks) {
  BlockCollector collector(0);
  collector.close_all();
  EXPECT_TRUE(collector.take_closed().empty());
  EXPECT_EQ(collector.next_block_number(), 0U);
}

TEST(BlockCollector, ClosesBlocksAtTheirLimits) {
  BlockCollector collector(0);
  const Bytes chunk(65536);
  for (std::uint32_t i = 0; i < 64; ++i) {
    EXPECT_EQ(collector.add(Kind::kPlain, true, {}, chunk), (Place{0, i}));
  }
  EXPECT_EQ(collector.add(Kind::kPlain, true, {}, chunk), (Place{1, 0}));
  ASSERT_EQ(collector.take_closed().size(), 1U);
  const Bytes byte(1);
  for (std::uint32_t i = 0; i < 65536; ++i) collector.add(Kind::kHeader, true, {}, byte);
  EXPECT_TRUE(collector.take_closed().empty());
  EXPECT_EQ(collector.add(Kind::kHeader, true, {}, byte), (Place{3, 0}));
  ASSERT_EQ(collector.take_closed().size(), 1U);
}

TEST(BlockCollector, NumbersOfAGroupAreOneRangeAndPlacesHoldTheirBytes) {
  BlockCollector collector(100);
  std::mt19937_64 random(1);
  std::uint64_t next = 100;
  for (int group = 0; group < 3; ++group) {
    std::map<Place, Bytes> placed;
    for (int i = 0; i < 800; ++i) {
      const Bytes chunk(1 + random() % 65536, static_cast<std::uint8_t>(random()));
      const Place place =
          collector.add(static_cast<Kind>(random() % kKindCount), random() % 2 == 0, {}, chunk);
      EXPECT_TRUE(placed.emplace(place, chunk).second);
    }
    collector.close_all();
    std::set<std::uint64_t> numbers;
    for (const RawBlock& block : collector.take_closed()) {
      EXPECT_TRUE(numbers.insert(block.number).second);
      EXPECT_LE(block.bytes.size(), std::size_t{4} << 20);
      std::size_t at = 0;
      for (std::uint32_t i = 0; i < block.lengths.size(); at += block.lengths[i++]) {
        const ByteView bytes = ByteView(block.bytes).subspan(at, block.lengths[i]);
        EXPECT_EQ(Bytes(bytes.begin(), bytes.end()), placed[(Place{block.number, i})]);
        placed.erase(Place{block.number, i});
      }
    }
    EXPECT_TRUE(placed.empty());
    for (const std::uint64_t number : numbers) EXPECT_EQ(number, next++);
    EXPECT_EQ(collector.next_block_number(), next);
  }
}

}  // namespace
}  // namespace letterpress::stream
