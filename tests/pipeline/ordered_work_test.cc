// SPDX-License-Identifier: Apache-2.0
#include "pipeline/ordered_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <vector>

namespace letterpress::pipeline {
namespace {

using namespace std::chrono_literals;

// Says when it is destroyed.
struct Item {
  Item(int number_, std::atomic<int>& alive_) : number(number_), alive(alive_) { ++alive; }
  ~Item() { --alive; }
  int number;
  int square = 0;
  std::atomic<int>& alive;
};

class OrderedWorkTest : public ::testing::Test {
 protected:
  OrderedSteps<Item> steps_to(int count) {
    return {.make = [this, count]() -> Result<std::unique_ptr<Item>> {
              if (made_ == count) return std::unique_ptr<Item>();
              return std::make_unique<Item>(made_++, alive_);
            },
            .work = [](Item& item) -> Status {
              item.square = item.number * item.number;
              return Ok{};
            },
            .take = [this](Item& item) { taken_.push_back(item.square); }};
  }

  int made_ = 0;
  std::atomic<int> alive_ = 0;
  std::vector<int> taken_;
};

TEST_F(OrderedWorkTest, TakesEveryItemInOrderForAnyNumberOfThreads) {
  std::vector<int> squares;
  for (int i = 0; i < 1000; ++i) squares.push_back(i * i);
  for (const unsigned threads : {0U, 1U, 2U, 5U}) {
    made_ = 0;
    taken_.clear();
    EXPECT_TRUE(do_ordered(threads, steps_to(1000)));
    EXPECT_EQ(taken_, squares);
    EXPECT_EQ(alive_, 0);
  }
}

TEST_F(OrderedWorkTest, NothingToDoIsDone) {
  EXPECT_TRUE(do_ordered(2, steps_to(0)));
  EXPECT_TRUE(taken_.empty());
}

TEST_F(OrderedWorkTest, AnErrorOfAnyStepEndsTheRunAndNothingIsLeftBehind) {
  // The one that fails waits for a later one, so that there is one that waits to be taken. (Not for
  // ever: there may be one thread only.)
  auto failing_work = steps_to(1'000'000);
  std::promise<void> later;
  const std::shared_future<void> has_later = later.get_future().share();
  failing_work.work = [&](Item& item) -> Status {
    if (item.number == 51) later.set_value();
    if (item.number != 50) return Ok{};
    has_later.wait_for(1s);
    return Error(ErrorCode::kIo, "no room");
  };
  const Status worked = do_ordered(2, failing_work);
  ASSERT_FALSE(worked);
  EXPECT_EQ(worked.error().message(), "no room");
  EXPECT_LT(made_, 1'000'000);
  EXPECT_EQ(alive_, 0);

  auto failing_make = steps_to(1'000'000);
  made_ = 0;
  failing_make.make = [this]() -> Result<std::unique_ptr<Item>> {
    if (made_ == 70) return Error(ErrorCode::kIo, "no more");
    return std::make_unique<Item>(made_++, alive_);
  };
  const Status made = do_ordered(2, failing_make);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "no more");
  EXPECT_EQ(alive_, 0);
}

}  // namespace
}  // namespace letterpress::pipeline
