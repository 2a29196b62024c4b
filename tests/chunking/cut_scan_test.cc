// SPDX-License-Identifier: Apache-2.0
// Properties that cuts have whatever the hash is; cut_scan_golden_test.cc checks which cuts they
// are.
#include "chunking/cut_scan.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>

#include "chunking/chosen_input.h"

namespace letterpress::chunking {
namespace {

using test::generated_input;

std::vector<std::size_t> lengths_of(ByteView bytes, const CutParams& params = {}) {
  std::vector<std::size_t> lengths;
  while (!bytes.empty()) {
    lengths.push_back(next_cut(bytes.data(), bytes.size(), params));
    bytes = bytes.subspan(lengths.back());
  }
  return lengths;
}

std::multiset<std::string> chunks_of(ByteView bytes) {
  std::multiset<std::string> chunks;
  for (const std::size_t length : lengths_of(bytes)) {
    chunks.emplace(as_text(bytes.first(length)));
    bytes = bytes.subspan(length);
  }
  return chunks;
}

TEST(CutParams, DefaultsAreValid) { EXPECT_TRUE(validate(CutParams{})); }

TEST(CutParams, LimitsAreValid) {
  EXPECT_TRUE(validate({64, 1024, 1024}));
  EXPECT_TRUE(validate({1024, 1024, 1024}));
  EXPECT_TRUE(validate({64, 65536, 65536}));
  EXPECT_TRUE(validate({65536, 65536, 65536}));
}

TEST(CutParams, SizesOutOfRangeAreInvalidArguments) {
  for (const CutParams& params :
       {CutParams{63, 1024, 1024}, CutParams{0, 16384, 65536}, CutParams{1025, 1024, 65536},
        CutParams{64, 512, 65536}, CutParams{64, 131072, 131072}, CutParams{64, 1000, 65536},
        CutParams{4096, 12288, 65536}, CutParams{64, 0, 65536}, CutParams{4096, 16384, 16383},
        CutParams{4096, 16384, 65537}, CutParams{4096, 16384, 0}}) {
    const Status status = validate(params);
    ASSERT_FALSE(status) << params.chunk_bytes_min << " " << params.chunk_bytes_avg << " "
                         << params.chunk_bytes_max;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(NextCut, NothingGivesZero) { EXPECT_EQ(next_cut(nullptr, 0, {}), 0U); }

TEST(NextCut, LengthsAddUpAndAreInBounds) {
  for (const CutParams& params : {CutParams{}, CutParams{64, 1024, 4096}, CutParams{64, 1024, 1024},
                                  CutParams{8192, 65536, 65536}, CutParams{1024, 1024, 2048}}) {
    for (const char* const input : {"random:1:500000", "base64:2:500000", "bits:3:300000",
                                    "fill:00:300000", "repeat:4:100:300000"}) {
      const Bytes bytes = generated_input(input);
      const std::vector<std::size_t> lengths = lengths_of(bytes, params);
      EXPECT_EQ(std::accumulate(lengths.begin(), lengths.end(), std::size_t{0}), bytes.size());
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        EXPECT_LE(lengths[i], params.chunk_bytes_max) << input;
        if (i + 1 < lengths.size()) {
          EXPECT_GE(lengths[i], params.chunk_bytes_min) << input;
        }
      }
    }
  }
}

// Marks come with probability 1 / (4 avg) before the average and 4 / avg after it. With min = avg /
// 4, a = e^(-3/16) of the chunks reach the average, and the mean is avg (1/4 + 4 (1 - a) + a / 4).
TEST(NextCut, MeanLengthIsAsTheProbabilitiesSay) {
  for (const std::uint32_t avg : {1024U, 4096U, 16384U}) {
    const CutParams params{avg / 4, avg, 65536};
    for (const char* const kind : {"random:11:", "base64:12:"}) {
      const std::size_t byte_count = std::size_t{avg} * 1500;
      const Bytes bytes = generated_input(kind + std::to_string(byte_count));
      const auto count = static_cast<double>(lengths_of(bytes, params).size());
      const double mean = static_cast<double>(byte_count) / count;
      const double expected = 1.141 * avg;
      EXPECT_NEAR(mean / expected, 1, 0.03) << kind << " avg " << avg;
    }
  }
}

TEST(NextCut, DoesNotDependOnBytesAfterTheChunk) {
  Bytes bytes = generated_input("random:5:200000");
  const std::size_t length = next_cut(bytes.data(), bytes.size(), {});
  ASSERT_LT(length, bytes.size());
  for (std::size_t size : {length, length + 1, length + 15, length + 1000, std::size_t{100'000}}) {
    EXPECT_EQ(next_cut(bytes.data(), size, {}), length) << "of " << size;
  }
  for (std::size_t i = length; i < bytes.size(); ++i) bytes[i] ^= 0x5a;
  EXPECT_EQ(next_cut(bytes.data(), bytes.size(), {}), length);
}

TEST(NextCut, DoesNotDependOnTheAddress) {
  const Bytes bytes = generated_input("random:6:100000");
  const std::vector<std::size_t> expected = lengths_of(bytes);
  for (std::size_t shift = 1; shift < 64; ++shift) {
    Bytes moved(shift);
    append(moved, bytes);
    EXPECT_EQ(lengths_of(ByteView(moved).subspan(shift)), expected) << shift;
  }
}

TEST(NextCut, DataShorterThanACutIsOneChunk) {
  const Bytes bytes = generated_input("random:7:100000");
  const std::size_t length = next_cut(bytes.data(), bytes.size(), {});
  for (std::size_t size = 0; size < length; size += 97) {
    EXPECT_EQ(next_cut(bytes.data(), size, {}), size);
  }
}

TEST(NextCut, ZerosAreCutAtTheMaximumOnly) {
  for (const std::size_t size : {65535U, 65536U, 65537U, 300'000U}) {
    const Bytes bytes(size);
    for (const std::size_t length : lengths_of(bytes)) {
      EXPECT_TRUE(length == 65536 || length == size % 65536) << length;
    }
  }
}

TEST(NextCut, ARepeatIsCutAtItsPeriod) {
  const std::vector<std::size_t> lengths = lengths_of(generated_input("repeat:12:40000:800000"));
  ASSERT_GT(lengths.size(), 20U);
  std::set<std::size_t> distinct(lengths.begin() + 4, lengths.end() - 1);
  EXPECT_LE(distinct.size(), 6U);
}

// What an index grows by is bounded by the least chunk, whatever the data is.
TEST(NextCut, ChosenDataMakesNoMoreChunksThanTheMinimumAllows) {
  constexpr std::size_t kBytes = 1'000'000;
  std::size_t most = 0;
  for (const test::ChosenInput& input : test::chosen_inputs(kBytes)) {
    for (const CutParams& params : {CutParams{}, CutParams{64, 1024, 65536}}) {
      const std::size_t count = lengths_of(input.bytes, params).size();
      EXPECT_LE(count, kBytes / params.chunk_bytes_min + 1) << input.name;
      EXPECT_GE(count, kBytes / params.chunk_bytes_max) << input.name;
      if (params.chunk_bytes_min == CutParams{}.chunk_bytes_min) most = std::max(most, count);
    }
  }
  // Some of it reaches the bound: the data is what it is meant to be.
  EXPECT_EQ(most, kBytes / CutParams{}.chunk_bytes_min + 1);
}

// Bytes lost to an insertion: the chunk it is in, and those until the cuts meet again.
TEST(NextCut, CutsMeetAgainAfterAnInsertion) {
  for (const char* const input : {"random:8:1000000", "base64:9:1000000"}) {
    const Bytes bytes = generated_input(input);
    const std::multiset<std::string> chunks = chunks_of(bytes);
    std::mt19937 random(10);
    std::size_t lost_bytes = 0;
    constexpr std::size_t kInsertions = 50;
    for (std::size_t i = 0; i < kInsertions; ++i) {
      Bytes edited = bytes;
      const auto at = static_cast<std::ptrdiff_t>(random() % edited.size());
      edited.insert(edited.begin() + at, 1 + random() % 200, 'x');
      for (const std::string& chunk : chunks_of(edited)) {
        if (!chunks.contains(chunk)) lost_bytes += chunk.size();
      }
    }
    EXPECT_LT(lost_bytes / kInsertions, 45'000U) << input;  // 2.4 chunks of the mean length
  }
}

// Where two parts of the data are equal for long enough, their cuts are, whatever stands before
// them.
TEST(NextCut, EqualStretchesGetEqualChunks) {
  const Bytes stretch = generated_input("random:13:400000");
  Bytes first = generated_input("base64:14:70001");
  Bytes second = generated_input("random:15:123456");
  append(first, stretch);
  append(second, stretch);
  const std::multiset<std::string> chunks = chunks_of(first);
  std::size_t shared_bytes = 0;
  for (const std::string& chunk : chunks_of(second)) {
    if (chunks.contains(chunk)) shared_bytes += chunk.size();
  }
  EXPECT_GT(shared_bytes, 300'000U);
}

}  // namespace
}  // namespace letterpress::chunking
