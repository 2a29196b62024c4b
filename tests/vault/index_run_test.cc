// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/index_run.h"

#include <gmock/gmock.h>

#include <random>

#include "base/varint.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/memory_storage.h"
#include "vault/sealing/sealed_check.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

class Collector final : public IndexRunVisitor {
 public:
  IndexRun seen;
  std::vector<WriterIdentity> identities;
  bool is_wanted = true;

  bool wants(const WriterIdentity& identity) override {
    identities.push_back(identity);
    return is_wanted;
  }
  Status on_pack(const PackRef& pack) override {
    seen.packs.push_back(pack);
    return Ok{};
  }
  Status on_chunk(const IndexedChunk& chunk, const PackRef& pack) override {
    EXPECT_LE(pack.first_block, chunk.place.block);
    EXPECT_LT(chunk.place.block, pack.first_block + pack.block_count);
    seen.chunks.push_back(chunk);
    return Ok{};
  }
};

PackRef pack_of(std::uint64_t first_block, std::uint32_t block_count) {
  return {counting<Sha256Digest>(static_cast<std::uint8_t>(first_block)), 12288, first_block,
          block_count};
}

IndexedChunk chunk_at(std::uint64_t block, std::uint32_t ordinal) {
  IndexedChunk chunk;
  const Bytes id = seeded_bytes(16, block * 70001 + ordinal);
  std::copy(id.begin(), id.end(), chunk.id.begin());
  chunk.place = {block, ordinal};
  return chunk;
}

class IndexRunTest : public ::testing::Test {
 protected:
  IndexRunTest() {
    EXPECT_EQ(message_of(storage_.make_folders(writer_folders(kTinyIdentity.writer))), "");
  }

  Result<IndexRunRef> commit(const IndexRun& run) {
    return commit_index_run(storage_, tiny_key(), 1, run);
  }
  Status read(IndexRunVisitor& visitor) {
    return read_index_run(storage_, writer_keys(), kTinyIdentity.writer, 1, visitor);
  }
  Bytes& file() {
    return storage_.files.at(index_folder(kTinyIdentity.writer) + "/00000000000000000001");
  }

  // Reads a run with any payload.
  std::string read_payload(const Bytes& payload) {
    const SealLabel label{.type = FileType::kIndexRun, .identity = kTinyIdentity, .number = 1};
    storage_.files[index_folder(kTinyIdentity.writer) + "/00000000000000000001"] =
        take(seal(label, tiny_key(), payload));
    Collector collector;
    const Status status = read(collector);
    if (status) return "";
    EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
    return status.error().message();
  }

  MemoryStorage storage_;
};

TEST_F(IndexRunTest, GivesBackChunksByPlace) {
  IndexRun run;
  run.packs = {pack_of(3, 4), pack_of(7, 1), pack_of(1000, 65536)};
  for (std::uint32_t i = 0; i < 300; ++i) run.chunks.push_back(chunk_at(3, i));
  run.chunks.push_back(chunk_at(5, 10));
  run.chunks.push_back(chunk_at(5, 12));
  run.chunks.push_back(chunk_at(7, 0));
  run.chunks.push_back(chunk_at(66535, 65535));
  IndexRun shuffled = run;
  std::shuffle(shuffled.chunks.begin(), shuffled.chunks.end(), std::mt19937(7));

  const IndexRunRef ref = take(commit(shuffled));
  EXPECT_EQ(ref.sequence, 1U);
  EXPECT_EQ(ref.file_bytes, file().size());
  EXPECT_EQ(ref.sha256, sha256(file()));
  Collector collector;
  EXPECT_EQ(message_of(read(collector)), "");
  EXPECT_EQ(collector.seen.packs, run.packs);
  EXPECT_EQ(collector.seen.chunks, run.chunks);
  EXPECT_EQ(collector.identities, std::vector<WriterIdentity>{kTinyIdentity});
  EXPECT_EQ(take(list_index_runs(storage_, kTinyIdentity.writer)), std::vector<std::uint64_t>{1});
}

TEST_F(IndexRunTest, EmptyRunAndPacksWithoutChunksAreFine) {
  take(commit({}));
  Collector nothing;
  EXPECT_EQ(message_of(read(nothing)), "");
  storage_.files.clear();
  take(commit({{pack_of(0, 1)}, {}}));
  Collector collector;
  EXPECT_EQ(message_of(read(collector)), "");
  EXPECT_EQ(collector.seen.packs.size(), 1U);
}

TEST_F(IndexRunTest, ManyChunksCostLittleMoreThanTheirIds) {
  IndexRun run;
  run.packs = {pack_of(0, 300)};
  for (std::uint64_t block = 0; block < 300; ++block) {
    for (std::uint32_t i = 0; i < 250; ++i) run.chunks.push_back(chunk_at(block, i));
  }
  const IndexRunRef ref = take(commit(run));
  Collector collector;
  EXPECT_EQ(message_of(read(collector)), "");
  EXPECT_EQ(collector.seen.chunks, run.chunks);
  EXPECT_LT(static_cast<double>(ref.file_bytes) / static_cast<double>(run.chunks.size()), 16.9);
}

TEST_F(IndexRunTest, RunThatIsNotWantedIsSkipped) {
  take(commit({{pack_of(0, 1)}, {chunk_at(0, 0)}}));
  Collector collector;
  collector.is_wanted = false;
  EXPECT_EQ(message_of(read(collector)), "");
  EXPECT_TRUE(collector.seen.packs.empty());
}

TEST_F(IndexRunTest, WriterRefusesWhatReadersReject) {
  const std::vector<IndexRun> wrong = {
      {{}, {chunk_at(0, 0)}},
      {{pack_of(1, 2)}, {chunk_at(0, 0)}},
      {{pack_of(1, 2)}, {chunk_at(3, 0)}},
      {{pack_of(1, 2)}, {chunk_at(1, 65536)}},
      {{pack_of(1, 2)}, {chunk_at(1, 5), chunk_at(1, 5)}},
      {{pack_of(1, 2), pack_of(2, 1)}, {}},
      {{pack_of(3, 2), pack_of(1, 1)}, {}},
      {{pack_of(1, 0)}, {}},
      {{pack_of(UINT64_MAX, 1)}, {}},
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const auto result = commit(wrong[i]);
    ASSERT_FALSE(result) << i;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument) << i;
  }
  EXPECT_TRUE(storage_.files.empty());
}

TEST_F(IndexRunTest, SequenceIsNeverTakenTwice) {
  take(commit({{pack_of(0, 1)}, {}}));
  EXPECT_EQ(commit({{pack_of(0, 2)}, {}}).error().code(), ErrorCode::kCorrupt);
}

TEST_F(IndexRunTest, EveryFlippedByteAndTruncationIsFound) {
  IndexRun run;
  run.packs = {pack_of(0, 1), pack_of(1, 1)};
  for (std::uint32_t i = 0; i < 40; ++i) run.chunks.push_back(chunk_at(i / 20, i % 20));
  take(commit(run));
  const Bytes good = file();
  // A head, two records, the hashes, a head; either head is enough to read.
  ASSERT_EQ(good.size(), 512U * 5);
  const std::string path = index_folder(kTinyIdentity.writer) + "/00000000000000000001";
  const ExpectedLabel expected{.type = FileType::kIndexRun};
  for (std::size_t at = 0; at < good.size(); ++at) {
    file() = good;
    file()[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    Collector collector;
    const Status status = read(collector);
    ASSERT_EQ(!status, at >= 512 && at < 3 * 512) << at;
    if (!status) {
      ASSERT_THAT(status.error().message(), HasSubstr("index/101112"));
    }
    ASSERT_TRUE(
        std::equal(collector.seen.chunks.begin(), collector.seen.chunks.end(), run.chunks.begin()));
    const SealedCheck check = take(check_sealed(storage_, path, public_keys(), expected));
    ASSERT_EQ(check.damage.size(), 1U) << at;
    ASSERT_EQ(check.damage[0].offset, at / 512 * 512);
    file() = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
    ASSERT_EQ(!read(collector), at < 3 * 512) << at;
    ASSERT_FALSE(take(check_sealed(storage_, path, public_keys(), expected)).damage.empty()) << at;
  }
}

TEST_F(IndexRunTest, OnlyItsWriterAndReadersOpenIt) {
  take(commit({{pack_of(0, 1)}, {chunk_at(0, 0)}}));
  const auto read_with = [&](const Keyring& keys) {
    Collector collector;
    return read_index_run(storage_, keys, kTinyIdentity.writer, 1, collector);
  };
  EXPECT_EQ(read_with(public_keys()).error().code(), ErrorCode::kInvalidArgument);
  IngestKey other = tiny_key();
  other.id_key = counting<HashKey>(0x61);
  Keyring keys = public_keys();
  keys.add(other);
  EXPECT_THAT(message_of(read_with(keys)), HasSubstr("not the one that its head commits to"));
}

// The payload of a run with packs of blocks [0, 2) and [5, 6), and then `rest`.
Bytes payload(std::uint64_t chunk_count, std::initializer_list<std::uint64_t> rest) {
  Bytes bytes;
  append_varint(bytes, 2);
  append_varint(bytes, chunk_count);
  append_pack_ref(bytes, pack_of(0, 2));
  append_pack_ref(bytes, pack_of(5, 1));
  for (const std::uint64_t number : rest) append_varint(bytes, number);
  bytes.resize(bytes.size() + 16 * static_cast<std::size_t>(chunk_count < 9 ? chunk_count : 9));
  return bytes;
}

TEST_F(IndexRunTest, RejectsPlacesOutsideItsPacks) {
  EXPECT_EQ(read_payload(payload(2, {1, 65534, 2})), "");
  EXPECT_EQ(read_payload(payload(1, {5, 0, 1})), "");
  EXPECT_THAT(read_payload(payload(1, {2, 0, 1})), HasSubstr("places a chunk in block 2"));
  EXPECT_THAT(read_payload(payload(1, {4, 0, 1})), HasSubstr("places a chunk in block 4"));
  EXPECT_THAT(read_payload(payload(1, {6, 0, 1})), HasSubstr("places a chunk in block 6"));
  EXPECT_THAT(read_payload(payload(2, {1, 65535, 2})), HasSubstr("place that cannot be"));
  EXPECT_THAT(read_payload(payload(1, {UINT64_MAX, 0, 1})), HasSubstr("place that cannot be"));
  EXPECT_THAT(read_payload(payload(1, {0, UINT64_MAX, 1})), HasSubstr("place that cannot be"));
}

TEST_F(IndexRunTest, RejectsCountsThatDoNotAddUp) {
  EXPECT_THAT(read_payload(payload(1, {0, 0, 0})), HasSubstr("place that cannot be"));
  EXPECT_THAT(read_payload(payload(1, {0, 0, 2})), HasSubstr("place that cannot be"));
  EXPECT_THAT(read_payload(payload(1, {0, 0, UINT64_MAX})), HasSubstr("place that cannot be"));
  EXPECT_THAT(read_payload(payload(1ULL << 40, {0, 0, 1})), HasSubstr("more chunks"));
  EXPECT_THAT(read_payload(payload(UINT64_MAX, {0, 0, 1})), HasSubstr("more chunks"));
  Bytes longer = payload(1, {0, 0, 1});
  longer.push_back(0);
  EXPECT_THAT(read_payload(longer), HasSubstr("goes on after its last chunk"));
  Bytes shorter = payload(2, {0, 0, 2});
  shorter.pop_back();
  EXPECT_NE(read_payload(shorter), "");
}

TEST_F(IndexRunTest, RejectsStretchThatBelongsToTheOneBefore) {
  Bytes bytes = payload(2, {0, 0, 1});  // the first of two ids; the second stretch is the rest
  bytes.resize(bytes.size() - 16);
  for (const std::uint64_t number : {0U, 0U, 1U}) append_varint(bytes, number);
  bytes.resize(bytes.size() + 16);
  EXPECT_THAT(read_payload(bytes), HasSubstr("needless stretch"));
}

TEST_F(IndexRunTest, RejectsPacksThatCannotBe) {
  const auto run_of = [](std::initializer_list<PackRef> packs) {
    Bytes bytes;
    append_varint(bytes, packs.size());
    append_varint(bytes, 0);
    for (const PackRef& pack : packs) append_pack_ref(bytes, pack);
    return bytes;
  };
  EXPECT_EQ(read_payload(run_of({pack_of(0, 2), pack_of(2, 1)})), "");
  EXPECT_THAT(read_payload(run_of({pack_of(0, 2), pack_of(1, 1)})), HasSubstr("overlap"));
  EXPECT_THAT(read_payload(run_of({pack_of(5, 2), pack_of(1, 1)})), HasSubstr("out of order"));
  EXPECT_THAT(read_payload(run_of({pack_of(0, 0)})), HasSubstr("pack that cannot be"));
  EXPECT_THAT(read_payload(run_of({pack_of(1ULL << 48, 1)})), HasSubstr("pack that cannot be"));
  Bytes many;
  append_varint(many, UINT64_MAX);
  append_varint(many, 0);
  EXPECT_THAT(read_payload(many), HasSubstr("more packs"));
  EXPECT_THAT(read_payload({}), HasSubstr("cut short"));
}

TEST_F(IndexRunTest, AnyPayloadIsReadOrRejected) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Bytes bytes = payload(3, {0, seed % 7, 1, 1, 0, 2});
    bytes.resize(bytes.size() - seed % 40);
    bytes[seed % bytes.size()] = static_cast<std::uint8_t>(seed >> 3);
    read_payload(bytes);  // must end, and with kCorrupt if not well
  }
}

}  // namespace
}  // namespace letterpress::vault
