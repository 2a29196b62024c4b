// SPDX-License-Identifier: Apache-2.0
// Work on items side by side, made and taken in order.
//
//   Status status = do_ordered<Item>(threads, {
//       .make = [&]() -> Result<std::unique_ptr<Item>> { ... },   // null: there are no more
//       .work = [&](Item& item) -> Status { ... },
//       .take = [&](Item& item) { ... }});
//
// `make` and `take` are called by one thread at a time, and `take` in the order of `make`; `work`
// by all threads at once. The first error ends the run and is its result; items that were not taken
// are then destroyed. At most `threads` + 2 items exist at a time. threads = 0: one for each
// processor that this process may use; in_callers_arena: the oneTBB arena of the call instead. A
// step may throw: that is an error, too.
#pragma once

#include <functional>
#include <memory>

#include "letterpress/result.h"

namespace letterpress::pipeline {

template <class Item>
struct OrderedSteps {
  std::function<Result<std::unique_ptr<Item>>()> make;
  std::function<Status(Item&)> work;
  std::function<void(Item&)> take;
  bool in_callers_arena = false;
};

using AnyItem = std::shared_ptr<void>;

struct AnyOrderedSteps {
  std::function<Result<AnyItem>()> make;
  std::function<Status(void*)> work;
  std::function<void(void*)> take;
  bool in_callers_arena = false;
};

Status do_any_ordered(unsigned threads, const AnyOrderedSteps& steps);

template <class Item>
Status do_ordered(unsigned threads, const OrderedSteps<Item>& steps) {
  return do_any_ordered(threads,
                        {.make = [&]() -> Result<AnyItem> {
                           LETTERPRESS_TRY_ASSIGN(auto item, steps.make());
                           return AnyItem(std::move(item));
                         },
                         .work = [&](void* item) { return steps.work(*static_cast<Item*>(item)); },
                         .take = [&](void* item) { steps.take(*static_cast<Item*>(item)); },
                         .in_callers_arena = steps.in_callers_arena});
}

}  // namespace letterpress::pipeline
