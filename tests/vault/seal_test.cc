// SPDX-License-Identifier: Apache-2.0
#include "vault/seal.h"

#include <gmock/gmock.h>

#include "base/endian.h"
#include "hashing/blake3.h"
#include "vault/limits.h"
#include "vault/memory_storage.h"
#include "vault/sealed_reader.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

const SealLabel kLabel{.type = FileType::kLogEntry,
                       .vault = kTinyIdentity.vault,
                       .writer = kTinyIdentity.writer,
                       .epoch = 1,
                       .number = 7};
const ExpectedLabel kExpected{.type = FileType::kLogEntry, .vault = kTinyIdentity.vault};

// One sealed file called "file".
MemoryStorage storage_with(const Bytes& payload, const SealLabel& label = kLabel,
                           std::uint8_t salt = 0x80) {
  MemoryStorage storage;
  storage.files["file"] = take(seal(label, counting<Salt>(salt), payload));
  return storage;
}

Result<Bytes> read_back(const Storage& storage, const ExpectedLabel& expected = kExpected) {
  LETTERPRESS_TRY_ASSIGN(const SealedReader reader, SealedReader::open(storage, "file", expected));
  return reader.read_all(kSealedPayloadBytesMax);
}

// Makes the tag of a record or head right again, as only a writer can.
void renew_tag(Bytes& file, std::size_t offset, std::size_t count) {
  const ChunkId digest = hashing::hash(ByteView(file).subspan(offset, count - kTagBytes));
  std::copy_n(digest.bytes.begin(), kTagBytes,
              file.begin() + static_cast<std::ptrdiff_t>(offset + count - kTagBytes));
}

TEST(Seal, GivesBackPayloadsOfEveryLengthAroundRecords) {
  for (const std::size_t length :
       {0U, 1U, 455U, 456U, 457U, 463U, 464U, 465U, 919U, 920U, 921U, 928U, 929U}) {
    SCOPED_TRACE(length);
    const Bytes payload = seeded_bytes(length, length);
    const MemoryStorage storage = storage_with(payload);
    EXPECT_EQ(take(read_back(storage)), payload);
    // docs/FORMAT.md: records of 512 bytes hold 464, the length takes 8 of the last one.
    EXPECT_EQ(storage.files.at("file").size(), 512 + 512 * ((length + 8 + 463) / 464));
  }
}

TEST(Seal, ChoosesRecordsBySizeAndType) {
  struct Case {
    FileType type;
    std::size_t payload_bytes;
    std::uint32_t head_bytes;
    std::uint32_t record_bytes;
  };
  for (const Case& one :
       {Case{FileType::kLogEntry, 16383, 512, 512}, Case{FileType::kIndexRun, 16384, 4096, 4096},
        Case{FileType::kPack, 1, 4096, 4096}, Case{FileType::kPack, 1048575, 4096, 4096},
        Case{FileType::kPack, 1048576, 4096, 65536},
        Case{FileType::kIndexRun, 3000000, 4096, 65536}}) {
    SCOPED_TRACE(one.payload_bytes);
    SealLabel label = kLabel;
    label.type = one.type;
    const Bytes payload = seeded_bytes(one.payload_bytes, 5);
    const MemoryStorage storage = storage_with(payload, label);
    ExpectedLabel expected = kExpected;
    expected.type = one.type;
    const auto reader = SealedReader::open(storage, "file", expected);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->head().head_bytes, one.head_bytes);
    EXPECT_EQ(reader->head().record_bytes, one.record_bytes);
    EXPECT_EQ(reader->head().label, label);
    EXPECT_EQ(reader->head().file_bytes(), storage.files.at("file").size());
    EXPECT_EQ(take(read_back(storage, expected)), payload);
    EXPECT_TRUE(take(check_sealed(storage, "file", expected)).damage.empty());
  }
}

TEST(Seal, ReadsEveryRange) {
  const Bytes payload = seeded_bytes(1500, 9);
  const MemoryStorage storage = storage_with(payload);
  const auto reader = SealedReader::open(storage, "file", kExpected);
  ASSERT_TRUE(reader);
  for (std::size_t begin = 0; begin <= payload.size(); begin += 13) {
    for (std::size_t end = begin; end <= payload.size(); end += 29) {
      const Bytes wanted(payload.begin() + static_cast<std::ptrdiff_t>(begin),
                         payload.begin() + static_cast<std::ptrdiff_t>(end));
      ASSERT_EQ(take(reader->read(begin, end - begin)), wanted) << begin << " to " << end;
    }
  }
  EXPECT_FALSE(reader->read(0, UINT64_MAX));
  EXPECT_FALSE(reader->read(UINT64_MAX, 1));
}

TEST(Seal, SameArgumentsGiveSameBytesAndSaltsDiffer) {
  const Bytes payload = seeded_bytes(600, 1);
  EXPECT_EQ(storage_with(payload).files, storage_with(payload).files);
  EXPECT_NE(storage_with(payload).files, storage_with(payload, kLabel, 0x81).files);
}

TEST(SealedReader, FindsEveryFlippedByteAndSaysWhere) {
  const Bytes payload = seeded_bytes(1000, 2);
  MemoryStorage storage = storage_with(payload);
  const Bytes good = storage.files.at("file");
  ASSERT_EQ(good.size(), 512U * 4);
  for (std::size_t at = 0; at < good.size(); ++at) {
    SCOPED_TRACE(at);
    Bytes& file = storage.files["file"];
    file = good;
    file[at] = static_cast<std::uint8_t>(file[at] ^ (1U << (at % 8)));
    const Result<Bytes> read = read_back(storage);
    ASSERT_FALSE(read);
    ASSERT_THAT(read.error().message(), HasSubstr("VAULT/file"));
    const SealedCheck check = take(check_sealed(storage, "file", kExpected));
    ASSERT_EQ(check.damage.size(), 1U);
    ASSERT_EQ(check.damage[0].offset, at / 512 * 512);
    ASSERT_EQ(check.damage[0].count, 512U);
    ASSERT_EQ(check.head.has_value(), at >= 512);
  }
}

TEST(SealedReader, FindsEveryTruncation) {
  MemoryStorage storage = storage_with(seeded_bytes(1000, 2));
  const Bytes good = storage.files.at("file");
  for (std::size_t length = 0; length < good.size(); ++length) {
    SCOPED_TRACE(length);
    storage.files["file"] = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const Result<Bytes> read = read_back(storage);
    ASSERT_FALSE(read);
    ASSERT_EQ(read.error().code(), ErrorCode::kCorrupt);
    ASSERT_THAT(read.error().message(), HasSubstr("VAULT/file"));
    ASSERT_FALSE(take(check_sealed(storage, "file", kExpected)).damage.empty()) << length;
  }
}

TEST(SealedReader, CheckFindsBytesBehindTheEnd) {
  MemoryStorage storage = storage_with(seeded_bytes(1000, 2));
  for (const std::size_t extra : {1U, 511U, 512U, 5000U}) {
    MemoryStorage longer = storage;
    longer.files["file"].resize(2048 + extra);
    const SealedCheck check = take(check_sealed(longer, "file", kExpected));
    ASSERT_EQ(check.damage.size(), 1U);
    EXPECT_EQ(check.damage[0].offset, 2048U);
    EXPECT_EQ(check.damage[0].count, extra);
  }
}

TEST(SealedReader, ReadsWhatDamageLeaves) {
  const Bytes payload = seeded_bytes(1000, 2);
  MemoryStorage storage = storage_with(payload);
  storage.files["file"][512 + 512 + 40] ^= 1;  // record 1 of 3
  const auto reader = SealedReader::open(storage, "file", kExpected);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->read(0, 464));
  EXPECT_TRUE(reader->read(928, 72));
  const Result<Bytes> hit = reader->read(463, 2);
  ASSERT_FALSE(hit);
  EXPECT_THAT(hit.error().message(), HasSubstr("record 1 (bytes 1024 to 1535)"));
}

TEST(SealedReader, DamagedHeadDoesNotHideDamagedRecords) {
  for (const std::size_t length : {1000U, 100000U}) {
    MemoryStorage storage = storage_with(seeded_bytes(length, 2));
    Bytes& file = storage.files["file"];
    const std::size_t record_bytes = length == 1000 ? 512 : 4096;
    file[20] ^= 1;
    file[3 * record_bytes + 50] ^= 1;
    const SealedCheck check = take(check_sealed(storage, "file", kExpected));
    ASSERT_EQ(check.damage.size(), 2U);
    EXPECT_EQ(check.damage[0].offset, 0U);
    EXPECT_EQ(check.damage[0].count, record_bytes);
    EXPECT_EQ(check.damage[1].offset, 3 * record_bytes);
    EXPECT_EQ(check.damage[1].count, record_bytes);
  }
}

TEST(SealedReader, RejectsGoodRecordsInWrongPlaces) {
  const Bytes payload = seeded_bytes(1000, 2);
  MemoryStorage storage = storage_with(payload);
  const Bytes good = storage.files.at("file");
  const Bytes other = storage_with(payload, kLabel, 0x90).files.at("file");
  Bytes& file = storage.files["file"];
  std::copy_n(good.begin() + 1024, 512, file.begin() + 512);  // record 1 in the place of record 0
  EXPECT_THAT(message_of(read_back(storage)), HasSubstr("of another place or file"));
  file = good;
  std::copy_n(other.begin() + 512, 512, file.begin() + 512);  // record 0 of another file
  EXPECT_THAT(message_of(read_back(storage)), HasSubstr("of another place or file"));
}

TEST(SealedReader, RejectsAnotherFileThanExpected) {
  const MemoryStorage storage = storage_with(seeded_bytes(10, 2));
  ExpectedLabel expected = kExpected;
  expected.type = FileType::kPack;
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("a log entry, expected pack"));
  expected = kExpected;
  expected.vault = counting<VaultId>(1);
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("belongs to vault 0001"));
  expected = kExpected;
  expected.writer = counting<WriterId>(1);
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("its writer is 1011"));
  expected = kExpected;
  expected.number = 8;
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("its sequence is 7, expected 8"));
}

TEST(SealedReader, TellsNewerFromDamaged) {
  MemoryStorage storage = storage_with(seeded_bytes(10, 2));
  Bytes& file = storage.files["file"];
  store_le(file.data() + 8, std::uint16_t{2});
  renew_tag(file, 0, 512);
  EXPECT_EQ(read_back(storage).error().code(), ErrorCode::kUnsupported);
  store_le(file.data() + 8, std::uint16_t{1});
  file[11] = 1;  // a seal method to come
  renew_tag(file, 0, 512);
  EXPECT_EQ(read_back(storage).error().code(), ErrorCode::kUnsupported);
}

TEST(SealedReader, RejectsHeadsThatNoWriterMakes) {
  const MemoryStorage good = storage_with(seeded_bytes(10, 2));
  const auto rejects = [&](std::size_t at, std::uint32_t value) {
    MemoryStorage storage = good;
    Bytes& file = storage.files["file"];
    store_le(file.data() + at, value);
    const std::uint32_t head_bytes = load_le<std::uint32_t>(file.data() + 12);
    if (head_bytes <= file.size() && head_bytes >= kTagBytes) renew_tag(file, 0, head_bytes);
    const Result<Bytes> read = read_back(storage);
    return !read && read.error().code() == ErrorCode::kCorrupt;
  };
  for (const std::uint32_t head_bytes : {0U, 1U, 511U, 513U, 1024U, 4096U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(12, head_bytes)) << head_bytes;
  }
  for (const std::uint32_t record_bytes : {0U, 1U, 48U, 511U, 4096U, 65536U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(16, record_bytes)) << record_bytes;
  }
  for (const std::uint32_t record_count : {0U, 2U, 65536U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(20, record_count)) << record_count;
  }
  EXPECT_TRUE(rejects(10, 9));  // the file type, and seal method 0
}

TEST(SealedReader, RejectsLengthsThatDoNotFitTheRecords) {
  const MemoryStorage good = storage_with(seeded_bytes(1000, 2));
  for (const std::uint64_t length : {std::uint64_t{919}, std::uint64_t{1385}, UINT64_MAX}) {
    MemoryStorage storage = good;
    Bytes& file = storage.files["file"];
    store_le(file.data() + 2048 - 24, length);
    renew_tag(file, 1536, 512);
    EXPECT_THAT(message_of(read_back(storage)), HasSubstr("does not fit its records")) << length;
  }
}

TEST(SealedReader, UnreadableFileIsReportedAsDamage) {
  MemoryStorage storage = storage_with(seeded_bytes(1000, 2));
  storage.unreadable.insert("file");
  const SealedCheck check = take(check_sealed(storage, "file", kExpected));
  EXPECT_FALSE(check.damage.empty());
  EXPECT_FALSE(check.sha256.has_value());
  EXPECT_EQ(check_sealed(storage, "gone", kExpected).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace letterpress::vault
