// SPDX-License-Identifier: Apache-2.0
#include "pipeline/ordered_work.h"

#include <oneapi/tbb/parallel_pipeline.h>

#include <cassert>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/arena.h"

namespace letterpress::pipeline {
namespace {

class OrderedWork {
 public:
  OrderedWork(const AnyOrderedSteps& steps, std::size_t item_count)
      : steps_(steps), items_(item_count) {}

  Status run();

 private:
  void fail(Error error) {
    {
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = std::move(error);
    }
    context_.cancel_group_execution();
  }
  template <class Step>
  void guard(Step step) noexcept {
    try {
      if (Status status = step(); !status) fail(std::move(status).error());
    } catch (const std::bad_alloc&) {
      fail(Error(ErrorCode::kOutOfMemory, "out of memory"));
    } catch (const std::exception& exception) {
      fail(Error(ErrorCode::kInvalidArgument,
                 std::string("a callback threw an exception: ") + exception.what()));
    } catch (...) {
      fail(Error(ErrorCode::kInvalidArgument, "a callback threw what is no std::exception"));
    }
  }

  AnyItem* make(oneapi::tbb::flow_control& control);
  void take(AnyItem* item);

  const AnyOrderedSteps& steps_;
  // What passes through the pipeline points into this ring: a cancelled pipeline drops what waits
  // between its filters, and does not destroy it. Items are taken in order and at most as many as
  // there are places exist, so that the place of the next one is free.
  std::vector<AnyItem> items_;
  std::size_t made_ = 0;
  // Isolated: what the caller cancels around the call is not this run.
  oneapi::tbb::task_group_context context_{oneapi::tbb::task_group_context::isolated};
  std::mutex error_mutex_;
  std::optional<Error> error_;  // the first; guarded by error_mutex_ while the pipeline runs
};

AnyItem* OrderedWork::make(oneapi::tbb::flow_control& control) {
  AnyItem& item = items_[made_++ % items_.size()];
  assert(item == nullptr);
  guard([&]() -> Status {
    LETTERPRESS_TRY_ASSIGN(item, steps_.make());
    return Ok{};
  });
  if (item == nullptr) control.stop();
  return &item;
}

void OrderedWork::take(AnyItem* item) {
  guard([&]() -> Status {
    steps_.take(item->get());
    return Ok{};
  });
  item->reset();
}

Status OrderedWork::run() {
  using oneapi::tbb::filter_mode;
  using oneapi::tbb::make_filter;
  oneapi::tbb::parallel_pipeline(
      items_.size(),
      make_filter<void, AnyItem*>(
          filter_mode::serial_in_order,
          [this](oneapi::tbb::flow_control& control) { return make(control); }) &
          make_filter<AnyItem*, AnyItem*>(filter_mode::parallel,
                                          [this](AnyItem* item) {
                                            guard([&] { return steps_.work(item->get()); });
                                            return item;
                                          }) &
          make_filter<AnyItem*, void>(filter_mode::serial_in_order,
                                      [this](AnyItem* item) { take(item); }),
      context_);
  if (error_) return std::move(*error_);
  return Ok{};
}

}  // namespace

Status do_any_ordered(unsigned threads, const AnyOrderedSteps& steps) {
  const int thread_count = steps.in_callers_arena ? oneapi::tbb::this_task_arena::max_concurrency()
                                                  : arena_threads(threads);
  OrderedWork work(steps, static_cast<std::size_t>(thread_count) + 2);
  if (steps.in_callers_arena) return work.run();
  Status status = Ok{};
  oneapi::tbb::task_arena arena(thread_count);
  arena.execute([&] { status = work.run(); });
  return status;
}

}  // namespace letterpress::pipeline
