// SPDX-License-Identifier: Apache-2.0
#include "files/excludes.h"

#include <gtest/gtest.h>

namespace letterpress::files {
namespace {

TEST(GlobMatch, StarStaysInsideAComponent) {
  EXPECT_TRUE(glob_match("*", "abc"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*c", "abbbc"));
  EXPECT_TRUE(glob_match("a*c", "ac"));
  EXPECT_TRUE(glob_match("*a*b*", "xxaxxbxx"));
  EXPECT_FALSE(glob_match("*", "a/b"));
  EXPECT_FALSE(glob_match("a*c", "a/c"));
  EXPECT_TRUE(glob_match("a*/b*", "axx/bxx"));
  EXPECT_FALSE(glob_match("a*/b*", "axx/x/bxx"));
}

TEST(GlobMatch, DoubleStarCrossesComponents) {
  EXPECT_TRUE(glob_match("a/**", "a/b/c"));
  EXPECT_FALSE(glob_match("a/**", "a"));
  EXPECT_TRUE(glob_match("**.tmp", "a/b/c.tmp"));
  EXPECT_TRUE(glob_match("a**z", "ab/c/yz"));
}

TEST(GlobMatch, DoubleStarSlashIsAnyNumberOfFolders) {
  EXPECT_TRUE(glob_match("a/**/z", "a/z"));
  EXPECT_TRUE(glob_match("a/**/z", "a/b/z"));
  EXPECT_TRUE(glob_match("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(glob_match("a/**/z", "a/bz"));
  EXPECT_TRUE(glob_match("**/z*.h", "zz/a/zoo.h"));
  EXPECT_TRUE(glob_match("**/a*/**/z", "q/ab/c/d/z"));
  EXPECT_FALSE(glob_match("**/a*/**/z", "q/b/c/d/z"));
}

TEST(GlobMatch, QuestionMarkIsOneByteButNotSlash) {
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "a/c"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_TRUE(glob_match("a??c",
                         "a\xc3\xa4"
                         "c"));  // two bytes, one letter in UTF-8
}

TEST(GlobMatch, Sets) {
  EXPECT_TRUE(glob_match("[abc]", "b"));
  EXPECT_FALSE(glob_match("[abc]", "d"));
  EXPECT_TRUE(glob_match("[a-cx-z]", "y"));
  EXPECT_FALSE(glob_match("[!a-c]", "b"));
  EXPECT_TRUE(glob_match("[!a-c]", "d"));
  EXPECT_TRUE(glob_match("[^a-c]", "d"));
  EXPECT_FALSE(glob_match("a[!b]c", "a/c"));
  EXPECT_FALSE(glob_match("a[.-0]c", "a/c"));  // '/' lies between '.' and '0'
  EXPECT_TRUE(glob_match("[]]", "]"));
  EXPECT_TRUE(glob_match("[a-]", "-"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_TRUE(glob_match("[\xf0-\xff]", "\xfe"));
}

TEST(GlobMatch, UnclosedSetIsALiteralBracket) {
  EXPECT_TRUE(glob_match("[Gmail", "[Gmail"));
  EXPECT_TRUE(glob_match("a[", "a["));
  EXPECT_FALSE(glob_match("[Gmail", "G"));
}

TEST(GlobMatch, BackslashTakesTheNextByteAsItIs) {
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "a"));
  EXPECT_TRUE(glob_match("a\\", "a\\"));
}

TEST(GlobMatch, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5'000, 'a')));
  std::string folders;
  for (int i = 0; i < 60; ++i) folders += "**/a";
  EXPECT_FALSE(glob_match(folders + "b", std::string(5'000, 'a')));
}

TEST(Excludes, APatternWithoutSlashIsComparedWithTheName) {
  const Excludes excludes({"*.tmp"});
  EXPECT_TRUE(excludes.match("a/b.tmp", false));
  EXPECT_TRUE(excludes.match("b.tmp", true));
  EXPECT_FALSE(excludes.match("a.tmp/b", false));
}

TEST(Excludes, APatternWithSlashIsComparedWithTheEndOfThePath) {
  const Excludes excludes({"user/Trash"});
  EXPECT_TRUE(excludes.match("mail/user/Trash", true));
  EXPECT_TRUE(excludes.match("user/Trash", true));
  EXPECT_FALSE(excludes.match("mail/superuser/Trash", true));
  EXPECT_FALSE(excludes.match("mail/user/Trash/cur", true));  // not entered, so never asked
}

TEST(Excludes, ALeadingSlashMeansTheWholePath) {
  const Excludes excludes({"/mail/*"});
  EXPECT_TRUE(excludes.match("mail/user", true));
  EXPECT_FALSE(excludes.match("old/mail/user", true));
  EXPECT_TRUE(Excludes({"/mail"}).match("mail", true));
  EXPECT_FALSE(Excludes({"/mail"}).match("a/mail", true));
}

TEST(Excludes, ATrailingSlashMeansFoldersOnly) {
  const Excludes excludes({"cache/"});
  EXPECT_TRUE(excludes.match("a/cache", true));
  EXPECT_FALSE(excludes.match("a/cache", false));
}

TEST(Excludes, NothingIsExcludedByDefault) {
  EXPECT_TRUE(Excludes().empty());
  EXPECT_FALSE(Excludes().match("a", false));
}

}  // namespace
}  // namespace letterpress::files
