// SPDX-License-Identifier: Apache-2.0
// Chunks that a stream borrows, taken from earlier streams: whole blocks and parts of them, what is
// missing, and what hostile streams say. The streams are those of tests/golden/streams.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/hex.h"
#include "hashing/blake3.h"
#include "stream/block_spool.h"
#include "stream/id_list.h"
#include "stream/playback.h"
#include "stream/stream_writer.h"

namespace letterpress::stream {
namespace {

using ::testing::HasSubstr;

std::string golden_path(const std::string& name) {
  return LETTERPRESS_SOURCE_DIR "/tests/golden/streams/" + name;
}

Bytes golden_stream(const std::string& name) {
  auto bytes = read_file(golden_path(name), kMiB);
  EXPECT_TRUE(bytes) << name;
  return bytes ? *std::move(bytes) : Bytes();
}

// An open file of these bytes, without a name.
File file_of(ByteView bytes) {
  std::string name = ::testing::TempDir() + "letterpress-borrowed-XXXXXX";
  File file(::mkstemp(name.data()), name);
  EXPECT_EQ(::unlink(name.c_str()), 0);
  EXPECT_TRUE(file.write(bytes));
  EXPECT_EQ(::lseek(file.descriptor(), 0, SEEK_SET), 0);
  return file;
}

Bytes chunk_of(std::size_t number, std::size_t bytes) {
  return Bytes(bytes, static_cast<std::uint8_t>(number + 1));
}

// An earlier stream of so many chunks of so many bytes, without some.
Bytes lending_stream(std::size_t chunks, std::size_t chunk_bytes, std::size_t missing) {
  Bytes stream;
  StreamWriter writer({}, [&](ByteView bytes) -> Status {
    append(stream, bytes);
    return Ok{};
  });
  codecs::BlockCodec codec;
  RawBlock raw;
  for (std::size_t i = 0; i < chunks; ++i) {
    if (i == missing) continue;
    const Bytes chunk = chunk_of(i, chunk_bytes);
    raw.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    raw.ids.push_back(hashing::hash(chunk));
    append(raw.bytes, chunk);
  }
  EXPECT_TRUE(writer.put_block(compress_block(std::move(raw), codec)));
  EXPECT_TRUE(writer.end_group());
  EXPECT_TRUE(writer.finish());
  return stream;
}

Block borrowed_block(std::size_t chunks, std::size_t chunk_bytes) {
  Block block;
  block.number = 5;
  block.is_borrowed = true;
  for (std::size_t i = 0; i < chunks; ++i) {
    block.lengths.push_back(static_cast<std::uint32_t>(chunk_bytes));
    block.ids.push_back(hashing::hash(chunk_of(i, chunk_bytes)));
  }
  return block;
}

class Borrowed : public ::testing::Test {
 protected:
  // Ten chunks of 60,000 bytes are borrowed; nobody has the one that is missing.
  void open(std::size_t missing) {
    const auto fault = earlier_.add(file_of(lending_stream(10, 60'000, missing)));
    ASSERT_TRUE(fault);
    EXPECT_FALSE(*fault);
    encoded_.clear();
    encode_borrowed(borrowed_block(10, 60'000), encoded_);
    auto view = decode_borrowed(encoded_);
    ASSERT_TRUE(view) << view.error().message();
    ASSERT_TRUE(spool_.append(BorrowedBlock{encoded_, *std::move(view)}));
  }

  EarlierStreams earlier_;
  File file_ = file_of({});
  BlockSpool spool_{file_, &earlier_};
  Bytes encoded_;
};

TEST_F(Borrowed, BlocksAreMadeOfTheirChunks) {
  open(99);
  const auto block = spool_.block(5);
  ASSERT_TRUE(block) << block.error().message();
  EXPECT_EQ((*block)->raw_bytes(), 600'000U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(std::ranges::equal((*block)->chunk(i), chunk_of(i, 60'000))) << i;
  }
}

TEST_F(Borrowed, BlocksEndWithTheirIds) {
  open(99);
  ASSERT_FALSE(encoded_.empty());
  EXPECT_TRUE(decode_borrowed(encoded_));
  encoded_.push_back(0);
  EXPECT_FALSE(decode_borrowed(encoded_));
}

TEST_F(Borrowed, PartsHaveTheByteThatIsAskedFor) {
  open(99);
  for (const std::uint64_t at : {0U, 1U, 59'999U, 60'000U, 299'999U, 599'999U}) {
    for (std::uint32_t ordinal = 0; ordinal <= at / 60'000; ++ordinal) {
      const auto part = spool_.part(5, ordinal, at - ordinal * 60'000, 100'000);
      ASSERT_TRUE(part) << part.error().message();
      const ByteView from = (*part)->from(at);
      ASSERT_FALSE(from.empty()) << at;
      EXPECT_EQ(from[0], at / 60'000 + 1);
    }
  }
  const auto none = spool_.part(5, 10, 0, 1);
  ASSERT_TRUE(none);
  EXPECT_EQ((*none)->chunk_count(), 10U);
  EXPECT_TRUE((*spool_.part(5, 9, 60'000, 1))->from(600'000).empty());
  EXPECT_FALSE(spool_.part(6, 0, 0, 1));
}

TEST_F(Borrowed, WhatIsMissingIsNamedAndTheRestIsThere) {
  open(4);
  const auto missing = spool_.part(5, 4, 17, 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(),
              HasSubstr(to_hex(hashing::hash(chunk_of(4, 60'000)).bytes)));
  const auto before = spool_.part(5, 3, 0, 500'000);
  ASSERT_TRUE(before);
  EXPECT_EQ((*before)->from(180'000).size(), 60'000U);
  const auto behind = spool_.part(5, 5, 0, 1);
  ASSERT_TRUE(behind);
  EXPECT_EQ((*behind)->from(300'000)[0], 6);
  EXPECT_EQ(spool_.block(5).error().code(), ErrorCode::kNotFound);
}

TEST_F(Borrowed, AnotherLengthIsNoChunk) {
  ASSERT_TRUE(earlier_.add(file_of(lending_stream(1, 1000, 99))));
  Block block = borrowed_block(1, 1000);
  block.lengths[0] = 999;
  Bytes encoded;
  encode_borrowed(block, encoded);
  ASSERT_TRUE(spool_.append(BorrowedBlock{encoded, *decode_borrowed(encoded)}));
  const auto part = spool_.part(5, 0, 0, 1);
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code(), ErrorCode::kCorrupt);
}

TEST(EarlierStreams, AreReadAsFarAsTheyAreWhole) {
  const Bytes stream = golden_stream("groups.lps");
  std::size_t whole = 0;
  for (std::size_t bytes = 0; bytes <= stream.size(); ++bytes) {
    EarlierStreams earlier;
    const auto fault = earlier.add(file_of(ByteView(stream).first(bytes)));
    if (bytes < 48) {  // the header
      EXPECT_FALSE(fault) << bytes;
      continue;
    }
    ASSERT_TRUE(fault) << bytes;
    EXPECT_EQ(fault->has_value(), bytes < stream.size()) << bytes;
    const Bytes two = {'t', 'w', 'o'};
    const bool has_two = earlier.has(hashing::hash(two));
    whole += has_two ? 1 : 0;
    if (has_two) {
      UnsetBytes out;
      EXPECT_TRUE(earlier.append(hashing::hash(two), 3, out));
      EXPECT_TRUE(std::ranges::equal(out, two));
    }
  }
  EXPECT_GT(whole, 100U);
}

TEST(EarlierStreams, FitStreamsOfTheirKey) {
  EarlierStreams earlier;
  ASSERT_TRUE(earlier.add(*File::open(golden_path("lender.lps"), O_RDONLY)));
  StreamHeader header;
  EXPECT_TRUE(earlier.fit(header));
  header.is_keyed = true;
  EXPECT_FALSE(earlier.fit(header));
  header.is_keyed = false;
  header.key_check = 1;
  EXPECT_FALSE(earlier.fit(header));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  File writing(ends[1], "pipe");
  EXPECT_EQ(earlier.add(File(ends[0], "pipe")).error().code(), ErrorCode::kInvalidArgument);
}

// Plays a stream that borrows; gives all stretches, or an error.
Result<std::vector<std::string>> play_borrowing(ByteView stream) {
  EarlierStreams earlier;
  LETTERPRESS_TRY_ASSIGN(File lender, File::open(golden_path("lender.lps"), O_RDONLY));
  LETTERPRESS_TRY(earlier.add(std::move(lender)));
  File spool_file = file_of({});
  BlockSpool spool(spool_file, &earlier);
  Rebuilder rebuilder(spool, nullptr);
  std::size_t at = 0;
  StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), stream.size() - at);
    std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
    at += count;
    return count;
  });
  LETTERPRESS_TRY(reader.read_header());
  std::vector<std::string> stretches;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(StreamEvent event, reader.next());
    if (const auto* block = std::get_if<EncodedBlock>(&event)) {
      LETTERPRESS_TRY(spool.append(*block));
    } else if (const auto* lent = std::get_if<BorrowedBlock>(&event)) {
      LETTERPRESS_TRY(spool.append(*lent));
    } else if (const auto* record = std::get_if<EntryRecord>(&event)) {
      LETTERPRESS_TRY(rebuilder.rebuild(record->recipe, [&](ByteView bytes) -> Status {
        stretches.emplace_back(as_text(bytes));
        return Ok{};
      }));
    } else if (std::holds_alternative<StreamEnd>(event)) {
      return stretches;
    }
  }
}

TEST(BorrowingStream, SealedFlipsPutOutNothingNew) {
  const Bytes stream = golden_stream("borrowed.lps");
  const auto whole = play_borrowing(stream);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_THAT(*whole, ::testing::ElementsAre("lent two lent one own", "own"));
  const Frames frames(stream);
  for (std::size_t i = 0; i < frames.all.size(); ++i) {
    for (std::size_t bit = 0; bit < 8 * frames.all[i].body.size(); ++bit) {
      Frames changed = frames;
      changed.all[i].body[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto played = play_borrowing(changed.sealed());
      if (!played) continue;
      for (const std::string& stretch : *played) {
        EXPECT_THAT(*whole, ::testing::Contains(stretch)) << "frame " << i << ", bit " << bit;
      }
    }
  }
}

TEST(IdList, LinesMayEndAnywhereInTheBuffer) {
  // More than is read at once.
  std::string text = "letterpress-ids 1 blake3\n";
  std::vector<ChunkId> ids;
  for (std::size_t i = 0; i < 20'000; ++i) {
    ids.push_back(hashing::hash(chunk_of(i, 1 + i / 256)));
    text += to_hex(ids.back().bytes) + "\n";
  }
  File file = file_of(as_bytes(text));
  const auto index = read_id_list(file, {});
  ASSERT_TRUE(index) << index.error().message();
  for (const ChunkId& id : ids) EXPECT_TRUE(index->find(id));
  EXPECT_FALSE(index->find(hashing::hash(as_bytes("another"))));
}

TEST(IdList, ThatWasCutShortIsRefused) {
  const std::string text = "letterpress-ids 1 blake3\n" + std::string(64, 'a') + "\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    File file = file_of(as_bytes(text.substr(0, size)));
    // Up to a line's end it is a list.
    const bool is_list = size > 0 && text[size - 1] == '\n';
    EXPECT_EQ(read_id_list(file, {}).has_value(), is_list) << size;
  }
}

}  // namespace
}  // namespace letterpress::stream
