// SPDX-License-Identifier: Apache-2.0
// Streams through the interface of embedders: what goes in comes out, and the conformance files of
// tests/golden/streams get the errors of their table.
#include "letterpress/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "embed/map_store.h"
#include "pipeline/made_mail.h"

namespace letterpress::embed {
namespace {

using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;
using Chunks = std::map<ChunkId, std::vector<std::uint8_t>>;

std::string read_golden(const std::string& name) {
  std::ifstream in(LETTERPRESS_SOURCE_DIR "/tests/golden/streams/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

HashKey key_of(const std::string& file) {
  HashKey key;
  const std::string bytes = read_golden(file);
  std::copy_n(bytes.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

StreamOutput::Write into_stream(std::string& stream) {
  return [&stream](std::span<const std::uint8_t> bytes) -> Status {
    stream.append(bytes.begin(), bytes.end());
    return Ok{};
  };
}

StreamInput::Read from(std::string_view stream) {
  return [stream](std::span<std::uint8_t> into) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), stream.size());
    std::copy_n(stream.begin(), count, into.begin());
    stream.remove_prefix(count);
    return count;
  };
}

// A store that keeps chunks by their ids, and borrows.
class ChunkStore : public MapStore {
 public:
  Chunks chunks;
  std::vector<BorrowedBlock> borrowed;

  Status put_borrowed(BorrowedBlock&& block) override {
    std::vector<std::span<const std::uint8_t>> parts;
    for (std::size_t i = 0; i < block.ids.size(); ++i) {
      const auto& chunk = chunks.at(block.ids[i]);
      EXPECT_EQ(chunk.size(), block.lengths[i]);
      parts.emplace_back(chunk);
    }
    LETTERPRESS_TRY_ASSIGN(blocks[block.number], block_of_chunks(block.number, parts));
    borrowed.push_back(std::move(block));
    return Ok{};
  }
  // Takes over all chunks of a store that keeps each as a block of its own.
  void learn(MapStore& other) {
    for (const auto& [id, place] : other.places) {
      std::vector<std::uint8_t>& bytes = blocks_of_one_[place.block];
      bytes = other.blocks.at(place.block);
      // number, kind, codec 0, flags, one chunk, its length: the rest is the chunk.
      chunks[id] = payload_of(bytes);
    }
  }

 private:
  static std::vector<std::uint8_t> payload_of(const std::vector<std::uint8_t>& block) {
    const auto skip_varint = [&](std::size_t at) {
      while (block[at] >= 0x80) ++at;
      return at + 1;
    };
    std::size_t at = skip_varint(0);
    EXPECT_EQ(block[at + 1], 0) << "the test's chunks must not be worth compressing";
    at = skip_varint(skip_varint(at + 3));
    return {block.begin() + static_cast<std::ptrdiff_t>(at), block.end()};
  }
  std::map<std::uint64_t, std::vector<std::uint8_t>> blocks_of_one_;
};

// Files whose chunks are not worth compressing.
Files some_files(unsigned seed) {
  pipeline::Random random(seed);
  Files files;
  for (int i = 0; i < 20; ++i) {
    std::string bytes(1000 + random() % 100'000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    files["f/" + std::to_string(100 + i)] = bytes;
  }
  return files;
}

Status press_into(Receiver& receiver, const Files& files, PressOptions options = {}) {
  LETTERPRESS_TRY_ASSIGN(Press press, Press::open(std::move(options), receiver));
  for (const auto& [path, content] : files) {
    LETTERPRESS_TRY(press.begin_entry({.path = path, .metadata = {.mode = 0640}}));
    LETTERPRESS_TRY(press.write(as_bytes(content)));
    LETTERPRESS_TRY(press.end_entry());
  }
  LETTERPRESS_TRY(press.finish());
  return Ok{};
}

std::string stream_of(const Files& files, PressOptions options = {}, StreamOptions stream = {}) {
  std::string bytes;
  StreamOutput output(into_stream(bytes), stream);
  EXPECT_TRUE(press_into(output, files, std::move(options)));
  EXPECT_TRUE(output.finish());
  EXPECT_EQ(output.bytes_written(), bytes.size());
  return bytes;
}

Files all_rebuilt(MapStore& store, const std::optional<HashKey>& key = std::nullopt) {
  Files files;
  Rebuild rebuild = store.rebuild({.digest_key = key});
  for (const auto& [path, parts] : store.entries) {
    const Status status = rebuild.whole(store.parts(path), into(files[path]));
    EXPECT_TRUE(status) << path << ": " << status.error().message();
  }
  return files;
}

Files mail_and_files() {
  pipeline::Random random(1);
  Files files = some_files(1);
  files["large"] = pipeline::random_text(random, 20'000'000);
  files["empty"] = "";
  for (int i = 0; i < 30; ++i) {
    files["m/" + std::to_string(i)] = pipeline::made_mail(random, {.attachment_bytes = 30'000});
  }
  return files;
}

TEST(Stream, WhatGoesInComesOut) {
  const Files files = mail_and_files();
  const std::string stream = stream_of(files);
  MapStore store;
  StreamInput input(from(stream));
  const Status read = input.read_to(store);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(all_rebuilt(store) == files);
  EXPECT_TRUE(input.position().is_complete);
  EXPECT_EQ(input.position().bytes, stream.size());
  EXPECT_EQ(input.position().entries, files.size());
  EXPECT_EQ(input.position().error_name, "");
  EXPECT_GT(input.position().groups, 1U);
}

TEST(Stream, AReceiverSeesWhatTheRunGave) {
  const Files files = mail_and_files();
  MapStore expected;
  ASSERT_TRUE(press_into(expected, files));
  MapStore store;
  const std::string stream = stream_of(files, {.threads = 3});
  ASSERT_TRUE(StreamInput(from(stream)).read_to(store));
  EXPECT_TRUE(std::ranges::equal(store.places, expected.places));
  ASSERT_EQ(store.blocks.size(), expected.blocks.size());
  for (const auto& [number, bytes] : expected.blocks) EXPECT_TRUE(store.blocks[number] == bytes);
  for (const auto& [path, parts] : expected.entries) {
    ASSERT_EQ(store.entries[path].size(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_TRUE(store.entries[path][i].recipe == parts[i].recipe);
      EXPECT_EQ(store.entries[path][i].raw_bytes, parts[i].raw_bytes);
      EXPECT_EQ(store.entries[path][i].blocks, parts[i].blocks);
      EXPECT_EQ(store.entries[path][i].entry.metadata, parts[i].entry.metadata);
    }
  }
}

TEST(Stream, TheBytesDoNotDependOnThreads) {
  const Files files = mail_and_files();
  EXPECT_TRUE(stream_of(files, {.threads = 1}) == stream_of(files, {.threads = 4}));
}

TEST(Stream, AKeyIsNeededWhereThereIsOne) {
  const HashKey key = key_of("key");
  const HashKey other = key_of("other");
  const Files files = some_files(2);
  const std::string stream = stream_of(files, {.id_key = key, .digest_key = key}, {.key = key});
  MapStore store;
  ASSERT_TRUE(StreamInput(from(stream), {.key = key}).read_to(store));
  EXPECT_TRUE(all_rebuilt(store, key) == files);
  for (const StreamOptions& options : {StreamOptions{}, StreamOptions{.key = other}}) {
    MapStore none;
    StreamInput input(from(stream), options);
    EXPECT_FALSE(input.read_to(none));
    EXPECT_EQ(input.position().error_name, options.key ? "wrong-key" : "key-needed");
    EXPECT_TRUE(none.calls.empty());
  }
}

TEST(Stream, KnownChunksAreLeftOut) {
  Files files = some_files(3);
  MapStore first;
  ASSERT_TRUE(press_into(first, files, {.single_chunks = true}));
  files["new"] = some_files(4).begin()->second;
  PressOptions options;
  for (const auto& [id, place] : first.places) options.known_ids.push_back(id);
  const std::string stream = stream_of(files, options, {.borrows_chunks = true});
  EXPECT_LT(stream.size(), stream_of(files).size() / 4);
  std::ranges::reverse(options.known_ids);
  EXPECT_TRUE(stream_of(files, options, {.borrows_chunks = true}) == stream);

  ChunkStore store;
  store.learn(first);
  const Status read = StreamInput(from(stream)).read_to(store);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(store.borrowed.empty());
  EXPECT_TRUE(all_rebuilt(store) == files);

  MapStore cannot;
  const Status refused = StreamInput(from(stream)).read_to(cannot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
}

TEST(Stream, ARunThatBorrowsNeedsAStreamThatSaysSo) {
  const Files files = some_files(3);
  MapStore first;
  ASSERT_TRUE(press_into(first, files));
  PressOptions options;
  for (const auto& [id, place] : first.places) options.known_ids.push_back(id);
  std::string bytes;
  StreamOutput output(into_stream(bytes));
  const Status pressed = press_into(output, files, options);
  ASSERT_FALSE(pressed);
  EXPECT_EQ(pressed.error().code(), ErrorCode::kUnsupported);
  EXPECT_FALSE(output.finish());
}

TEST(Stream, BlocksOfChunksHaveLimits) {
  const std::vector<std::uint8_t> chunk(65536, 1);
  std::vector<std::span<const std::uint8_t>> chunks(64, chunk);
  EXPECT_TRUE(block_of_chunks(5, chunks));
  chunks.emplace_back(std::span(chunk).first(1));
  EXPECT_FALSE(block_of_chunks(5, chunks));
  EXPECT_FALSE(block_of_chunks(5, {}));
  chunks.assign(1, std::span(chunk).first(0));
  EXPECT_FALSE(block_of_chunks(5, chunks));
  chunks.assign(1, chunk);
  EXPECT_FALSE(block_of_chunks(kBlockNumberMax + 1, chunks));
}

TEST(Stream, ErrorsOfTheCallbacksComeBackUnchanged) {
  const Files files = some_files(5);
  const std::string stream = stream_of(files);
  MapStore store;
  int calls = 0;
  store.on_call = [&]() -> Status {
    if (++calls < 3) return Ok{};
    return Error(ErrorCode::kIo, "the disk is full");
  };
  StreamInput input(from(stream));
  const Status read = input.read_to(store);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "the disk is full");
  EXPECT_EQ(input.position().error_name, "");
  EXPECT_FALSE(input.read_to(store)) << "a second time";

  StreamInput broken([](std::span<std::uint8_t>) -> Result<std::size_t> {
    return Error(ErrorCode::kIo, "the line is down");
  });
  MapStore none;
  EXPECT_EQ(broken.read_to(none).error().message(), "the line is down");

  StreamInput liar(
      [](std::span<std::uint8_t> into) -> Result<std::size_t> { return into.size() + 1; });
  EXPECT_EQ(liar.read_to(none).error().code(), ErrorCode::kInvalidArgument);

  std::size_t written = 0;
  StreamOutput output([&](std::span<const std::uint8_t> bytes) -> Status {
    written += bytes.size();
    if (written < 100'000) return Ok{};
    return Error(ErrorCode::kIo, "the pipe broke");
  });
  EXPECT_EQ(press_into(output, files).error().message(), "the pipe broke");
  EXPECT_EQ(output.finish().error().message(), "the pipe broke");
}

TEST(Stream, FinishIsCalledOnce) {
  std::string bytes;
  StreamOutput output(into_stream(bytes));
  ASSERT_TRUE(output.finish());
  EXPECT_EQ(output.finish().error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(output.end_group().error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(bytes, read_golden("empty.lps"));
}

// What a reader could not use is refused while it is written.
TEST(Stream, ARunThatIsNotForTheStreamIsRefused) {
  const Files files = some_files(6);
  PressOptions late;
  late.first_block_number = 5;
  PressOptions keyed;
  keyed.id_key = HashKey{{1}};
  for (const PressOptions& options : {late, keyed}) {
    std::string bytes;
    StreamOutput output(into_stream(bytes));
    const Status pressed = press_into(output, files, options);
    ASSERT_FALSE(pressed);
    EXPECT_EQ(pressed.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(pressed.error().message(), HasSubstr("StreamOutput"));
    EXPECT_FALSE(output.finish());
  }
  std::string bytes;
  StreamOutput output(into_stream(bytes), {.key = HashKey{{1}}});
  EXPECT_FALSE(press_into(output, files)) << "the stream has a key, the run none";
  StreamOutput bad_name(into_stream(bytes));
  PressedPart part;
  part.entry.path = "../up";
  EXPECT_FALSE(bad_name.put_part(std::move(part)));
  StreamOutput unequal(into_stream(bytes), {.borrows_chunks = true});
  BorrowedBlock borrowed;
  borrowed.ids = {ChunkId{}};
  EXPECT_FALSE(unequal.put_borrowed(std::move(borrowed)));
}

TEST(Stream, ARunThatHasNotEndedIsNotFinished) {
  std::string bytes;
  StreamOutput output(into_stream(bytes));
  PressedPart part;
  part.entry.path = "a";
  part.is_last = false;
  ASSERT_TRUE(output.put_part(std::move(part)));
  ASSERT_TRUE(output.end_group());
  const Status finished = output.finish();
  ASSERT_FALSE(finished);
  EXPECT_THAT(finished.error().message(), HasSubstr("before the run has ended"));
}

// Of all callbacks at once: a failure is the last call, whatever thread is about to make another.
TEST(Stream, NoCallbackIsCalledAfterOneHasFailed) {
  const Files files = mail_and_files();
  for (int round = 0; round < 5; ++round) {
    MapStore store;
    std::atomic<int> calls = 0;
    std::atomic<int> calls_after = 0;
    std::atomic<bool> has_failed = false;
    store.on_call = [&]() -> Status {
      if (has_failed) ++calls_after;
      if (++calls < 3 + round) return Ok{};
      has_failed = true;
      return Error(ErrorCode::kIo, "failed");
    };
    PressOptions options;
    options.threads = 2;
    options.first_block_number = 1;  // so that it asks
    EXPECT_EQ(press_into(store, files, options).error().message(), "failed");
    EXPECT_EQ(calls_after, 0);
  }
}

struct Row {
  std::string name;
  std::string error;
  std::uint64_t offset = 0;
  bool has_key = false;
  bool has_wrong_key = false;
};

std::vector<Row> table() {
  std::vector<Row> rows;
  std::istringstream lines(read_golden("README.md"));
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '|');) {
      const std::size_t begin = cell.find_first_not_of(' ');
      const std::size_t end = cell.find_last_not_of(' ');
      cells.push_back(begin == cell.npos ? "" : cell.substr(begin, end - begin + 1));
    }
    if (cells.size() < 6 || cells[1].find(".lps") == std::string::npos) continue;
    Row row = {cells[1], cells[3]};
    if (!cells[4].empty()) row.offset = std::stoull(cells[4]);
    row.has_wrong_key = cells[5].find("--key other") != std::string::npos;
    row.has_key = cells[5].find("--key") != std::string::npos;
    rows.push_back(row);
  }
  return rows;
}

// Rebuilds what came: digests are checked there. Hostile streams may repeat paths.
Status rebuild_all(MapStore& store, const std::optional<HashKey>& key) {
  Rebuild rebuild = store.rebuild({.digest_key = key});
  for (const auto& [path, parts] : store.entries) {
    std::string content;
    LETTERPRESS_TRY(rebuild.whole(store.parts(path), into(content)));
  }
  return Ok{};
}

// Errors that show when an entry is made, not when its record is read.
bool shows_at_rebuild(const Row& row) {
  return row.error == "bad-digest" || row.error == "bad-recipe";
}

void check_row(const Row& row) {
  StreamOptions options;
  if (row.has_key) options.key = key_of(row.has_wrong_key ? "other" : "key");
  const std::string stream = read_golden(row.name);
  ChunkStore store;
  for (const std::string chunk : {"lent one ", "lent two "}) {
    MapStore lent;
    EXPECT_TRUE(press_into(lent, {{"x", chunk}}, {.id_key = options.key}));
    for (const auto& [id, place] : lent.places) store.chunks[id] = {chunk.begin(), chunk.end()};
  }
  StreamInput input(from(stream), options);
  const bool borrows = row.name.starts_with("borrowed");
  if (row.error == "missing-chunk") return;  // a store knows what it has
  const Status read = input.read_to(store);
  if (row.error.empty() || (shows_at_rebuild(row) && read)) {
    EXPECT_TRUE(read) << row.name << ": " << read.error().message();
    EXPECT_EQ(store.borrowed.empty(), !borrows || !row.error.empty()) << row.name;
    const Status made = rebuild_all(store, options.key);
    EXPECT_EQ(static_cast<bool>(made), row.error.empty()) << row.name;
    return;
  }
  ASSERT_FALSE(read) << row.name;
  EXPECT_EQ(input.position().error_name, row.error) << row.name;
  EXPECT_EQ(input.position().error_offset, row.offset) << row.name;
  EXPECT_THAT(read.error().message(), HasSubstr("byte " + std::to_string(row.offset) + ":"));
  EXPECT_THAT(read.error().message(), HasSubstr("(" + row.error + ")"));
}

TEST(Stream, ConformanceFilesGetTheErrorsOfTheirTable) {
  const std::vector<Row> rows = table();
  EXPECT_GT(rows.size(), 150U);
  for (const Row& row : rows) check_row(row);
}

TEST(Stream, EachTruncationSaysHowMuchWasWhole) {
  const std::string stream = read_golden("groups.lps");
  std::uint64_t last = 0;
  for (std::size_t bytes = 0; bytes < stream.size(); ++bytes) {
    MapStore store;
    StreamInput input(from(std::string_view(stream).substr(0, bytes)));
    ASSERT_FALSE(input.read_to(store)) << bytes;
    const StreamPosition& position = input.position();
    EXPECT_EQ(position.error_name, "cut-short");
    EXPECT_EQ(position.error_offset, position.bytes);
    EXPECT_LE(position.bytes, bytes);
    EXPECT_LE(last, position.bytes);
    EXPECT_EQ(position.groups,
              static_cast<std::uint64_t>(std::ranges::count(store.calls, std::string("group"))));
    EXPECT_TRUE(rebuild_all(store, std::nullopt));
    last = position.bytes;
  }
}

TEST(Stream, FlippedBitsAreFound) {
  const std::string stream = read_golden("entry-types.lps");
  for (std::size_t bit = 0; bit < 8 * stream.size(); bit += 5) {
    std::string flipped = stream;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    MapStore store;
    EXPECT_FALSE(StreamInput(from(flipped)).read_to(store)) << bit;
  }
}

}  // namespace
}  // namespace letterpress::embed
