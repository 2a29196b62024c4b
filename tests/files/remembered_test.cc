// SPDX-License-Identifier: Apache-2.0
#include "files/remembered.h"

#include <gtest/gtest.h>

#include "mail/maildir.h"

namespace letterpress::files {
namespace {

// Names as Dovecot writes them: https://doc.dovecot.org, "Maildir filename extensions".
TEST(MaildirBaseName, EndsBeforeTheFlags) {
  EXPECT_EQ(mail::maildir_base_name("1035478339.27041_118.foo.org,S=1000,W=1030:2,S"),
            "1035478339.27041_118.foo.org,S=1000,W=1030");
  EXPECT_EQ(mail::maildir_base_name("17.M1P2.host:2,"), "17.M1P2.host");
  EXPECT_EQ(mail::maildir_base_name("17.M1P2.host"), "17.M1P2.host");
  EXPECT_EQ(mail::maildir_base_name("17.M1P2.host:2,Sa:2,b"), "17.M1P2.host");
}

TEST(MaildirBaseName, KnowsTheSeparatorsOfFileSystemsWithoutColon) {
  EXPECT_EQ(mail::maildir_base_name("17.host;2,RS"), "17.host");
  EXPECT_EQ(mail::maildir_base_name("17.host!2,"), "17.host");
  EXPECT_EQ(mail::maildir_base_name("17!2,000.host"), "17!2,000.host");
  EXPECT_EQ(mail::maildir_base_name("17.host:1,x"), "17.host:1,x");
}

TEST(MemoryKey, FlagsAndNewOrCurMakeNoDifference) {
  const std::string key = memory_key("mail/u/new/17.host");
  EXPECT_EQ(key, "mail/u/cur/17.host");
  EXPECT_EQ(memory_key("mail/u/cur/17.host:2,RS"), key);
  EXPECT_EQ(memory_key("mail/u/cur/17.host;2,RS"), key);
  EXPECT_EQ(memory_key("mail/u/cur/17.host!2,"), key);
}

TEST(MemoryKey, OtherPathsAreTheirOwn) {
  for (const char* path : {"stdin", "mail/u/tmp/17.host:2,S", "mail/x:2,S", "cur", "new/a/b:2,S",
                           "mail/u/curious/17:2,S", "mail/cur/new/x/y:2,"}) {
    EXPECT_EQ(memory_key(path), path);
  }
  EXPECT_EQ(memory_key("new/17.host:2,S"), "cur/17.host");
}

}  // namespace
}  // namespace letterpress::files
