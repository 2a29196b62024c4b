// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "letterpress/chunk.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/memory_storage.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_writer.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PackTest : public ::testing::Test {
 protected:
  PackTest() { EXPECT_EQ(message_of(storage_.make_folders(vault_folders())), ""); }

  // Commits blocks first, first + 1, ... of the given sizes.
  PackRef commit(std::uint64_t first, const std::vector<std::size_t>& sizes) {
    PackWriter writer = start();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_EQ(message_of(writer.append(first + i, pattern(first + i, sizes[i]))), "");
    }
    return take(writer.commit(storage_));
  }
  static PackWriter start() { return PackWriter(tiny_key(), chance_of(0x33)); }
  Bytes& file_of(const PackRef& pack) { return storage_.files.at(pack_path(pack.sha256)); }
  Result<PackReader> open(const PackRef& pack) {
    return PackReader::open(storage_, reading_keys(), kTinyIdentity, pack);
  }
  PackCheck check(const PackRef& pack) {
    return take(check_pack(storage_, reading_keys(), kTinyIdentity, pack));
  }

  MemoryStorage storage_;
};

TEST_F(PackTest, GivesBackItsBlocks) {
  const std::vector<std::size_t> sizes = {1, 4048, 100, 300000, 16, 900000};
  const PackRef pack = commit(1000, sizes);
  EXPECT_EQ(pack.first_block, 1000U);
  EXPECT_EQ(pack.block_count, sizes.size());
  EXPECT_EQ(pack.file_bytes, file_of(pack).size());
  EXPECT_EQ(pack.sha256, sha256(file_of(pack)));
  const auto reader = open(pack);
  ASSERT_TRUE(reader) << message_of(reader);
  EXPECT_EQ(reader->directory_damage(), "");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(take(reader->read_block(1000 + i)), pattern(1000 + i, sizes[i])) << i;
  }
  EXPECT_EQ(reader->read_block(999).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(reader->read_block(1006).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(check(pack).damage.empty());
}

TEST_F(PackTest, OpensABlockThatIsTheOneAskedFor) {
  PackWriter writer = start();
  const std::vector<Bytes> chunks = {seeded_bytes(100, 1), seeded_bytes(2000, 2)};
  ASSERT_EQ(message_of(writer.append(4, encoded_block(4, chunks))), "");
  ASSERT_EQ(message_of(writer.append(5, encoded_block(9, chunks))), "");
  ASSERT_EQ(message_of(writer.append(6, encoded_block(6, chunks, true))), "");
  const PackRef pack = take(writer.commit(storage_));
  const PackReader reader = take(open(pack));
  PackReader::Tools tools;
  std::size_t asked_for = 0;
  const stream::OpenBlock block = take(reader.open_block(4, tools, [&](std::size_t bytes) {
    asked_for = bytes;
    return UnsetBytes();
  }));
  EXPECT_EQ(asked_for, 2100U);
  ASSERT_EQ(block.chunk_count(), 2U);
  EXPECT_TRUE(std::ranges::equal(block.chunk(1), chunks[1]));
  const auto other = reader.open_block(5, tools);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(message_of(other), HasSubstr(to_hex(pack.sha256.bytes)));
  EXPECT_THAT(message_of(other), HasSubstr("holds block 9 where block 5 should be"));
  EXPECT_THAT(message_of(reader.open_block(6, tools)), HasSubstr("block 6 has ids"));
  EXPECT_EQ(reader.open_block(7, tools).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(PackTest, ListsItsBlocksByNameAlone) {
  const PackRef pack = commit(7, {10, 20});
  const auto reader = PackReader::open(storage_, reading_keys(), pack.sha256);
  ASSERT_TRUE(reader) << message_of(reader);
  EXPECT_EQ(reader->first_block(), 7U);
  EXPECT_EQ(reader->block_count(), 2U);
  EXPECT_EQ(take(reader->read_block(8)), pattern(8, 20));
}

TEST_F(PackTest, TakesBlocksInAnyOrder) {
  PackWriter writer = start();
  for (const std::uint64_t number : {5U, 3U, 4U}) {
    EXPECT_EQ(message_of(writer.append(number, pattern(number, 50))), "");
  }
  const PackRef pack = take(writer.commit(storage_));
  EXPECT_EQ(pack.first_block, 3U);
  const auto reader = open(pack);
  ASSERT_TRUE(reader);
  for (const std::uint64_t number : {3U, 4U, 5U}) {
    EXPECT_EQ(take(reader->read_block(number)), pattern(number, 50));
  }
}

TEST_F(PackTest, RefusesWhatIsNoPack) {
  PackWriter empty = start();
  EXPECT_EQ(empty.commit(storage_).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(empty.append(1, {}).error().code(), ErrorCode::kInvalidArgument);
  for (const std::vector<std::uint64_t>& numbers :
       {std::vector<std::uint64_t>{1, 3}, {1, 1}, {5, 4, 4}}) {
    PackWriter writer = start();
    for (const std::uint64_t number : numbers) {
      EXPECT_EQ(message_of(writer.append(number, pattern(1, 5))), "");
    }
    const auto pack = writer.commit(storage_);
    ASSERT_FALSE(pack);
    EXPECT_EQ(pack.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(storage_.files.empty());
}

TEST_F(PackTest, KeepsItsLimits) {
  PackWriter writer = start();
  EXPECT_EQ(writer.append(0, Bytes(kEncodedBlockBytesMax + 1)).error().code(),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(writer.append(kBlockNumberMax + 1, Bytes(1)).error().code(), ErrorCode::kLimitExceeded);
  const Bytes largest(kEncodedBlockBytesMax);
  std::uint64_t number = 0;
  while (writer.append(number, largest)) ++number;
  EXPECT_EQ(number, 7U);  // 64 MiB hold eight, but for frames and directory
  const PackRef pack = take(writer.commit(storage_));
  EXPECT_EQ(pack.block_count, 7U);
  EXPECT_EQ(take(take(open(pack)).read_block(6)), largest);
}

TEST_F(PackTest, CommitCanBeRepeatedAndGivesTheSameFile) {
  PackWriter writer = start();
  EXPECT_EQ(message_of(writer.append(0, pattern(0, 50))), "");
  storage_.folders.clear();  // it makes them again
  const PackRef pack = take(writer.commit(storage_));
  EXPECT_EQ(take(writer.commit(storage_)), pack);
  EXPECT_EQ(storage_.files.size(), 1U);
  EXPECT_EQ(writer.append(1, pattern(1, 1)).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(PackTest, EveryFlippedByteIsFoundWithTheBlocksThatItHits) {
  // Frames of 16 bytes; the directory of 3 * 8 bytes and the length of 8 fill the last record.
  const PackRef pack = commit(0, {4000, 4000, 100});
  const Bytes good = file_of(pack);
  // A head, three records, the hashes, a head.
  ASSERT_EQ(good.size(), 4096U * 4 + 512 + 4096);
  // Payload ranges [16, 4016), [4032, 8032), [8048, 8148) against records of 4048.
  const std::vector<std::vector<std::uint64_t>> hit = {{}, {0, 1}, {1, 2}, {2}, {}, {}};
  for (std::size_t at = 0; at < good.size(); at += at % 512 < 40 ? 1U : 7U) {
    SCOPED_TRACE(at);
    file_of(pack) = good;
    file_of(pack)[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    const PackCheck found = check(pack);
    ASSERT_EQ(found.damage.size(), 1U);
    const std::size_t offset = at < 4 * 4096 ? at / 4096 * 4096 : at < 16896 ? 16384 : 16896;
    ASSERT_EQ(found.damage[0].offset, offset);
    ASSERT_THAT(found.damage[0].what, HasSubstr(to_hex(pack.sha256.bytes)));
    const PackCheck without_keys = take(check_pack(storage_, public_keys(), kTinyIdentity, pack));
    ASSERT_TRUE(without_keys.is_locked);
    ASSERT_EQ(without_keys.damage.size(), 1U);
    ASSERT_EQ(without_keys.damage[0].offset, offset);
    if (at >= 3 * 4096 && at < 4 * 4096) {
      // The directory is lost, so the frames are walked: the last one is found by them.
      ASSERT_THAT(found.blocks, ElementsAre(2));
    } else {
      ASSERT_EQ(found.blocks, hit[std::min<std::size_t>(at / 4096, 4)]);
    }
    const auto reader = open(pack);
    for (std::uint64_t number = 0; number < 3; ++number) {
      const bool is_hit = std::ranges::count(found.blocks, number) > 0;
      ASSERT_EQ(reader && reader->read_block(number), !is_hit) << number;
    }
  }
}

TEST_F(PackTest, EveryTruncationIsFoundAndKeepsWhatIsBefore) {
  const PackRef pack = commit(0, {4000, 4000, 100});
  const Bytes good = file_of(pack);
  for (std::size_t length = 0; length < good.size(); length += length % 4096 < 40 ? 1U : 31U) {
    SCOPED_TRACE(length);
    file_of(pack) = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const PackCheck found = check(pack);
    ASSERT_FALSE(found.damage.empty());
    const std::size_t blocks_left = length < 2 * 4096   ? 0
                                    : length < 3 * 4096 ? 1
                                    : length < 4 * 4096 ? 2
                                                        : 3;
    ASSERT_EQ(found.blocks.size(), 3 - blocks_left);
    const auto reader = open(pack);
    for (std::uint64_t number = 0; number < blocks_left; ++number) {
      ASSERT_TRUE(reader);
      ASSERT_EQ(take(reader->read_block(number)), pattern(number, number < 2 ? 4000 : 100));
    }
    ASSERT_FALSE(take(check_pack(storage_, public_keys(), kTinyIdentity, pack)).damage.empty());
  }
}

TEST_F(PackTest, DamagedDirectoryLosesNoBlockOutsideIt) {
  const PackRef pack = commit(4, {4000, 4000, 3000});
  file_of(pack)[4 * 4096 - 1] ^= 1;
  const auto reader = open(pack);
  ASSERT_TRUE(reader) << message_of(reader);
  EXPECT_THAT(reader->directory_damage(), HasSubstr("record 2"));
  EXPECT_EQ(take(reader->read_block(4)), pattern(4, 4000));
  EXPECT_EQ(take(reader->read_block(5)), pattern(5, 4000));
  EXPECT_THAT(message_of(reader->read_block(6)), HasSubstr("block 6"));
  EXPECT_THAT(check(pack).blocks, ElementsAre(6));
}

TEST_F(PackTest, MissingPackTakesAllItsBlocks) {
  const PackRef pack = commit(4, {10, 10});
  storage_.files.clear();
  const PackCheck found = check(pack);
  ASSERT_EQ(found.damage.size(), 1U);
  EXPECT_THAT(found.damage[0].what, HasSubstr(to_hex(pack.sha256.bytes)));
  EXPECT_THAT(found.blocks, ElementsAre(4, 5));
  EXPECT_EQ(open(pack).error().code(), ErrorCode::kNotFound);
}

TEST_F(PackTest, GoodPackUnderTheNameOfAnotherIsFound) {
  const PackRef pack = commit(4, {10, 10});
  const PackRef same_numbers = commit(4, {11, 10});
  const PackRef other_numbers = commit(6, {10, 10});
  file_of(pack) = file_of(same_numbers);
  EXPECT_THAT(check(pack).damage[0].what, HasSubstr("not the file that its name"));
  EXPECT_THAT(check(pack).blocks, ElementsAre(4, 5));
  file_of(pack) = file_of(other_numbers);
  EXPECT_THAT(check(pack).damage[0].what, HasSubstr("its first block is 6, expected 4"));
  EXPECT_FALSE(open(pack));
}

TEST_F(PackTest, PackOfAnotherWriterIsFound) {
  const PackRef pack = commit(4, {10, 10});
  const IngestKey other =
      take(make_ingest_key(tiny_recovery(), counting<WriterId>(0x77), "mx2", tiny_key().readers));
  PackWriter writer(other);
  EXPECT_EQ(message_of(writer.append(4, pattern(4, 10))), "");
  EXPECT_EQ(message_of(writer.append(5, pattern(5, 10))), "");
  const PackRef theirs = take(writer.commit(storage_));
  file_of(pack) = file_of(theirs);
  EXPECT_THAT(message_of(open(pack)), HasSubstr("its writer is 7778"));
  EXPECT_THAT(check(pack).damage[0].what, HasSubstr("its writer is 7778"));
}

// Seals any payload as a pack, so that its inside can be wrong.
class PackPayloadTest : public PackTest {
 protected:
  Result<PackReader> open_payload(const Bytes& payload, std::uint64_t first, std::uint32_t count) {
    const SealLabel label{
        .type = FileType::kPack, .identity = kTinyIdentity, .number = first, .count = count};
    const Bytes file = take(seal(label, tiny_key(), payload));
    const Sha256Digest name = sha256(file);
    storage_.files[pack_path(name)] = file;
    return PackReader::open(storage_, reading_keys(), name);
  }
  static Bytes directory(std::initializer_list<std::uint32_t> fields) {
    Bytes bytes(100);
    for (const std::uint32_t field : fields) append_le(bytes, field);
    return bytes;
  }
};

TEST_F(PackPayloadTest, DirectoryThatPointsOutsideIsNotUsed) {
  EXPECT_EQ(open_payload(directory({16, 84}), 0, 1)->directory_damage(), "");
  for (const auto& fields : {std::pair{16U, 85U},
                             {16U, 0U},
                             {15U, 10U},
                             {101U, 1U},
                             {100U, 1U},
                             {UINT32_MAX, 1U},
                             {16U, UINT32_MAX}}) {
    const auto reader = open_payload(directory({fields.first, fields.second}), 0, 1);
    ASSERT_TRUE(reader);
    EXPECT_NE(reader->directory_damage(), "") << fields.first << ", " << fields.second;
    EXPECT_FALSE(reader->read_block(0));
  }
}

// Whoever can plant a frame behind a block must not take its place.
TEST_F(PackPayloadTest, OfTwoFramesOfABlockTheFirstCounts) {
  Bytes payload;
  const auto add = [&](std::uint64_t number, const Bytes& block) {
    append_le(payload, kBlockFrameMagic);
    append_le(payload, static_cast<std::uint32_t>(block.size()));
    append_le(payload, number);
    append(payload, block);
  };
  add(7, pattern(1, 50));
  add(8, pattern(2, 60));
  add(7, pattern(3, 70));
  payload.resize(payload.size() + 2 * kDirectoryEntryBytes);  // a directory of nothing
  const auto reader = open_payload(payload, 7, 2);
  ASSERT_TRUE(reader) << message_of(reader);
  EXPECT_NE(reader->directory_damage(), "");
  EXPECT_EQ(take(reader->read_block(7)), pattern(1, 50));
  EXPECT_EQ(take(reader->read_block(8)), pattern(2, 60));
}

TEST_F(PackPayloadTest, HeadsThatCannotBeAreRejected) {
  EXPECT_FALSE(open_payload(Bytes(100), 0, 0));
  EXPECT_FALSE(open_payload(Bytes(100), 0, kPackBlocksMax + 1));
  EXPECT_FALSE(open_payload(Bytes(100), 0, UINT32_MAX));
  EXPECT_FALSE(open_payload(Bytes(100), 0, 1000));  // its directory alone would be larger
  EXPECT_FALSE(open_payload(Bytes(100), kBlockNumberMax, 2));
  EXPECT_FALSE(open_payload(Bytes(100), UINT64_MAX, 1));
}

}  // namespace
}  // namespace letterpress::vault
