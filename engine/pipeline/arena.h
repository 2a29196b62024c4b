// SPDX-License-Identifier: Apache-2.0
// How many threads oneTBB is asked for.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

namespace letterpress::pipeline {

// 0: one for each processor that this process may use. oneTBB prints a warning when it is asked for
// more threads than it is set to give, so it is not.
inline int arena_threads(unsigned threads) {
  using oneapi::tbb::global_control;
  if (threads == 0) return oneapi::tbb::info::default_concurrency();
  return static_cast<int>(std::min<std::size_t>(
      threads, global_control::active_value(global_control::max_allowed_parallelism)));
}

}  // namespace letterpress::pipeline
