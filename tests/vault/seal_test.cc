// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/seal.h"

#include <gmock/gmock.h>

#include "base/endian.h"
#include "hashing/blake3.h"
#include "vault/limits.h"
#include "vault/memory_storage.h"
#include "vault/sealing/sealed_check.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

const SealLabel kLabel{.type = FileType::kLogEntry, .identity = kTinyIdentity, .number = 7};
const ExpectedLabel kExpected{.type = FileType::kLogEntry};

SealLabel label_of(FileType type) { return {.type = type, .identity = kTinyIdentity, .number = 7}; }
ExpectedLabel expected_of(FileType type) { return {.type = type}; }

// One sealed file called "file".
MemoryStorage storage_with(const Bytes& payload, const SealLabel& label = kLabel,
                           std::uint8_t salt = 0x80) {
  MemoryStorage storage;
  const SealChance chance = chance_of(salt);
  storage.files["file"] = take(seal(label, tiny_key(), payload, &chance));
  return storage;
}

Result<Bytes> read_back(const Storage& storage, const ExpectedLabel& expected = kExpected,
                        const Keyring& keys = reading_keys()) {
  LETTERPRESS_TRY_ASSIGN(const SealedReader reader,
                         SealedReader::open(storage, "file", keys, expected));
  return reader.read_all(kSealedPayloadBytesMax);
}

SealedCheck check_file(const Storage& storage, const ExpectedLabel& expected = kExpected,
                       const Keyring& keys = public_keys()) {
  return take(check_sealed(storage, "file", keys, expected));
}

// Makes the tag of a record or head right again, as anybody can.
void renew_tag(Bytes& file, std::size_t offset, std::size_t count) {
  const ChunkId digest = hashing::hash(ByteView(file).subspan(offset, count - kTagBytes));
  std::copy_n(digest.bytes.begin(), kTagBytes,
              file.begin() + static_cast<std::ptrdiff_t>(offset + count - kTagBytes));
}

// Signs the head of a file of 512-byte records again, as only its writer can, and repeats it.
void sign_again(Bytes& file) {
  const Bytes signed_bytes(file.begin(), file.begin() + 512 - 80);
  const Signature signature = tiny_key().signing.sign("letterpress 2026-11 head", signed_bytes);
  std::ranges::copy(signature.bytes, file.begin() + 512 - 80);
  renew_tag(file, 0, 512);
  std::copy_n(file.begin(), 512, file.end() - 512);
}

TEST(Seal, GivesBackPayloadsOfEveryLengthAroundRecords) {
  for (const std::size_t length :
       {0U, 1U, 455U, 456U, 457U, 463U, 464U, 465U, 919U, 920U, 921U, 928U, 929U}) {
    SCOPED_TRACE(length);
    const Bytes payload = seeded_bytes(length, length);
    const MemoryStorage storage = storage_with(payload);
    EXPECT_EQ(take(read_back(storage)), payload);
    // docs/FORMAT.md: records of 512 bytes hold 464, the length takes 8 of the last one.
    EXPECT_EQ(storage.files.at("file").size(), 3 * 512 + 512 * ((length + 8 + 463) / 464));
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
    const SealLabel label = label_of(one.type);
    const Bytes payload = seeded_bytes(one.payload_bytes, 5);
    const MemoryStorage storage = storage_with(payload, label);
    const ExpectedLabel expected = expected_of(one.type);
    const auto reader = SealedReader::open(storage, "file", reading_keys(), expected);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->head().head_bytes, one.head_bytes);
    EXPECT_EQ(reader->head().record_bytes, one.record_bytes);
    EXPECT_EQ(reader->head().label, label);
    EXPECT_EQ(reader->head().file_bytes(), storage.files.at("file").size());
    EXPECT_EQ(take(read_back(storage, expected)), payload);
    EXPECT_TRUE(check_file(storage, expected).damage.empty());
  }
}

TEST(Seal, ReadsEveryRange) {
  const Bytes payload = seeded_bytes(1500, 9);
  const MemoryStorage storage = storage_with(payload);
  const auto reader = SealedReader::open(storage, "file", public_keys(), kExpected);
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

// For every type and without a secret key: each flipped byte is found in its record, head or list
// of hashes. Either head alone is enough to read.
TEST(SealedReader, FindsEveryFlippedByteAndSaysWhere) {
  for (const FileType type : {FileType::kPack, FileType::kIndexRun, FileType::kLogEntry}) {
    const std::size_t unit = type == FileType::kPack ? 4096 : 512;
    const ExpectedLabel expected = expected_of(type);
    MemoryStorage storage = storage_with(seeded_bytes(unit * 2, 2), label_of(type));
    const Bytes good = storage.files.at("file");
    ASSERT_EQ(good.size(), unit * 5 + 512);
    for (std::size_t at = 0; at < good.size(); at += at % 512 < 64 || unit == 512 ? 1U : 7U) {
      SCOPED_TRACE(at);
      Bytes& file = storage.files["file"];
      file = good;
      file[at] = static_cast<std::uint8_t>(file[at] ^ (1U << (at % 8)));
      const bool is_in_records = at >= unit && at < 4 * unit;
      const Result<Bytes> read = read_back(storage, expected);
      ASSERT_EQ(read.has_value(), !is_in_records);
      if (!read) {
        ASSERT_THAT(read.error().message(), HasSubstr("VAULT/file"));
      }
      const SealedCheck check = check_file(storage, expected);
      const std::size_t offset = at < 4 * unit         ? at / unit * unit
                                 : at < 4 * unit + 512 ? 4 * unit
                                                       : 4 * unit + 512;
      ASSERT_EQ(check.damage.size(), 1U);
      ASSERT_EQ(check.damage[0].offset, offset);
      ASSERT_EQ(check.damage[0].count, offset == 4 * unit ? 512 : unit);
      ASSERT_THAT(check.damage[0].what, HasSubstr("VAULT/file"));
      ASSERT_TRUE(check.head.has_value());
    }
  }
}

TEST(SealedReader, FindsEveryTruncation) {
  for (const FileType type : {FileType::kPack, FileType::kIndexRun, FileType::kLogEntry}) {
    const std::size_t unit = type == FileType::kPack ? 4096 : 512;
    const ExpectedLabel expected = expected_of(type);
    MemoryStorage storage = storage_with(seeded_bytes(unit * 2, 2), label_of(type));
    const Bytes good = storage.files.at("file");
    for (std::size_t length = 0; length < good.size();
         length += length % 512 < 20 || unit == 512 ? 1U : 31U) {
      SCOPED_TRACE(length);
      storage.files["file"] =
          Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
      const Result<Bytes> read = read_back(storage, expected);
      ASSERT_EQ(read.has_value(), length >= 4 * unit);
      if (!read) {
        ASSERT_EQ(read.error().code(), ErrorCode::kCorrupt);
        ASSERT_THAT(read.error().message(), HasSubstr("VAULT/file"));
      }
      ASSERT_FALSE(check_file(storage, expected).damage.empty());
      ASSERT_FALSE(check_file(storage, expected, reading_keys()).damage.empty());
    }
  }
}

TEST(SealedReader, DamageOfRecordsAndHashesAtOnceIsFound) {
  for (const FileType type : {FileType::kIndexRun, FileType::kLogEntry}) {
    const ExpectedLabel expected = expected_of(type);
    const MemoryStorage good = storage_with(seeded_bytes(1000, 2), label_of(type));
    for (const bool has_keys : {false, true}) {
      const Keyring keys = has_keys ? reading_keys() : public_keys();
      MemoryStorage storage = good;
      Bytes& file = storage.files["file"];
      file[512 + 512 + 40] ^= 1;       // record 1
      file[512 * 4 + 16 * 2] ^= 0x20;  // the hash of record 2
      const SealedCheck check = check_file(storage, expected, keys);
      // Without a key the hash of record 2 may as well be right, and the record wrong.
      const bool is_sure = has_keys || type == FileType::kLogEntry;
      ASSERT_EQ(check.damage.size(), is_sure ? 2U : 3U);
      EXPECT_EQ(check.damage.front().offset, 1024U);
      EXPECT_EQ(check.damage.back().offset, 2048U);

      // Record 1 and its hash, made to fit each other: only the signature tells.
      storage = good;
      file = good.files.at("file");
      file[1024 + 40] ^= 1;
      Bytes leaf;
      append_leaves(leaf, ByteView(file).subspan(1024, 512), 512);
      std::ranges::copy(leaf, file.begin() + 2048 + 16);
      const SealedCheck fitted = check_file(storage, expected, keys);
      ASSERT_EQ(fitted.damage.size(), 2U);
      EXPECT_LE(fitted.damage[0].offset, 1024U);
      EXPECT_EQ(fitted.damage[1].offset, 2048U);
    }
  }
}

TEST(SealedReader, CheckFindsBytesBehindTheEnd) {
  MemoryStorage storage = storage_with(seeded_bytes(1000, 2));
  for (const std::size_t extra : {1U, 511U, 512U, 5000U}) {
    MemoryStorage longer = storage;
    longer.files["file"].resize(3072 + extra);
    const SealedCheck check = check_file(longer);
    ASSERT_EQ(check.damage.size(), 1U);
    EXPECT_EQ(check.damage[0].offset, 3072U);
    EXPECT_EQ(check.damage[0].count, extra);
  }
}

TEST(SealedReader, ReadsWhatDamageLeaves) {
  const Bytes payload = seeded_bytes(1000, 2);
  MemoryStorage storage = storage_with(payload);
  storage.files["file"][512 + 512 + 40] ^= 1;  // record 1 of 3
  const auto reader = SealedReader::open(storage, "file", public_keys(), kExpected);
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
    const SealedCheck check = check_file(storage);
    ASSERT_EQ(check.damage.size(), 2U);
    EXPECT_EQ(check.damage[0].offset, 0U);
    EXPECT_EQ(check.damage[0].count, record_bytes);
    EXPECT_EQ(check.damage[1].offset, 3 * record_bytes);
    EXPECT_EQ(check.damage[1].count, record_bytes);
  }
}

TEST(SealedReader, WithoutAnyHeadTheFileIsDamagedAsAWhole) {
  MemoryStorage storage = storage_with(seeded_bytes(1000, 2));
  Bytes& file = storage.files["file"];
  file[20] ^= 1;
  file[file.size() - 20] ^= 1;
  const SealedCheck check = check_file(storage);
  ASSERT_EQ(check.damage.size(), 1U);
  EXPECT_EQ(check.damage[0].count, file.size());
  EXPECT_FALSE(check.head);
  EXPECT_TRUE(check.sha256);
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
  EXPECT_THAT(message_of(read_back(storage, expected_of(FileType::kPack))),
              HasSubstr("a log entry, expected pack"));
  const Keyring foreign(counting<VaultId>(1), tiny_key().root);
  EXPECT_THAT(message_of(read_back(storage, kExpected, foreign)),
              HasSubstr("belongs to vault 0001"));
  ExpectedLabel expected = kExpected;
  expected.writer = counting<WriterId>(1);
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("its writer is 1011"));
  expected = kExpected;
  expected.number = 8;
  EXPECT_THAT(message_of(read_back(storage, expected)), HasSubstr("its sequence is 7, expected 8"));
}

TEST(SealedReader, RejectsWhatNobodySigned) {
  const MemoryStorage good = storage_with(seeded_bytes(10, 2));
  // The certificate of another root.
  RecoveryKey other_root = tiny_recovery();
  other_root.root.bytes[0] ^= 1;
  const IngestKey other = take(make_ingest_key(other_root, kTinyIdentity.writer, "mail.example.org",
                                               tiny_key().readers, tiny_secrets()));
  MemoryStorage storage;
  storage.files["file"] = take(seal(kLabel, other, seeded_bytes(10, 2)));
  EXPECT_THAT(message_of(read_back(storage)), HasSubstr("somebody whom this vault does not know"));
  EXPECT_TRUE(read_back(storage, kExpected, Keyring(kTinyIdentity.vault, other.root)));

  // Signed by a key that the certificate is not for.
  IngestKey thief = tiny_key();
  thief.signing = SigningKey(Secret(counting<Sha256Digest>(0x99).bytes));
  storage.files["file"] = take(seal(kLabel, thief, seeded_bytes(10, 2)));
  EXPECT_THAT(message_of(read_back(storage)), HasSubstr("somebody whom this vault does not know"));

  // Another writer in the label than the certificate is for.
  SealLabel label = kLabel;
  label.identity.epoch = 2;
  storage.files["file"] = take(seal(label, tiny_key(), seeded_bytes(10, 2)));
  EXPECT_THAT(message_of(read_back(storage)), HasSubstr("somebody whom this vault does not know"));

  // A head that was changed and whose tag fits again.
  storage = good;
  Bytes& file = storage.files["file"];
  file[64] ^= 1;  // its number
  renew_tag(file, 0, 512);
  EXPECT_THAT(message_of(open_head(file, public_keys(), "file")),
              HasSubstr("the signature does not match"));
  EXPECT_EQ(check_file(storage).damage.size(), 1U);
}

TEST(SealedReader, OnlyReadersOpenAPack) {
  const ReaderKey second(Secret(counting<Sha256Digest>(1).bytes));
  const ReaderKey stranger(Secret(counting<Sha256Digest>(2).bytes));
  IngestKey key = tiny_key();
  key.readers.push_back(second.public_key());
  const Bytes payload = seeded_bytes(5000, 4);
  MemoryStorage storage;
  storage.files["file"] = take(seal(label_of(FileType::kPack), key, payload));
  const ExpectedLabel expected = expected_of(FileType::kPack);
  for (const ReaderKey& reader : {tiny_recovery().reader(), second}) {
    Keyring keys = public_keys();
    keys.add(reader);
    EXPECT_EQ(take(read_back(storage, expected, keys)), payload);
    EXPECT_EQ(keys.id_key(kTinyIdentity)->bytes, key.id_key.bytes);
  }
  Keyring keys = public_keys();
  keys.add(stranger);
  EXPECT_EQ(read_back(storage, expected, keys).error().code(), ErrorCode::kInvalidArgument);
  // Not even who wrote it.
  EXPECT_EQ(read_back(storage, expected, writer_keys()).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST(SealedReader, AKeyThatTheHeadDoesNotCommitToIsNotUsed) {
  const ExpectedLabel expected = expected_of(FileType::kPack);
  SealChance chance = chance_of(0x80);
  // A dishonest writer locks another key for one reader than for the others.
  chance.slots = {take(lock_for(tiny_recovery().reader().public_key(),
                                Secret(counting<Sha256Digest>(0x81).bytes), tiny_key().id_key))};
  MemoryStorage storage;
  storage.files["file"] =
      take(seal(label_of(FileType::kPack), tiny_key(), seeded_bytes(100, 1), &chance));
  EXPECT_THAT(message_of(read_back(storage, expected)),
              HasSubstr("not the one that its head commits to"));
}

TEST(SealedReader, NothingOfThePayloadShows) {
  const std::string text(5000, 'x');
  for (const FileType type : {FileType::kPack, FileType::kIndexRun}) {
    const MemoryStorage storage = storage_with(Bytes(text.begin(), text.end()), label_of(type));
    const std::string file(as_text(storage.files.at("file")));
    EXPECT_EQ(file.find("xxxx"), file.npos);
  }
  // The same payload twice: nothing of it is the same.
  MemoryStorage one;
  MemoryStorage two;
  one.files["file"] = take(seal(label_of(FileType::kPack), tiny_key(), as_bytes(text)));
  two.files["file"] = take(seal(label_of(FileType::kPack), tiny_key(), as_bytes(text)));
  EXPECT_FALSE(std::equal(one.files["file"].begin() + 4096 + 32,
                          one.files["file"].begin() + 4096 + 64,
                          two.files["file"].begin() + 4096 + 32));
}

TEST(SealedReader, TellsOtherVersionsFromDamaged) {
  MemoryStorage storage = storage_with(seeded_bytes(10, 2));
  Bytes& file = storage.files["file"];
  for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{3}}) {
    store_le(file.data() + 8, version);
    renew_tag(file, 0, 512);
    EXPECT_EQ(read_back(storage).error().code(), ErrorCode::kUnsupported);
  }
}

// Signed, as by a writer that is broken: what the heads say is still not believed.
TEST(SealedReader, RejectsHeadsThatNoWriterMakes) {
  const MemoryStorage good = storage_with(seeded_bytes(10, 2));
  const auto rejects = [&](std::size_t at, std::uint32_t value) {
    MemoryStorage storage = good;
    Bytes& file = storage.files["file"];
    store_le(file.data() + at, value);
    sign_again(file);
    const Result<Bytes> read = read_back(storage);
    return !read && read.error().code() == ErrorCode::kCorrupt;
  };
  EXPECT_FALSE(rejects(508, 0));  // reserved
  for (const std::uint32_t head_bytes : {0U, 1U, 511U, 513U, 1024U, 4096U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(12, head_bytes)) << head_bytes;
  }
  for (const std::uint32_t record_bytes : {0U, 1U, 48U, 511U, 4096U, 65536U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(16, record_bytes)) << record_bytes;
  }
  for (const std::uint32_t record_count : {0U, 2U, 65536U, UINT32_MAX}) {
    EXPECT_TRUE(rejects(20, record_count)) << record_count;
  }
  EXPECT_TRUE(rejects(312, 1));          // readers of a log entry
  EXPECT_TRUE(rejects(312, 0xffffU));    // more than fit
  EXPECT_TRUE(rejects(8, 0x00090002U));  // the file type, and method 0
  EXPECT_TRUE(rejects(8, 0x02030002U));  // a log entry with the method of an index run
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
  const SealedCheck check = check_file(storage);
  EXPECT_FALSE(check.damage.empty());
  EXPECT_FALSE(check.sha256.has_value());
  EXPECT_EQ(check_sealed(storage, "gone", public_keys(), kExpected).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace letterpress::vault
