// SPDX-License-Identifier: Apache-2.0
// A stream comes back whole; a damaged one is refused, whether its checksums were mended or not.
#include "stream/stream_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/varint.h"
#include "stream/entry_codec.h"
#include "stream/playback.h"
#include "stream/sample_stream.h"
#include "stream/stream_writer.h"

namespace letterpress::stream {
namespace {

using testing::HasSubstr;

const SampleStream& sample() {
  static const SampleStream made = make_sample_stream(0);
  return made;
}

std::string outcome(ByteView stream) {
  const auto played = play(stream);
  return played ? "read" : played.error().message();
}

// The frames of a stream with these records in one group, and no block.
Bytes stream_of_records(const Bytes& records, std::uint64_t entry_count,
                        std::uint64_t records_bytes) {
  Frames frames(sample().bytes);
  Bytes entries = {0};
  append_varint(entries, records_bytes);
  append(entries, records);
  Bytes end;
  append_varint(end, entry_count);
  end.resize(end.size() + 3 + 32);
  frames.all = {frames.all.front(),
                {FrameType::kEntries, entries},
                {FrameType::kGroupEnd, {}},
                {FrameType::kEnd, end}};
  return frames.sealed();
}
Bytes stream_of_records(std::string_view hex, std::uint64_t entry_count) {
  const Bytes records = from_hex(hex);
  return stream_of_records(records, entry_count, records.size());
}

// Metadata of a file: all zero.
constexpr std::string_view kFileA = "01 61 00 00 00 00 0000000000000000 00 ";
constexpr std::string_view kRest = "00 ";

std::string record(std::string_view flags, std::string_view rest) {
  return std::string(flags) + " " + std::string(rest);
}

TEST(StreamReader, ReadsTheSample) {
  const auto played = play(sample().bytes);
  ASSERT_TRUE(played) << played.error().message();
  auto entries = played->entries;
  ASSERT_EQ(played->moves.size(), 1U);
  EXPECT_EQ(played->moves[0].from, "box/1");
  EXPECT_EQ(played->moves[0].to, "box/3");
  for (const auto& [path, content] : sample().files) {
    EXPECT_EQ(entries[path == "box/3" ? "box/1" : path].content, content) << path;
  }
  EXPECT_EQ(entries["box"].metadata.type, EntryType::kFolder);
  EXPECT_EQ(entries["symlink"].metadata.target, "box/3");
  EXPECT_EQ(entries["link"].metadata.type, EntryType::kHardLink);
  EXPECT_TRUE(entries["unreadable"].is_abandoned);
  EXPECT_EQ(entries["box/2"].metadata.mode, 0640U);
  EXPECT_EQ(entries["box/2"].metadata.mtime_ns, 1767225600123456789);
  EXPECT_EQ(played->groups, 2U);
}

TEST(StreamReader, TotalsAreThoseOfWhatWasRead) {
  const auto played = play(sample().bytes);
  ASSERT_TRUE(played);
  EXPECT_EQ(played->totals.entries, played->entries.size());
  EXPECT_EQ(played->totals.raw_bytes, played->raw_bytes);
  EXPECT_EQ(played->totals.chunks, played->chunks);
  EXPECT_EQ(played->totals.blocks, 5U);  // four kinds in the first group, one in the second
}

TEST(StreamReader, ReadsCompressedFrames) {
  const SampleStream large = make_sample_stream(2000000);
  EXPECT_LT(large.bytes.size(), 20000U);
  const auto played = play(large.bytes);
  ASSERT_TRUE(played) << played.error().message();
  EXPECT_EQ(played->entries.at("filler").content, large.files.at("filler"));
}

TEST(StreamReader, EmptyStreamIsHeaderAndEnd) {
  Bytes stream;
  StreamWriter writer({}, [&](ByteView bytes) -> Status {
    append(stream, bytes);
    return Ok{};
  });
  ASSERT_TRUE(writer.finish());
  const auto played = play(stream);
  ASSERT_TRUE(played) << played.error().message();
  EXPECT_EQ(played->totals, StreamTotals{});
  EXPECT_EQ(writer.bytes_written(), stream.size());
}

TEST(StreamReader, RefusesEachTruncation) {
  const ByteView stream = sample().bytes;
  for (std::size_t bytes = 0; bytes < stream.size(); ++bytes) {
    EXPECT_FALSE(play(stream.first(bytes))) << bytes;
  }
}

TEST(StreamReader, SaysWhereAStreamIsCutShort) {
  Frames frames(sample().bytes);
  frames.all.pop_back();
  const Bytes cut = frames.sealed();
  EXPECT_EQ(outcome(cut), "stream, byte " + std::to_string(cut.size()) +
                              ": the stream ends before its last frame; what came before is whole");
}

TEST(StreamReader, RefusesEachFlippedBit) {
  for (std::size_t bit = 0; bit < 8 * sample().bytes.size(); ++bit) {
    Bytes flipped = sample().bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(play(flipped)) << bit;
  }
}

// An attacker mends the checksums. Then only digests and limits stand in the way; nothing may come
// out that the sample has not.
TEST(StreamReader, SealedFlipsPutOutNothingNew) {
  const auto played = play(sample().bytes);
  ASSERT_TRUE(played);
  const std::set<std::string> known(played->stretches.begin(), played->stretches.end());
  const Frames frames(sample().bytes);
  for (std::size_t i = 0; i < frames.all.size(); ++i) {
    for (std::size_t bit = 0; bit < 8 * frames.all[i].body.size(); ++bit) {
      Frames changed = frames;
      changed.all[i].body[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto result = play(changed.sealed());
      if (!result) continue;
      for (const std::string& stretch : result->stretches) {
        EXPECT_TRUE(known.contains(stretch)) << "frame " << i << ", bit " << bit;
      }
    }
  }
}

TEST(StreamReader, RefusesFramesThatAreMissingOrExchanged) {
  const Frames frames(sample().bytes);
  ASSERT_GE(frames.all.size(), 9U);
  // Not sealed: the frames' own checksums are right, the sum of them is not.
  std::vector<Bytes> whole;
  for (const Frames::One& frame : frames.all) {
    whole.emplace_back();
    append_frame(frame.type, frame.body, whole.back());
  }
  for (std::size_t removed = 0; removed < whole.size(); ++removed) {
    Bytes stream;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (i != removed) append(stream, whole[i]);
    }
    EXPECT_FALSE(play(stream)) << removed;
  }
  for (std::size_t a = 0; a < whole.size(); ++a) {
    for (std::size_t b = a + 1; b < whole.size(); ++b) {
      if (whole[a] == whole[b]) continue;
      std::vector<Bytes> exchanged = whole;
      std::swap(exchanged[a], exchanged[b]);
      Bytes stream;
      for (const Bytes& frame : exchanged) append(stream, frame);
      EXPECT_FALSE(play(stream)) << a << " and " << b;
    }
  }
}

TEST(StreamReader, RefusesWhatIsNoStream) {
  EXPECT_THAT(outcome(as_bytes("PK\x03\x04 this is a zip file, is it not?")),
              HasSubstr("not a letterpress stream"));
  EXPECT_FALSE(play({}));
  Frames frames(sample().bytes);
  std::swap(frames.all[0], frames.all[1]);
  EXPECT_THAT(outcome(frames.sealed()), HasSubstr("not a letterpress stream"));
}

TEST(StreamReader, RefusesANewerVersion) {
  Frames frames(sample().bytes);
  frames.all[0].body[8] = 2;
  const auto played = play(frames.sealed());
  ASSERT_FALSE(played);
  EXPECT_EQ(played.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(played.error().message(), HasSubstr("version 2"));
}

TEST(StreamReader, RefusesFramesOfUnknownType) {
  Frames frames(sample().bytes);
  frames.all.insert(frames.all.begin() + 1, {static_cast<FrameType>('Q'), {}});
  const auto played = play(frames.sealed());
  ASSERT_FALSE(played);
  EXPECT_EQ(played.error().code(), ErrorCode::kUnsupported);
}

TEST(StreamReader, RefusesFramesWhereTheyMayNotBe) {
  const Frames frames(sample().bytes);
  const auto with = [&](std::ptrdiff_t at, Frames::One frame) {
    Frames changed = frames;
    changed.all.insert(changed.all.begin() + at, std::move(frame));
    return outcome(changed.sealed());
  };
  const auto entries = std::find_if(frames.all.begin(), frames.all.end(), [](const auto& frame) {
    return frame.type == FrameType::kEntries;
  });
  const auto last = static_cast<std::ptrdiff_t>(frames.all.size()) - 1;
  EXPECT_EQ(outcome(frames.sealed()), "read");
  EXPECT_THAT(with(1, frames.all[0]), HasSubstr("none of its type may"));
  EXPECT_THAT(with(entries - frames.all.begin() + 1, frames.all[1]),
              HasSubstr("none of its type may"));
  Frames open = frames;
  open.all.erase(open.all.begin() + last - 1);
  EXPECT_THAT(outcome(open.sealed()), HasSubstr("none of its type may"));
  EXPECT_THAT(with(last, {FrameType::kGroupEnd, {0}}), HasSubstr("has a body"));
  EXPECT_EQ(with(last, {FrameType::kGroupEnd, {}}), "read");  // an empty group
}

TEST(StreamReader, RefusesAWrongEnd) {
  const Frames frames(sample().bytes);
  // Bytes 0 to 4 of its body are the totals; the raw bytes take two.
  for (const std::size_t at : {0U, 1U, 2U, 3U, 4U}) {
    Frames changed = frames;
    ASSERT_EQ(changed.all.back().body.size(), 5U + 32);
    changed.all.back().body[at] ^= 1;
    EXPECT_THAT(outcome(changed.sealed()), HasSubstr("last frame does not match"));
  }
  Frames longer = frames;
  longer.all.back().body.push_back(0);
  EXPECT_FALSE(play(longer.sealed()));
}

TEST(StreamReader, BlocksMustComeBeforeTheEntriesThatNeedThem) {
  // The first group's blocks move into the second: entries of the first name what is not there yet.
  Frames frames(sample().bytes);
  const auto is_block = [](const auto& frame) { return frame.type == FrameType::kBlock; };
  const Frames::One block = frames.all[1];
  ASSERT_TRUE(is_block(block));
  frames.all.erase(frames.all.begin() + 1);
  const auto group_end = std::find_if(frames.all.begin(), frames.all.end(), [](const auto& frame) {
    return frame.type == FrameType::kGroupEnd;
  });
  frames.all.insert(group_end + 1, block);
  EXPECT_THAT(outcome(frames.sealed()), HasSubstr("no such block"));
}

TEST(StreamReader, ReadsAMinimalRecord) {
  EXPECT_EQ(outcome(stream_of_records(record("03", kFileA), 1)), "read");
  EXPECT_EQ(outcome(stream_of_records(record("01", kFileA) + record("00", kRest) +
                                          record("06", kRest) + record("03", kFileA),
                                      2)),
            "read");
}

TEST(StreamReader, RefusesPartsOutOfOrder) {
  const std::string first = record("01", kFileA);
  EXPECT_THAT(outcome(stream_of_records(record("02", kRest), 0)), HasSubstr("out of order"));
  EXPECT_THAT(outcome(stream_of_records(record("00", kRest), 0)), HasSubstr("out of order"));
  EXPECT_THAT(outcome(stream_of_records(first + record("03", kFileA), 2)),
              HasSubstr("out of order"));
  EXPECT_THAT(outcome(stream_of_records(first, 1)), HasSubstr("not complete"));
  EXPECT_FALSE(play(stream_of_records(first + "08 01 61 01 62" + record("02", kRest), 1)));
}

TEST(StreamReader, RefusesFlagsThatTheDocumentLacks) {
  EXPECT_FALSE(play(stream_of_records(record("05", kFileA) + record("02", kRest), 1)));
  EXPECT_FALSE(play(stream_of_records(record("09", kFileA), 1)));
  EXPECT_FALSE(play(stream_of_records(record("13", kFileA), 1)));
  EXPECT_FALSE(play(stream_of_records(record("83", kFileA), 1)));
}

TEST(StreamReader, RefusesBadPaths) {
  const std::string zeros = " 00 00 00 00 0000000000000000 00";
  for (const char* path : {"00", "01 2e", "02 2e2e", "02 2f61", "02 612f", "04 612f2f62", "02 6100",
                           "05 612f2e2e62 2f"}) {
    EXPECT_FALSE(play(stream_of_records(std::string("03 ") + path + zeros, 1))) << path;
    EXPECT_FALSE(play(stream_of_records(std::string("08 01 61 ") + path, 0))) << path;
    EXPECT_FALSE(play(stream_of_records(std::string("08 ") + path + " 01 61", 0))) << path;
  }
  EXPECT_EQ(outcome(stream_of_records("08 01 61 01 62", 0)), "read");
}

TEST(StreamReader, RefusesContentOfWhatIsNoFile) {
  EXPECT_EQ(outcome(stream_of_records("03 01 61 01 00 00 00 0000000000000000 00", 1)), "read");
  EXPECT_THAT(outcome(stream_of_records("03 01 61 01 00 00 00 0000000000000000 01 00", 1)),
              HasSubstr("no file"));
  EXPECT_THAT(outcome(stream_of_records(
                  "01 01 61 01 00 00 00 0000000000000000 00" + record("02", kRest), 1)),
              HasSubstr("no file"));
}

TEST(StreamReader, RefusesRecordsCutShort) {
  const Bytes whole = from_hex("03 01 61 00 00 00 00 0000000000000000 02 0000");
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    EXPECT_FALSE(play(stream_of_records(cut, 1, cut.size()))) << bytes;
  }
}

TEST(StreamReader, RefusesEntriesOfAWrongLength) {
  const Bytes records = from_hex(record("03", kFileA));
  EXPECT_EQ(outcome(stream_of_records(records, 1, records.size())), "read");
  EXPECT_FALSE(play(stream_of_records(records, 1, records.size() - 1)));
  EXPECT_FALSE(play(stream_of_records(records, 1, records.size() + 1)));
  EXPECT_FALSE(play(stream_of_records({}, 0, 0)));
  EXPECT_FALSE(play(stream_of_records(records, 1, (8 << 20) + 1)));
}

TEST(StreamReader, AZipBombStopsAtTheLimit) {
  codecs::BlockCodec codec;
  Bytes bomb;
  ASSERT_EQ(codec.compress(Kind::kText, Bytes(64 << 20), bomb), codecs::Codec::kZstd);
  Frames frames(sample().bytes);
  for (Frames::One& frame : frames.all) {
    if (frame.type != FrameType::kEntries) continue;
    frame.body = {1};
    append_varint(frame.body, 8 << 20);
    append(frame.body, bomb);
  }
  EXPECT_FALSE(play(frames.sealed()));
}

TEST(StreamWriter, KeepsFramesOfEntriesWithinTheirLimit) {
  // More than 8 MiB of moves and of entries, in one group.
  Bytes stream;
  StreamWriter writer({}, [&](ByteView bytes) -> Status {
    append(stream, bytes);
    return Ok{};
  });
  for (std::size_t i = 0; i < 300; ++i) {
    PressedEntry entry;
    entry.entry.path = std::string(16000, 'a') + std::to_string(i);
    ASSERT_TRUE(writer.put_entry(std::move(entry)));
    ASSERT_TRUE(writer.put_moved({std::string(16000, 'a') + std::to_string(i),
                                  std::string(16000, 'b') + std::to_string(i)}));
  }
  ASSERT_TRUE(writer.end_group());
  ASSERT_TRUE(writer.finish());
  const auto played = play(stream);
  ASSERT_TRUE(played) << played.error().message();
  EXPECT_EQ(played->moves.size(), 300U);
  EXPECT_EQ(played->entries.size(), 300U);
}

TEST(StreamWriter, HandsOnErrorsOfItsOutput) {
  StreamWriter writer({}, [](ByteView) -> Status { return Error(ErrorCode::kIo, "pipe closed"); });
  const Status status = writer.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "pipe closed");
}

}  // namespace
}  // namespace letterpress::stream
