// SPDX-License-Identifier: Apache-2.0
// Every lanes kernel gives the digests of compress() alone, whatever nodes share its lanes. Single
// nodes are checked against the published vectors in blake3_test.cc; expected values come from
// Hasher fed byte by byte, which uses no lanes.
#include "hashing/blake3_lanes.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "base/endian.h"
#include "base/hex.h"
#include "hashing/blake3.h"
#include "hashing/blake3_batch.h"
#include "hashing/sixteen_lanes.h"

namespace letterpress::hashing {

void PrintTo(const LanesKernel& kernel, std::ostream* out) { *out << cpu_tier_name(kernel.tier); }

namespace {

const HashKey kKey{{'l', 'a', 'n', 'e', 's'}};

ChunkId hash_without_lanes(ByteView bytes, const HashKey* key) {
  Hasher hasher = key != nullptr ? Hasher(*key) : Hasher();
  for (const std::uint8_t& byte : bytes) hasher.update({&byte, 1});
  return hasher.finish();
}

Bytes random_bytes(std::size_t byte_count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(byte_count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

class Blake3LanesTest : public testing::TestWithParam<LanesKernel> {
 protected:
  void SetUp() override {
    if (GetParam().tier > cpu_tier()) GTEST_SKIP() << "this CPU lacks the tier";
  }

  void expect_ids(const std::vector<ByteView>& inputs, const HashKey* key) {
    std::vector<ChunkId> ids(inputs.size());
    hash_many_on(GetParam(), inputs, key, ids.data());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_EQ(ids[i], hash_without_lanes(inputs[i], key))
          << "input " << i << " of " << inputs.size() << ", " << inputs[i].size() << " bytes";
    }
  }
};

TEST_P(Blake3LanesTest, NoInputsGiveNoIds) { expect_ids({}, nullptr); }

TEST_P(Blake3LanesTest, EveryLengthUpToThreeLeaves) {
  const Bytes bytes = random_bytes(3 * 1024 + 65, 1);
  std::vector<ByteView> inputs;
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    inputs.push_back(ByteView(bytes).first(length));
  }
  expect_ids(inputs, nullptr);
  expect_ids(inputs, &kKey);
}

TEST_P(Blake3LanesTest, EveryNumberOfInputsUpToTwiceTheLanes) {
  const Bytes bytes = random_bytes(16384, 2);
  for (std::size_t count = 1; count <= 2 * kLanesMax + 1; ++count) {
    std::vector<ByteView> inputs;
    for (std::size_t i = 0; i < count; ++i) {
      inputs.push_back(ByteView(bytes).subspan(i, 200 * (i + 1)));
    }
    expect_ids(inputs, &kKey);
  }
}

TEST_P(Blake3LanesTest, TreesOfEveryShapeUpToABatchAndBeyond) {
  const Bytes bytes = random_bytes(600 * 1024, 3);
  std::vector<ByteView> inputs;
  for (std::size_t leaves = 1; leaves <= 70; ++leaves) {
    inputs.push_back(ByteView(bytes).subspan(leaves, leaves * 1024));
    inputs.push_back(ByteView(bytes).subspan(leaves, leaves * 1024 - 1 - leaves % 1023));
  }
  for (const std::size_t leaves : {127U, 128U, 129U, 255U, 256U, 257U, 511U, 512U, 513U, 570U}) {
    inputs.push_back(ByteView(bytes).subspan(leaves, leaves * 1024));
    inputs.push_back(ByteView(bytes).subspan(leaves, leaves * 1024 + 1));
  }
  expect_ids(inputs, nullptr);
  expect_ids(inputs, &kKey);
}

// Rows, which are nodes of one length, and what is left of them; whole inputs and leaves of larger
// ones side by side.
TEST_P(Blake3LanesTest, EveryNumberOfNodesOfOneLength) {
  const Bytes bytes = random_bytes(6 * 1024, 6);
  for (const std::size_t length : {64U, 128U, 1024U, 2048U, 5 * 1024U}) {
    for (std::size_t count = 1; count <= 2 * kLanesMax + 1; ++count) {
      std::vector<ByteView> inputs;
      for (std::size_t i = 0; i < count; ++i) inputs.push_back(ByteView(bytes).subspan(i, length));
      inputs.push_back(ByteView(bytes).subspan(7, 1024));
      expect_ids(inputs, &kKey);
    }
  }
}

TEST_P(Blake3LanesTest, RandomLengthsInRandomOrder) {
  const Bytes bytes = random_bytes(70'000, 4);
  std::mt19937 random(20'260'101);
  std::vector<ByteView> inputs;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t length = random() % (i % 3 == 0 ? 66'000U : 3'000U);
    inputs.push_back(ByteView(bytes).subspan(random() % 4'000, length));
  }
  expect_ids(inputs, &kKey);
}

// The lanes of nodes that ended, and the padded last blocks, must not make a kernel read on.
TEST_P(Blake3LanesTest, ReadsNothingBeforeOrAfterTheInputs) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const mapped =
      mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const first = static_cast<std::uint8_t*>(mapped) + page;
  ASSERT_EQ(mprotect(mapped, page, PROT_NONE), 0);
  ASSERT_EQ(mprotect(first + 2 * page, page, PROT_NONE), 0);
  const Bytes bytes = random_bytes(2 * page, 5);
  std::copy(bytes.begin(), bytes.end(), first);
  std::vector<ByteView> inputs;
  for (std::size_t length = 0; length <= 2 * page; length += length < 130 ? 1 : 61) {
    inputs.push_back({first + 2 * page - length, length});
    inputs.push_back({first, length});
  }
  expect_ids(inputs, nullptr);
  munmap(mapped, 4 * page);
}

// No input of a test is that long: the values are those of oracle/blake3.py for one leaf.
TEST_P(Blake3LanesTest, LeavesOnBothSidesOf4TiB) {
  struct Leaf {
    std::uint64_t number;
    const char* value;
  };
  constexpr std::uint64_t k4TiB = std::uint64_t{1} << 32;  // in leaves
  constexpr Leaf kLeaves[] = {
      {0, "5c9e654411e393d1f4bec710ccd5bc5669ab177d610a0eb691fcfee92fb4e8b1"},
      {k4TiB - 1, "f591d6ad7d26e6ea7ca43fd710aba0759f70359dc28d96ba72e43cd8ac493ff2"},
      {k4TiB, "914cde8216c9ee1db824ab6305d66ae92c1ceadf92189229a0f815a6190ee791"},
      {k4TiB + 7, "fe6af4969f51eacdb1a8a78d59b62e57c0c54422f06fd1a17f1f6d81609ff7e5"}};
  Bytes bytes(1024);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  ChainingValue key;
  for (std::size_t i = 0; i < 8; ++i) store_le(key.data() + 4 * i, kInitialValue[i]);
  for (std::size_t count = 1; count <= 2 * 32 + 3; ++count) {
    std::vector<ChainingValue> values(count);
    Batch batch(GetParam(), key, 0);
    for (std::size_t i = 0; i < count; ++i) {
      batch.add({bytes, kLeaves[i % std::size(kLeaves)].number, false, values[i].data()});
    }
    batch.run();
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(to_hex(values[i]), kLeaves[i % std::size(kLeaves)].value)
          << "leaf " << i << " of " << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, Blake3LanesTest,
                         testing::ValuesIn(lanes_kernels().begin(), lanes_kernels().end()),
                         [](const auto& kernel) {
                           return std::string(cpu_tier_name(kernel.param.tier));
                         });

INSTANTIATE_TEST_SUITE_P(SixteenLanesOnAnyCpu, Blake3LanesTest,
                         testing::Values(LanesKernel{CpuTier::kScalar, 16, 2,
                                                     compress_sixteen_lanes, 32,
                                                     compress_sixteen_lanes_twice}));

TEST(Blake3Lanes, TheLastKernelIsScalar) {
  EXPECT_EQ(lanes_kernels().back().tier, CpuTier::kScalar);
}

TEST(Blake3Lanes, TheBestKernelIsOfTheHighestTierOfTheCpu) {
  EXPECT_LE(best_lanes_kernel().tier, cpu_tier());
  for (const LanesKernel& kernel : lanes_kernels()) {
    if (kernel.tier <= cpu_tier()) {
      EXPECT_LE(kernel.tier, best_lanes_kernel().tier);
    }
  }
}

}  // namespace
}  // namespace letterpress::hashing
