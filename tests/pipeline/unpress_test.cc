// SPDX-License-Identifier: Apache-2.0
// press | unpress: a stream of entries in memory becomes files again, from a file and from a pipe.
#include "files/unpress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "pipeline/serial_press.h"
#include "stream/block_spool.h"
#include "stream/stream_writer.h"

namespace letterpress::files {
namespace {

using pipeline::Given;
using ::testing::Contains;
using ::testing::HasSubstr;

class UnpressTest : public ::testing::Test {
 protected:
  UnpressTest() {
    std::string name = ::testing::TempDir() + "letterpress-unpress-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~UnpressTest() override { std::filesystem::remove_all(folder_); }

  static Bytes pressed(const std::vector<Given>& events, const HashKey* key = nullptr) {
    pipeline::MemorySource source(events);
    Bytes out;
    stream::StreamWriter writer({.is_keyed = key != nullptr,
                                 .key_check = key != nullptr ? stream::key_check_of(*key) : 0,
                                 .chunk_bytes_min = 4096,
                                 .chunk_bytes_avg = 16384,
                                 .chunk_bytes_max = 65536},
                                [&](ByteView bytes) -> Status {
                                  append(out, bytes);
                                  return Ok{};
                                });
    index::ChunkIndex index;
    EXPECT_TRUE(pipeline::press(
        source, index,
        pipeline::options_of(pipeline::RecipeForm::kPieces, {key, key}, {.new_bytes = kMiB}),
        writer));
    EXPECT_TRUE(writer.finish());
    return out;
  }

  File stream_file(ByteView bytes) {
    const std::string path = folder_ + "/stream";
    std::ofstream(path, std::ios::binary) << as_text(bytes);
    return *File::open(path, O_RDONLY);
  }

  UnpressOptions options() {
    UnpressOptions options;
    options.to = folder_ + "/out";
    options.on_problem = [this](const stream::Problem& problem) {
      problems_.push_back(problem.path + ": " + problem.message);
    };
    return options;
  }

  std::string content(const std::string& path) const {
    std::ifstream in(folder_ + "/out/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  bool exists(const std::string& path) const {
    return std::filesystem::exists(folder_ + "/out/" + path);
  }

  std::string folder_;
  std::vector<std::string> problems_;
};

std::optional<stream::Fault> fault_of(const Result<UnpressReport>& report) {
  if (!report || !report->fault) return std::nullopt;
  return report->fault->what;
}

std::vector<Given> mixture() {
  pipeline::Random random(1);
  std::vector<Given> events = {
      pipeline::folder("m"),
      pipeline::file("m/1", pipeline::made_mail(random, {.attachment_bytes = 100'000})),
      pipeline::file("m/2", ""),
      pipeline::file("m/3", pipeline::random_text(random, 3 * kMiB)),
      pipeline::file("m/4", pipeline::made_mail(random, {.attachment_bytes = 3 * kMiB})),
      pipeline::moved("m/1", "m/5"),
  };
  events.push_back(pipeline::file("m/6", events[3].bytes + "and more"));
  return events;
}

void expect_mixture(const std::vector<Given>& events,
                    const std::function<std::string(const std::string&)>& content) {
  EXPECT_TRUE(content("m/5") == events[1].bytes);
  EXPECT_EQ(content("m/2"), "");
  EXPECT_TRUE(content("m/3") == events[3].bytes);
  EXPECT_TRUE(content("m/4") == events[4].bytes);
  EXPECT_TRUE(content("m/6") == events[6].bytes);
}

TEST_F(UnpressTest, AFileBecomesTheTreeAgain) {
  const auto events = mixture();
  File input = stream_file(pressed(events));
  const auto report = unpress(input, options());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->entries, 6U);
  EXPECT_EQ(report->damaged + report->unmade, 0U);
  EXPECT_FALSE(exists("m/1"));
  expect_mixture(events, [&](const std::string& path) { return content(path); });
}

TEST_F(UnpressTest, AFileThatBeginsWithSomethingElseIsReadFromItsPosition) {
  const auto events = mixture();
  Bytes stream(1000, 'x');
  append(stream, pressed(events));
  File input = stream_file(stream);
  ASSERT_EQ(::lseek(input.descriptor(), 1000, SEEK_SET), 1000);
  ASSERT_TRUE(unpress(input, options()));
  expect_mixture(events, [&](const std::string& path) { return content(path); });
}

TEST_F(UnpressTest, APipeBecomesTheTreeAgain) {
  const auto events = mixture();
  const Bytes stream = pressed(events);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  File input(ends[0], "pipe");
  std::thread writer([&] {
    File output(ends[1], "pipe");
    EXPECT_TRUE(output.write(stream));
  });
  const auto report = unpress(input, options());
  writer.join();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->stream_bytes, stream.size());
  expect_mixture(events, [&](const std::string& path) { return content(path); });
}

TEST_F(UnpressTest, AnAbandonedFileIsLeftOut) {
  pipeline::Random random(2);
  const std::string bytes = pipeline::random_text(random, 3 * kMiB);
  File input = stream_file(
      pressed({pipeline::failing("a", bytes, 2'500'000), pipeline::file("b", "whole")}));
  const auto report = unpress(input, options());
  ASSERT_TRUE(report);
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(content("b"), "whole");
  EXPECT_EQ(report->entries, 1U);
}

TEST_F(UnpressTest, AKeyedStreamNeedsItsKey) {
  const HashKey key = pipeline::made_key(9);
  const HashKey other = pipeline::made_key(10);
  const Bytes stream = pressed({pipeline::file("a", "hello")}, &key);
  File without = stream_file(stream);
  EXPECT_EQ(fault_of(unpress(without, options())), stream::Fault::kKeyNeeded);
  UnpressOptions with = options();
  with.digest_key = key;
  File input = stream_file(stream);
  ASSERT_TRUE(unpress(input, with));
  EXPECT_EQ(content("a"), "hello");
  UnpressOptions wrong = options();
  wrong.to += "2";
  wrong.digest_key = other;
  File again = stream_file(stream);
  EXPECT_EQ(fault_of(unpress(again, wrong)), stream::Fault::kWrongKey);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/out2/a"));
}

TEST_F(UnpressTest, TheOnlyFileMayGoElsewhere) {
  std::string out;
  UnpressOptions one = options();
  one.to = folder_;
  one.single_output = [&](ByteView bytes) -> Status {
    out += as_text(bytes);
    return Ok{};
  };
  File input = stream_file(pressed({pipeline::file("a", "hello")}));
  ASSERT_TRUE(unpress(input, one));
  EXPECT_EQ(out, "hello");
  File two = stream_file(pressed({pipeline::file("a", "1"), pipeline::file("b", "2")}));
  const auto report = unpress(two, one);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("several files"));
}

TEST_F(UnpressTest, AStreamThatIsCutShortGivesWhatWasBeforeAndSaysSo) {
  const auto events = mixture();
  const Bytes stream = pressed(events);
  for (const std::size_t part : {1U, 3U, 5U, 7U}) {
    File input = stream_file(ByteView(stream).first(stream.size() / 8 * part));
    UnpressOptions to = options();
    to.to += std::to_string(part);
    EXPECT_EQ(fault_of(unpress(input, to)), stream::Fault::kCutShort) << part;
    for (const Given& given : events) {
      std::ifstream in(to.to + "/" + given.path, std::ios::binary);
      if (given.what != Given::What::kFile || !in) continue;
      const std::string got{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      EXPECT_TRUE(got == given.bytes) << given.path;
    }
  }
}

TEST_F(UnpressTest, AFlippedByteNeverBecomesWrongContent) {
  pipeline::Random random(3);
  const std::vector<Given> events = {
      pipeline::file("a", pipeline::made_mail(random, {})), pipeline::file("b", "x"),
      pipeline::file("c", pipeline::made_mail(random, {.attachment_bytes = 2000}))};
  const Bytes stream = pressed(events);
  for (std::size_t at = 0; at < stream.size(); at += 3) {
    Bytes damaged = stream;
    damaged[at] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    std::filesystem::remove_all(folder_ + "/out");
    File input = stream_file(damaged);
    const auto report = unpress(input, options());
    ASSERT_TRUE(report) << at;
    EXPECT_TRUE(report->fault) << at;
    for (const Given& given : events) {
      if (exists(given.path)) {
        EXPECT_TRUE(content(given.path) == given.bytes) << at;
      }
    }
  }
}

TEST(BlockSpool, GivesBlocksThatCameInAnyOrderAndRefusesOneTwice) {
  std::string name = ::testing::TempDir() + "letterpress-spool-XXXXXX";
  File file(::mkstemp(name.data()), name);
  ASSERT_EQ(::unlink(name.c_str()), 0);
  stream::BlockSpool spool(file);
  codecs::BlockCodec codec;
  for (const std::uint64_t number : {7U, 3U, 900U}) {
    stream::RawBlock raw;
    raw.number = number;
    raw.bytes.assign(number + 1, static_cast<std::uint8_t>(number));
    raw.lengths = {static_cast<std::uint32_t>(raw.bytes.size())};
    raw.ids.resize(1);
    const stream::Block block = stream::compress_block(std::move(raw), codec);
    Bytes encoded;
    stream::encode_block(block, true, encoded);
    const stream::EncodedBlock given{encoded, *stream::decode_block(encoded)};
    EXPECT_TRUE(spool.append(given));
    EXPECT_EQ(spool.append(given).error().code(), ErrorCode::kCorrupt);
  }
  for (const std::uint64_t number : {3U, 900U, 7U, 3U}) {
    const auto block = spool.block(number);
    ASSERT_TRUE(block) << block.error().message();
    EXPECT_TRUE(
        std::ranges::equal((*block)->bytes, Bytes(number + 1, static_cast<std::uint8_t>(number))));
  }
  EXPECT_EQ(spool.block(8).error().code(), ErrorCode::kCorrupt);
}

TEST(BlockCache, KeepsWhatWasUsedLastWithinItsBytes) {
  stream::BlockCache cache(1000);
  const auto put = [&](std::uint64_t number, std::size_t bytes) {
    stream::OpenBlock block;
    block.number = number;
    block.bytes.resize(bytes);
    return cache.put({number}, std::move(block));
  };
  const auto held = put(1, 400);
  put(2, 400);
  EXPECT_NE(cache.find({1}), nullptr);
  put(3, 400);
  EXPECT_EQ(cache.find({2}), nullptr);
  EXPECT_NE(cache.find({1}), nullptr);
  put(4, 5000);
  EXPECT_NE(cache.find({4}), nullptr);
  EXPECT_EQ(cache.find({1}), nullptr);
  EXPECT_EQ(cache.find({3}), nullptr);
  EXPECT_EQ(held->bytes.size(), 400U);
  put(5, 10);
  EXPECT_EQ(cache.find({4}), nullptr);
  EXPECT_NE(cache.find({5}), nullptr);
}

TEST(BlockCache, GivesBuffersOfWhatNobodyHolds) {
  std::shared_ptr<const stream::OpenBlock> held;
  {
    stream::BlockCache cache(1);
    const auto put = [&](std::uint64_t number) {
      stream::OpenBlock block;
      block.number = number;
      block.bytes.assign(kMiB, static_cast<std::uint8_t>(number));
      return cache.put({number}, std::move(block));
    };
    held = put(1);
    put(2);
    EXPECT_EQ(cache.take_spare().capacity(), 0U);
    const std::uint8_t* const bytes = cache.find({2})->bytes.data();
    put(3);
    EXPECT_EQ(cache.take_spare().data(), bytes);
    EXPECT_EQ(cache.take_spare().capacity(), 0U);
    EXPECT_EQ(held->bytes.size(), kMiB);
  }
  EXPECT_EQ(held->bytes.back(), 1);
}

}  // namespace
}  // namespace letterpress::files
