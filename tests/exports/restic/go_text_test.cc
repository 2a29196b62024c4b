// SPDX-License-Identifier: Apache-2.0
// Expected: what restic 0.14 (Go 1.19) wrote of such names. restic_test.py compares whole trees.
#include "exports/restic/go_text.h"

#include <gtest/gtest.h>

namespace letterpress::restic {
namespace {

std::string name_of(std::string_view name) {
  std::string json;
  append_json_name(json, name);
  return json;
}

std::string text_of(std::string_view text) {
  std::string json;
  append_json_text(json, text);
  return json;
}

TEST(GoText, NamesAreQuotedTwice) {
  EXPECT_EQ(name_of("plain name:2,S"), R"("plain name:2,S")");
  EXPECT_EQ(name_of("a\"\\b"), R"("a\\\"\\\\b")");
  EXPECT_EQ(name_of("bad\xff\x01\t\xc3\xbc\xe2\x80\x8b"),
            "\"bad\\\\xff\\\\x01\\\\t\xc3\xbc\\\\u200b\"");
  EXPECT_EQ(name_of("a<b>&"), R"("a\u003cb\u003e\u0026")");
  EXPECT_EQ(name_of("\x7f\x07\n"), R"("\\x7f\\a\\n")");
  EXPECT_EQ(name_of("\xf0\x9f\x93\xa7"), "\"\xf0\x9f\x93\xa7\"");
}

TEST(GoText, BytesThatAreNoCharactersStayBytes) {
  EXPECT_EQ(name_of("\xed\xa0\x80"), R"("\\xed\\xa0\\x80")");  // a surrogate
  EXPECT_EQ(name_of("\xc0\xaf"), R"("\\xc0\\xaf")");           // too long a form
  EXPECT_EQ(name_of("\xe2\x82"), R"("\\xe2\\x82")");           // cut short
  EXPECT_EQ(name_of("\xf4\x90\x80\x80"), R"("\\xf4\\x90\\x80\\x80")");
}

TEST(GoText, TextsAreQuotedOnce) {
  EXPECT_EQ(text_of("x<y>&"), R"("x\u003cy\u003e\u0026")");
  EXPECT_EQ(text_of("a\"\\\n\r\t\x01"), R"("a\"\\\n\r\t\u0001")");
  EXPECT_EQ(text_of("\xff"), R"("\ufffd")");
  EXPECT_EQ(text_of("\xe2\x80\xa8"), R"("\u2028")");
  EXPECT_EQ(text_of(""), "\"\"");
}

TEST(GoText, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("\xc3\xbc \xe2\x82\xac"));
  EXPECT_FALSE(is_utf8("\xc3\xbc\xfc"));
}

}  // namespace
}  // namespace letterpress::restic
