// SPDX-License-Identifier: Apache-2.0
// The three texts of a volume, with one value after another that docs/FORMAT.md, "Volumes", rules
// out; and how a set is found by name.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "vault/keys/labelled_text.h"
#include "vault/limits.h"
#include "vault/volume_fixtures.h"

namespace letterpress::vault {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

const std::string kId(32, 'a');
const std::string kDigest(64, 'b');
const std::string kWriterHex(32, 'c');
const std::string kPack = "packs/bb/" + kDigest;
const std::string kEntry = "log/" + kWriterHex + "/00000000000000000001";
const std::string kRun = "index/" + kWriterHex + "/00000000000000000001";

Bytes text_of(const std::string& kind, const Lines& lines) {
  const std::string text = format_labelled_text({kind, kFormatVersion, lines});
  return Bytes(text.begin(), text.end());
}

Lines good_manifest() {
  return {{"set", kId},       {"vault", kId},  {"created", "2026-11-27T12:00:00Z"},
          {"since", "-"},     {"data", "4"},   {"parity", "2"},
          {"piece", "65536"}, {"lacking", ""}, {"file", kDigest + " 7 " + kPack}};
}

struct Wrong {
  std::size_t line;
  std::string value;
};

template <class Decode>
void expect_refused(const std::string& kind, const Lines& good, const std::vector<Wrong>& wrongs,
                    const Decode& decode) {
  ASSERT_EQ(message_of(decode(text_of(kind, good), "FILE")), "");
  for (const Wrong& wrong : wrongs) {
    Lines lines = good;
    lines[wrong.line].second = wrong.value;
    const auto decoded = decode(text_of(kind, lines), "FILE");
    ASSERT_FALSE(decoded) << lines[wrong.line].first << ' ' << wrong.value;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt) << wrong.value;
    EXPECT_EQ(decoded.error().message().rfind("FILE: ", 0), 0U) << decoded.error().message();
  }
}

TEST(VolumeTexts, ManifestHasNoValueThatCannotBe) {
  const std::string other(64, 'd');
  expect_refused("volume set", good_manifest(),
                 {{0, "aa"},
                  {1, "aa"},
                  {2, "yesterday"},
                  {3, "aa"},
                  {4, "four"},
                  {4, "04"},
                  {4, "0"},
                  {4, "4294967295"},
                  {4, "19"},
                  {5, "two"},
                  {5, "0"},
                  {5, "9"},
                  {5, "4294967295"},
                  {6, "4096"},
                  {6, "64k"},
                  {7, "README.txt"},
                  {7, kEntry + ' ' + kEntry},
                  {7, kPack + ' ' + kEntry},
                  {8, "bb 7 " + kPack},
                  {8, kDigest + " 0 " + kPack},
                  {8, kDigest + " x " + kPack},
                  {8, other + " 7 " + kPack},
                  {8, kDigest + " 134217729 " + kPack},
                  {8, kDigest + " 7 ../passwd"},
                  {8, kDigest}},
                 decode_manifest);
}

TEST(VolumeTexts, ManifestNamesNoFileTwice) {
  Lines lines = good_manifest();
  lines.push_back(lines.back());
  EXPECT_FALSE(decode_manifest(text_of("volume set", lines), "FILE"));
  lines.back().second = kDigest + " 9 " + kRun;
  EXPECT_EQ(message_of(decode_manifest(text_of("volume set", lines), "FILE")), "");
}

TEST(VolumeTexts, ManifestSaysWhatItGoesOnFromAndLacks) {
  Lines lines = good_manifest();
  lines[3].second = std::string(32, '1');
  lines[7].second = kRun + ' ' + kEntry + ' ' + kPack;
  const VolumeManifest manifest = take(decode_manifest(text_of("volume set", lines), "FILE"));
  EXPECT_EQ(manifest.since->bytes[15], 0x11);
  EXPECT_EQ(manifest.lacking, (std::vector<std::string>{kRun, kEntry, kPack}));
  const std::string again = encode_manifest(manifest);
  EXPECT_EQ(Bytes(again.begin(), again.end()), text_of("volume set", lines));
}

TEST(VolumeTexts, LabelHasNoValueThatCannotBe) {
  expect_refused("volume",
                 {{"set", kId}, {"vault", kId}, {"number", "6"}, {"data", "4"}, {"parity", "2"}},
                 {{0, "aa"},
                  {1, "aa"},
                  {2, "0"},
                  {2, "7"},
                  {2, "06"},
                  {3, "x"},
                  {3, "0"},
                  {3, "4294967295"},
                  {4, "x"},
                  {4, "0"},
                  {4, "4294967295"}},
                 decode_label);
}

TEST(VolumeTexts, SealHasNoValueThatCannotBe) {
  const Lines good = {
      {"set", kId},        {"manifest", kDigest}, {"sealed", "2026-11-27T12:00:00Z"},
      {"without", "1 20"}, {"stripe", kDigest},   {"stripe", kDigest}};
  expect_refused("volume seal", good,
                 {{0, "aa"},
                  {1, "aa"},
                  {2, "yesterday"},
                  {3, "0"},
                  {3, "21"},
                  {3, "1 x"},
                  {3, "1 2 3 4 5 6 7 8 9"},
                  {4, "bb"},
                  {5, "bb"}},
                 decode_seal);
  const VolumeSeal seal = take(decode_seal(text_of("volume seal", good), "FILE"));
  EXPECT_EQ(seal.without, (std::vector<unsigned>{0, 19}));
}

TEST(VolumeTexts, PathsAreThoseOfADocumentedPlace) {
  const std::vector<std::string> nowhere = {"letterpress-volume",
                                            "letterpress-set",
                                            "parity",
                                            "spare",
                                            "tags",
                                            "program",
                                            "packs",
                                            "index",
                                            "log",
                                            "damaged",
                                            std::string(65, 'a'),
                                            "a b",
                                            "a:b",
                                            "\xc3\xa4",
                                            "log/" + kWriterHex,
                                            "log/x/00000000000000000001",
                                            "log/" + kWriterHex + "/1",
                                            "index/" + kWriterHex,
                                            "program/",
                                            "packs/bb",
                                            "packs/bbb" + kDigest,
                                            "packs/bb/" + kWriterHex,
                                            "packs/cc/" + kDigest,
                                            "other/" + kDigest};
  for (const std::string& path : nowhere) {
    EXPECT_EQ(kind_of_path(path), PathKind::kNone) << path;
  }
  EXPECT_EQ(kind_of_path(std::string(64, 'a')), PathKind::kCompanion);
  EXPECT_EQ(kind_of_path("Az09.-_+"), PathKind::kCompanion);
  EXPECT_EQ(kind_of_path(kEntry), PathKind::kLog);
  EXPECT_EQ(kind_of_path(kRun), PathKind::kIndex);
  EXPECT_EQ(kind_of_path(kPack), PathKind::kPack);
}

// Volumes are not signed: a list of files may say anything, also of how many volumes it is for.
class OtherManifestTest : public VolumesTest {};

TEST_F(OtherManifestTest, IsNotGoneOnWith) {
  add_packs(3);
  write({2, 1});
  const Bytes& bytes = disks_[0]->files.at("letterpress-set");
  const VolumeManifest good = take(decode_manifest(bytes, "FILE"));
  std::vector<VolumeManifest> others(4, good);
  others[0].counts = {12, 8};
  others[1].counts = {1, 1};
  others[2].set.bytes[0] ^= 1;
  others[3].vault.bytes[0] ^= 1;
  for (const VolumeManifest& other : others) {
    const std::string text = encode_manifest(other);
    for (const SharedFiles& disk : disks_) {
      disk->files["letterpress-set"] = Bytes(text.begin(), text.end());
    }
    const Result<WriteVolumesReport> report = try_write({2, 1});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument) << report.error().message();
  }
}

class FindSetTest : public VolumesTest {};

TEST_F(FindSetTest, FindsASetByItsIdAFolderOrAFile) {
  add_packs(3);
  const WriteVolumesReport report = write({2, 1});
  const std::string id = to_hex(report.set.bytes);
  SharedStorage vault(files_);
  EXPECT_EQ(take(find_set(vault, id)).set, report.set);

  const TemporaryFolder folder;
  const Bytes& manifest = disks_[0]->files.at("letterpress-set");
  std::ofstream(folder.path() + "/letterpress-set")
      .write(as_text(manifest).data(), static_cast<std::streamsize>(manifest.size()));
  EXPECT_EQ(take(find_set(vault, folder.path())).set, report.set);
  EXPECT_EQ(take(find_set(vault, folder.path() + "/letterpress-set")).set, report.set);

  const auto refused = find_set(vault, folder.path() + "/gone");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);

  files_->unreadable.insert("volumes/" + id);
  EXPECT_EQ(find_set(vault, id).error().code(), ErrorCode::kIo);
  files_->files.erase("volumes/" + id);
  EXPECT_EQ(find_set(vault, id).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(FindSetTest, NamesOfVolumesCountFromOne) { EXPECT_EQ(volume_name(1, {4, 2}), "2 of 6"); }

}  // namespace
}  // namespace letterpress::vault
