// SPDX-License-Identifier: Apache-2.0
// Expected digests are the published vectors (tests/golden/blake3_test_vectors.json), or follow
// from them: pieces, copies and batches may not change a digest.
#include "hashing/blake3.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace letterpress::hashing {
namespace {

// The vectors' input. Its period is prime to every block size, so that swapped blocks show.
Bytes cycle_251(std::size_t byte_count) {
  Bytes bytes(byte_count);
  for (std::size_t i = 0; i < byte_count; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

std::string hex(const std::array<std::uint8_t, 32>& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

const nlohmann::json& vectors() {
  static const auto parsed = nlohmann::json::parse(
      std::ifstream(std::string(LETTERPRESS_GOLDEN_DIR) + "/blake3_test_vectors.json"));
  return parsed;
}

HashKey vector_key() {
  const auto text = vectors()["key"].get<std::string>();
  HashKey key;
  std::copy(text.begin(), text.end(), key.bytes.begin());
  return key;
}

template <class Digest>
void expect_vectors(const char* name, Digest digest) {
  ASSERT_GE(vectors()["cases"].size(), 30U);
  for (const auto& vector : vectors()["cases"]) {
    const auto byte_count = vector["input_len"].get<std::size_t>();
    const auto expected = vector[name].get<std::string>().substr(0, 64);
    EXPECT_EQ(hex(digest(cycle_251(byte_count))), expected) << "of " << byte_count << " bytes";
  }
}

TEST(Blake3, HashAgreesWithPublishedVectors) {
  expect_vectors("hash", [](const Bytes& bytes) { return hash(bytes).bytes; });
}

TEST(Blake3, KeyedHashAgreesWithPublishedVectors) {
  expect_vectors("keyed_hash", [](const Bytes& bytes) { return hash(bytes, vector_key()).bytes; });
}

TEST(Blake3, DeriveKeyAgreesWithPublishedVectors) {
  const auto context = vectors()["context_string"].get<std::string>();
  expect_vectors("derive_key",
                 [&](const Bytes& bytes) { return derive_key(context, bytes).bytes; });
}

TEST(Blake3, HasherAgreesWithPublishedVectorsInOnePiece) {
  expect_vectors("hash", [](const Bytes& bytes) {
    Hasher hasher;
    hasher.update(bytes);
    return hasher.finish().bytes;
  });
}

TEST(Blake3, HasherAgreesWithPublishedVectorsByteByByte) {
  expect_vectors("keyed_hash", [](const Bytes& bytes) {
    Hasher hasher(vector_key());
    for (const std::uint8_t& byte : bytes) hasher.update({&byte, 1});
    return hasher.finish().bytes;
  });
}

TEST(Blake3, EverySplitGivesTheDigestOfTheWhole) {
  for (const std::size_t byte_count : {1U, 63U, 64U, 65U, 127U, 128U, 129U, 1023U, 1024U, 1025U,
                                       2047U, 2048U, 2049U, 3072U, 3073U, 4096U, 5000U}) {
    const Bytes bytes = cycle_251(byte_count);
    const ChunkId expected = hash(bytes);
    for (std::size_t split = 0; split <= byte_count; ++split) {
      Hasher hasher;
      hasher.update(ByteView(bytes).first(split));
      hasher.update(ByteView(bytes).subspan(split));
      ASSERT_EQ(hasher.finish(), expected) << byte_count << " bytes split at " << split;
    }
  }
}

TEST(Blake3, PiecesOfAnySizeGiveTheDigestOfTheWhole) {
  const Bytes bytes = cycle_251(700'001);  // more than two batches of leaves
  const ChunkId expected = hash(bytes);
  for (const std::size_t piece : {1000U, 1024U, 1025U, 4096U, 65536U, 131'072U, 262'145U}) {
    Hasher hasher;
    for (ByteView left = bytes; !left.empty(); left = left.subspan(std::min(piece, left.size()))) {
      hasher.update(left.first(std::min(piece, left.size())));
    }
    EXPECT_EQ(hasher.finish(), expected) << "in pieces of " << piece;
  }
}

TEST(Blake3, FinishMayBeRepeatedAndFollowedByMore) {
  const Bytes bytes = cycle_251(3000);
  Hasher hasher;
  hasher.update(ByteView(bytes).first(1024));
  EXPECT_EQ(hasher.finish(), hash(ByteView(bytes).first(1024)));
  EXPECT_EQ(hasher.finish(), hash(ByteView(bytes).first(1024)));
  Hasher copy = hasher;
  copy.update(ByteView(bytes).subspan(1024));
  EXPECT_EQ(copy.finish(), hash(bytes));
  EXPECT_EQ(hasher.finish(), hash(ByteView(bytes).first(1024)));
}

TEST(Blake3, KeysGiveDifferentDigests) {
  const Bytes bytes = cycle_251(2000);
  HashKey other = vector_key();
  other.bytes[31] ^= 1;
  EXPECT_NE(hash(bytes), hash(bytes, vector_key()));
  EXPECT_NE(hash(bytes, other), hash(bytes, vector_key()));
}

}  // namespace
}  // namespace letterpress::hashing
