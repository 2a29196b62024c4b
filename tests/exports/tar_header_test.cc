// SPDX-License-Identifier: Apache-2.0
#include "exports/tar/tar_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "mail/tar_archive.h"

namespace letterpress::exports {
namespace {

using stream::EntryType;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kTime = 1'700'000'000;

stream::Entry entry(std::string path, EntryType type = EntryType::kFile) {
  return {.path = std::move(path),
          .metadata = {.type = type, .mode = 0644, .mtime_ns = kTime * 1'000'000'000}};
}

std::string header(const stream::Entry& of, std::uint64_t size = 0) {
  Bytes out;
  append_tar_header(out, of, size);
  return std::string(as_text(out));
}

TEST(TarHeader, IsThatOfPosixWhereItFits) {
  std::string expected = test::tar_header({.name = "mail/1", .content = "abc"});
  // The numbers of a device, which others leave empty, and so the checksum.
  for (const std::size_t at : {329U, 337U}) expected.replace(at, 8, "0000000\0", 8);
  const std::string made = header(entry("mail/1"), 3);
  expected.replace(148, 8, made.substr(148, 8));
  EXPECT_EQ(made, expected);
  unsigned sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i) {
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(made[i]);
  }
  EXPECT_EQ(made.substr(148, 8), test::octal(sum, 6) + '\0' + ' ');
}

TEST(TarHeader, NamesGoToTwoFieldsThenToARecord) {
  const std::string p155(155, 'p');
  const std::string n100(100, 'n');
  for (const std::string& path :
       {n100, "d/" + n100, p155 + "/" + n100, p155 + "/n", std::string(50, 'p') + "/" + n100}) {
    const std::string made = header(entry(path));
    ASSERT_EQ(made.size(), 512U) << path;
    const std::string prefix = made.c_str() + 345;
    const std::string name = made.substr(0, 100).c_str();
    EXPECT_EQ(prefix.substr(0, 155) + (prefix.empty() ? "" : "/") + name, path);
  }
  // The last one would do for both fields, but has its slash too far behind.
  const std::string late_slash = std::string(180, 'p') + "/" + std::string(50, 'n');
  for (const std::string& path : {n100 + "n", "d/" + n100 + "n", p155 + "p/" + n100, late_slash}) {
    const std::string made = header(entry(path));
    ASSERT_EQ(made.size(), 3 * 512U) << path;
    EXPECT_EQ(made[156], 'x');
    const std::string record = " path=" + path + "\n";
    const std::string length = std::to_string(record.size() + 3);
    ASSERT_EQ(length.size(), 3U);
    EXPECT_EQ(made.substr(512, record.size() + 3), length + record);
    EXPECT_EQ(made.substr(124, 12), test::octal(record.size() + 3, 11) + '\0');
    EXPECT_THAT(made, Not(HasSubstr("hdrcharset")));
  }
}

TEST(TarHeader, AFolderEndsWithASlash) {
  EXPECT_EQ(header(entry("mail", EntryType::kFolder)).substr(0, 6), std::string("mail/\0", 6));
  // 100 bytes, and the slash is one too many for the field; it cannot be where the name is split.
  const std::string made = header(entry(std::string(100, 'd'), EntryType::kFolder));
  EXPECT_THAT(made, HasSubstr(" path=" + std::string(100, 'd') + "/\n"));
}

TEST(TarHeader, NamesThatAreNoUtf8AreMarkedInRecordsOnly) {
  const std::string bad = "\xc3\xa4\xff";
  EXPECT_EQ(header(entry(bad)).substr(0, 4), bad + '\0');
  EXPECT_EQ(header(entry(bad)).size(), 512U);
  EXPECT_THAT(header(entry(bad + std::string(100, 'n'))), HasSubstr("21 hdrcharset=BINARY\n"));
  for (const char* text : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80",
                           "\xf0\x80\x80\x80", "\xe0\x9f\xbf", "\xf5\x80\x80\x80"}) {
    EXPECT_THAT(header(entry(std::string(101, 'n') + text)), HasSubstr("hdrcharset")) << text;
  }
  for (const char* text : {"\xc2\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xe2\x82\xac",
                           "\xf0\x90\x80\x80", "\xe0\xa0\x80"}) {
    EXPECT_THAT(header(entry(std::string(101, 'n') + text)), Not(HasSubstr("hdrcharset"))) << text;
  }
}

TEST(TarHeader, TimesWithFractionsAndBefore1970) {
  const auto of = [](std::int64_t time_ns) {
    stream::Entry at = entry("f");
    at.metadata.mtime_ns = time_ns;
    return header(at);
  };
  EXPECT_EQ(of(0).size(), 512U);
  EXPECT_THAT(of(1'700'000'000'123'456'789), HasSubstr("30 mtime=1700000000.123456789\n"));
  EXPECT_THAT(of(1'000'000), HasSubstr("15 mtime=0.001\n"));
  EXPECT_THAT(of(-4'750'000'000), HasSubstr("15 mtime=-4.75\n"));
  EXPECT_THAT(of(-5'000'000'000), HasSubstr("12 mtime=-5\n"));
  EXPECT_THAT(of(-1), HasSubstr("22 mtime=-0.000000001\n"));
  EXPECT_THAT(of(std::numeric_limits<std::int64_t>::min()),
              HasSubstr("mtime=-9223372036.854775808\n"));
  // 2^33 seconds do not fit in eleven digits.
  EXPECT_EQ(of(8'589'934'591'000'000'000).size(), 512U);
  EXPECT_THAT(of(8'589'934'592'000'000'000), HasSubstr("20 mtime=8589934592\n"));
}

TEST(TarHeader, NumbersThatAreTooLargeForTheirFields) {
  EXPECT_EQ(header(entry("f"), (std::uint64_t{1} << 33) - 1).size(), 512U);
  EXPECT_THAT(header(entry("f"), std::uint64_t{1} << 33), HasSubstr("19 size=8589934592\n"));
  stream::Entry owned = entry("f");
  owned.metadata.user_id = 2'097'151;
  EXPECT_EQ(header(owned).size(), 512U);
  owned.metadata.user_id = 2'097'152;
  owned.metadata.group_id = 4'294'967'294;
  EXPECT_THAT(header(owned), HasSubstr("15 uid=2097152\n18 gid=4294967294\n"));
}

TEST(TarHeader, TheLengthOfARecordCountsItself) {
  // Where another digit comes in: 99 and 100 bytes without one, 999 and 1,000.
  for (std::size_t length = 101; length < 1100; ++length) {
    const std::string path(length, 'n');
    const std::string made = header(entry(path));
    const std::size_t stated = std::stoul(made.substr(512));
    EXPECT_EQ(made[512 + stated - 1], '\n') << length;
    EXPECT_EQ(made.substr(512, stated), std::to_string(stated) + " path=" + path + "\n");
  }
}

TEST(TarHeader, AnArchiveEndsWithARecord) {
  for (const std::uint64_t size : {0U, 512U, 9216U, 9728U, 10240U}) {
    Bytes out;
    append_tar_end(out, size);
    EXPECT_EQ((size + out.size()) % 10240, 0U);
    EXPECT_GE(out.size(), 1024U);
    EXPECT_LT(out.size(), 1024U + 10240U);
    EXPECT_EQ(std::ranges::count(out, 0), static_cast<std::ptrdiff_t>(out.size()));
  }
}

}  // namespace
}  // namespace letterpress::exports
