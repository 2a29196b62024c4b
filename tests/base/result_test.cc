// SPDX-License-Identifier: Apache-2.0
#include "letterpress/result.h"

#include <gtest/gtest.h>

namespace letterpress {
namespace {

Result<int> half_of(int value) {
  if (value % 2 != 0) return Error(ErrorCode::kInvalidArgument, "is odd");
  return value / 2;
}

Result<std::string> quarter_of(int value) {
  LETTERPRESS_TRY(half_of(value));
  LETTERPRESS_TRY_ASSIGN(const int half, half_of(value));
  int quarter = 0;
  LETTERPRESS_TRY_ASSIGN(quarter, half_of(half));
  return std::to_string(quarter);
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> value = half_of(6);
  ASSERT_TRUE(value);
  EXPECT_TRUE(value.has_value());
  EXPECT_EQ(*value, 3);
  Result<int> error = half_of(7);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.error().message(), "is odd");
}

TEST(Result, TryReturnsTheErrorToTheCaller) {
  EXPECT_EQ(*quarter_of(8), "2");
  EXPECT_EQ(quarter_of(7).error().message(), "is odd");
  EXPECT_EQ(quarter_of(6).error().message(), "is odd");  // from the second
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto use = [&]() -> Result<int> {
    LETTERPRESS_TRY_ASSIGN(const std::unique_ptr<int> owned, make());
    return *owned;
  };
  EXPECT_EQ(*use(), 5);
  EXPECT_EQ(**make(), 5);
}

TEST(Error, SaysWhatWasBeingDone) {
  Error error = Error(ErrorCode::kCorrupt, "bad").while_doing("pack 7").while_doing("verify");
  EXPECT_EQ(error.message(), "verify: pack 7: bad");
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  const Error copy = error.copy();
  EXPECT_EQ(copy.message(), error.message());
  EXPECT_EQ(copy.code(), error.code());
}

}  // namespace
}  // namespace letterpress
