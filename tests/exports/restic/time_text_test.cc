// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/time_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace letterpress::restic {
namespace {

// Expected: `TZ=... date -d @SECONDS --iso-8601=ns`, in the form of RFC 3339.
class TimeText : public ::testing::Test {
 protected:
  void TearDown() override { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST_F(TimeText, HasAsManyDigitsAsAreNotZero) {
  set_zone("UTC");
  EXPECT_EQ(local_time_text(1'795'766'612'427'135'888), "2026-11-27T08:03:32.427135888Z");
  EXPECT_EQ(local_time_text(1'795'766'612'000'000'000), "2026-11-27T08:03:32Z");
  EXPECT_EQ(local_time_text(1'795'766'612'420'000'000), "2026-11-27T08:03:32.42Z");
  EXPECT_EQ(local_time_text(1'795'766'612'000'000'001), "2026-11-27T08:03:32.000000001Z");
  EXPECT_EQ(local_time_text(0), "1970-01-01T00:00:00Z");
}

TEST_F(TimeText, IsRightBefore1970) {
  set_zone("UTC");
  EXPECT_EQ(local_time_text(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(local_time_text(-1'000'000'000), "1969-12-31T23:59:59Z");
}

TEST_F(TimeText, IsLocal) {
  set_zone("XXX-5:30");
  EXPECT_EQ(local_time_text(1'795'766'612'000'000'000), "2026-11-27T13:33:32+05:30");
  set_zone("XXX3:30");
  EXPECT_EQ(local_time_text(1'795'766'612'000'000'000), "2026-11-27T04:33:32-03:30");
}

}  // namespace
}  // namespace letterpress::restic
