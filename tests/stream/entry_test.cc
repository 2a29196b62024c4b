// SPDX-License-Identifier: Apache-2.0
// Expected bytes are worked out by hand from docs/STREAM.md, "Entries" and "Metadata".
#include "stream/entry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "stream/entry_codec.h"
#include "stream/playback.h"

namespace letterpress::stream {
namespace {

Bytes encoded(const Metadata& metadata) {
  Bytes out;
  append_metadata(out, metadata);
  return out;
}

Result<Metadata> decoded(std::string_view hex) {
  const Bytes bytes = from_hex(hex);
  ByteCursor cursor(bytes);
  LETTERPRESS_TRY_ASSIGN(Metadata metadata, read_metadata(cursor));
  if (!cursor.at_end()) return Error(ErrorCode::kCorrupt, "bytes left over");
  return metadata;
}

TEST(ComparePaths, PutsContentsRightAfterTheirFolder) {
  const std::vector<std::string> sorted = {"a",     "a/",   "a/\x01", "a/b",     "a/b/c",
                                           "a/b.c", "a/ba", "a\x01",  "a ",      "a.b",
                                           "a0",    "ab",   "b",      "\xc3\xa4"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      const int order = compare_paths(sorted[i], sorted[j]);
      EXPECT_EQ(order < 0, i < j) << sorted[i] << " and " << sorted[j];
      EXPECT_EQ(order == 0, i == j) << sorted[i] << " and " << sorted[j];
    }
  }
}

TEST(ComparePaths, IsTheOrderOfComponents) {
  // The property behind it: paths compare as their lists of components do.
  const auto components = [](std::string_view path) {
    std::vector<std::vector<unsigned char>> parts(1);
    for (const char c : path) {
      if (c == '/') {
        parts.emplace_back();
      } else {
        parts.back().push_back(static_cast<unsigned char>(c));
      }
    }
    return parts;
  };
  std::vector<std::string> paths;
  const std::string letters = "/.a\xff";
  for (unsigned i = 0; i < 256; ++i) {
    std::string path;
    for (unsigned rest = i; path.size() < 4; rest /= 4) path += letters[rest % 4];
    paths.push_back("x" + path + "x");
  }
  for (const std::string& a : paths) {
    for (const std::string& b : paths) {
      EXPECT_EQ(compare_paths(a, b) < 0, components(a) < components(b)) << a << " and " << b;
    }
  }
}

TEST(IsValidPath, TakesRelativePathsOnly) {
  for (const char* path :
       {"a", "a/b", "...", ".a", "a.", "..a", " ", "a\nb", "\xff", "a/...", "-"}) {
    EXPECT_TRUE(is_valid_path(path)) << path;
  }
  for (const char* path :
       {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "../a", "a/.", "a/..", "a/../b", "a/./b"}) {
    EXPECT_FALSE(is_valid_path(path)) << path;
  }
  EXPECT_FALSE(is_valid_path(std::string_view("a\0b", 3)));
}

TEST(IsValidPath, HasALimit) {
  EXPECT_TRUE(is_valid_path(std::string(16384, 'a')));
  EXPECT_FALSE(is_valid_path(std::string(16385, 'a')));
}

TEST(Metadata, IsAsTheDocumentSays) {
  const Metadata file{EntryType::kFile, 0644, 1000, 70000, 1767225600000000000, ""};
  EXPECT_EQ(encoded(file), from_hex("00 a403 e807 f0a204 0000faed51728618"));
  const Metadata folder{EntryType::kFolder, 07777, 0, UINT32_MAX, -1, ""};
  EXPECT_EQ(encoded(folder), from_hex("01 ff1f 00 ffffffff0f ffffffffffffffff"));
  const Metadata symlink{EntryType::kSymlink, 0777, 0, 0, 0, "../x"};
  EXPECT_EQ(encoded(symlink), from_hex("02 ff03 00 00 0000000000000000 04 2e2e2f78"));
  const Metadata link{EntryType::kHardLink, 0, 0, 0, INT64_MIN, "a/b"};
  EXPECT_EQ(encoded(link), from_hex("03 00 00 00 0000000000000080 03 612f62"));
  for (const Metadata& metadata : {file, folder, symlink, link}) {
    const Bytes bytes = encoded(metadata);
    ByteCursor cursor(bytes);
    const auto back = read_metadata(cursor);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, metadata);
    EXPECT_TRUE(cursor.at_end());
  }
}

TEST(Metadata, RefusesEachTruncation) {
  const Bytes whole = from_hex("02 ff03 e807 00 0000000000000000 04 2e2e2f78");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    ByteCursor cursor(ByteView(whole).first(bytes));
    EXPECT_FALSE(read_metadata(cursor)) << bytes;
  }
}

TEST(Metadata, RefusesFieldsOutOfTheirLimits) {
  constexpr std::string_view kTime = "0000000000000000";
  const auto refused = [&](std::string_view head, std::string_view tail = "") {
    return !decoded(std::string(head) + std::string(kTime) + std::string(tail));
  };
  EXPECT_FALSE(refused("00 00 00 00"));
  EXPECT_TRUE(refused("04 00 00 00"));               // type
  EXPECT_TRUE(refused("00 8020 00 00"));             // mode 010000
  EXPECT_TRUE(refused("00 00 8080808010 00"));       // user 2^32
  EXPECT_TRUE(refused("00 00 00 8080808010"));       // group 2^32
  EXPECT_TRUE(refused("00 00 00 00", "01 61"));      // a file's target
  EXPECT_TRUE(refused("02 00 00 00", "00"));         // symlink to nothing
  EXPECT_TRUE(refused("02 00 00 00", "03 610062"));  // with a zero byte
  EXPECT_FALSE(refused("02 00 00 00", "02 2e2e"));   // symlinks may point upwards
  EXPECT_TRUE(refused("03 00 00 00", "02 2e2e"));    // hard links may not
  EXPECT_TRUE(refused("03 00 00 00", "02 2f61"));    // nor be absolute
  EXPECT_TRUE(refused("02 00 00 00", "ffffffffffffffffff01 61"));
  EXPECT_EQ(decoded("04 00 00 00 0000000000000000").error().code(), ErrorCode::kUnsupported);
}

TEST(Metadata, LimitsTheTarget) {
  for (const std::size_t bytes : {std::size_t{16384}, std::size_t{16385}}) {
    const Metadata metadata{EntryType::kSymlink, 0, 0, 0, 0, std::string(bytes, 'x')};
    const Bytes encoding = encoded(metadata);
    ByteCursor cursor(encoding);
    EXPECT_EQ(read_metadata(cursor).has_value(), bytes == 16384);
  }
}

}  // namespace
}  // namespace letterpress::stream
