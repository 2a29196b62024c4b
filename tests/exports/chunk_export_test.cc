// SPDX-License-Identifier: Apache-2.0
#include "exports/store/chunk_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/hex.h"
#include "exports/casync/casync.h"
#include "exports/pbs/pbs.h"
#include "exports/store/chunk_folder.h"
#include "files/single_source.h"
#include "files/temp_tree.h"
#include "pipeline/made_mail.h"

namespace letterpress::exports {
namespace {

using files::test::TempTree;
using ::testing::HasSubstr;

class Rows final : public ChunkIndexFile {
 public:
  Status add(std::uint64_t end, const StoreDigest& digest) override {
    if (rows.size() == fails_at) return Error(ErrorCode::kIo, "the index broke");
    rows.emplace_back(end, to_hex(digest));
    return Ok{};
  }
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  std::optional<std::size_t> fails_at;
};

class ChunkExportTest : public ::testing::Test {
 protected:
  ChunkExportTest() {
    pipeline::Random random(11);
    for (int i = 0; i < 100; ++i) {
      mail_ += pipeline::made_mbox_mail(random, {.attachment_bytes = i % 2 == 0 ? 60'000U : 0U});
    }
    tree_.file("mail", mail_);
  }
  Result<StoreTotals> run(ChunkIndexFile& index, unsigned threads = 2,
                          const std::string& store = "store") {
    files::DescriptorContent content(*File::open(tree_.path("mail"), 0));
    StoreOptions options;
    options.threads = threads;
    options.cancel = &cancel_;
    return export_chunks(content, {tree_.path(store), format_}, index, options);
  }
  std::size_t parts() const {
    std::size_t count = 0;
    for (const auto& found : std::filesystem::recursive_directory_iterator(tree_.root())) {
      if (found.path().extension() == ".part") ++count;
    }
    return count;
  }

  TempTree tree_;
  std::string mail_;
  const CastrFormat format_{ChunkDigest::kSha512_256};
  std::atomic<bool> cancel_ = false;
};

// FIPS 180-4's own examples, from NIST's "SHA512_256.pdf" and "SHA256.pdf".
TEST(ChunkCoder, DigestsAreThoseOfTheStandard) {
  ChunkCoder casync(ChunkDigest::kSha512_256, 3);
  EXPECT_EQ(to_hex(casync.digest(as_bytes("abc"))),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  ChunkCoder pbs(ChunkDigest::kSha256, 3);
  EXPECT_EQ(to_hex(pbs.digest(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ChunkCoder, AFrameIsWholeAndOne) {
  ChunkCoder coder(ChunkDigest::kSha256, 3);
  const Bytes bytes(1000, 'x');
  Bytes frame;
  coder.compress(bytes, frame);
  EXPECT_TRUE(coder.is_frame_of(frame, bytes));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    EXPECT_FALSE(coder.is_frame_of(ByteView(frame).first(i), bytes)) << i;
  }
  Bytes twice = frame;
  append(twice, frame);
  EXPECT_FALSE(coder.is_frame_of(twice, Bytes(2000, 'x')));
  EXPECT_FALSE(coder.is_frame_of(frame, Bytes(1000, 'y')));
  EXPECT_FALSE(coder.is_frame_of(frame, Bytes(999, 'x')));
  EXPECT_FALSE(coder.is_frame_of(frame, Bytes(1001, 'x')));
}

// The value of RFC 1952's check for "123456789", as the catalogues of CRCs have it.
TEST(PlainBlob, HasMagicAndCrc32) {
  const Bytes blob = plain_blob(as_bytes("123456789"));
  EXPECT_EQ(as_text(blob), std::string("\x42\xab\x38\x07\xbe\x83\x70\xa1\x26\x39\xf4\xcb"
                                       "123456789"));
}

TEST(PbsChunkFormat, HoldsWhatItMadeAndNothingThatIsDamaged) {
  ChunkCoder coder(ChunkDigest::kSha256, 3);
  const PbsChunkFormat format;
  for (const std::string& text : {std::string(1000, 'x'), std::string("abc")}) {
    const ByteView chunk = as_bytes(text);
    Bytes file;
    format.encode(chunk, coder, file);
    EXPECT_TRUE(format.holds(file, chunk, coder));
    // Of the magic and the checksum too, which nobody needs who has the chunk.
    for (std::size_t at = 0; at < file.size(); ++at) {
      file[at] ^= 1;
      EXPECT_FALSE(format.holds(file, chunk, coder)) << at;
      file[at] ^= 1;
    }
  }
}

TEST_F(ChunkExportTest, AChunkThatIsDamagedIsWrittenAnew) {
  ChunkCoder coder(format_.digest(), 3);
  const ChunkFolder folder(tree_.path("store"), format_);
  const Bytes chunk(5000, 'x');
  const StoreDigest digest = coder.digest(chunk);
  Bytes buffer;
  const auto keep = [&] { return folder.keep(digest, chunk, coder, buffer)->kept; };
  EXPECT_EQ(keep(), ChunkFolder::Kept::kWritten);
  EXPECT_EQ(keep(), ChunkFolder::Kept::kThere);
  const std::string name = to_hex(digest);
  const std::string path = "store/" + name.substr(0, 4) + "/" + name + ".cacnk";
  const std::string good = tree_.read(path);
  std::string bad = good;
  bad[bad.size() / 2] ^= 1;
  std::filesystem::remove(tree_.path(path));
  tree_.file(path, bad);
  EXPECT_EQ(keep(), ChunkFolder::Kept::kMended);
  EXPECT_EQ(tree_.read(path), good);
}

TEST(PbsNames, AreLettersDigitsAndSomeOthers) {
  for (const char* name : {"a", "mx1.example-1", "_x", "9"}) EXPECT_TRUE(is_pbs_name(name)) << name;
  for (const char* name : {"", ".a", "-a", "a/b", "a b", "\xc3\xa4", "a\"b"}) {
    EXPECT_FALSE(is_pbs_name(name)) << name;
  }
}

TEST_F(ChunkExportTest, IsTheSameForAnyThreads) {
  Rows expected;
  const auto totals = run(expected, 1, "one");
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->bytes, mail_.size());
  EXPECT_EQ(expected.rows.back().first, mail_.size());
  EXPECT_EQ(totals->chunks, expected.rows.size());
  for (const unsigned threads : {2U, 7U}) {
    Rows rows;
    const auto others = run(rows, threads, "store" + std::to_string(threads));
    EXPECT_EQ(rows.rows, expected.rows);
    EXPECT_EQ(others->new_chunks, totals->new_chunks);
    EXPECT_EQ(others->stored_bytes, totals->stored_bytes);
  }
  Rows again;
  EXPECT_EQ(run(again, 2, "one")->new_chunks, 0U);
  EXPECT_EQ(again.rows, expected.rows);
}

TEST_F(ChunkExportTest, AnErrorOfTheIndexEndsIt) {
  Rows rows;
  rows.fails_at = 3;
  const auto totals = run(rows);
  ASSERT_FALSE(totals);
  EXPECT_EQ(totals.error().message(), "the index broke");
}

TEST_F(ChunkExportTest, ACancelEndsIt) {
  cancel_ = true;
  Rows rows;
  EXPECT_EQ(run(rows).error().code(), ErrorCode::kCancelled);
}

TEST_F(ChunkExportTest, AFolderInAChunksPlaceIsAnError) {
  Rows rows;
  ASSERT_TRUE(run(rows));
  const std::string name = rows.rows[0].second;
  const std::string below = "other/" + name.substr(0, 4) + "/" + name + ".cacnk";
  tree_.folder(below);
  Rows others;
  const auto totals = run(others, 2, "other");
  ASSERT_FALSE(totals);
  EXPECT_THAT(totals.error().message(), HasSubstr(name));
  EXPECT_EQ(parts(), 0U);
}

TEST_F(ChunkExportTest, AnIndexAppearsAtItsCommitOnly) {
  tree_.file("index", "older");
  {
    const auto index = CaibxFile::create(tree_.path("index"), format_, {});
    ASSERT_TRUE(run(**index));
    EXPECT_EQ(tree_.read("index"), "older");
    EXPECT_EQ(parts(), 1U);
  }
  EXPECT_EQ(tree_.read("index"), "older");
  EXPECT_EQ(parts(), 0U);
  const auto index = CaibxFile::create(tree_.path("index"), format_, {});
  const auto totals = run(**index);
  ASSERT_TRUE((*index)->commit());
  EXPECT_EQ(tree_.read("index").size(), 104 + 40 * totals->chunks);
  EXPECT_EQ(parts(), 0U);
}

}  // namespace
}  // namespace letterpress::exports
