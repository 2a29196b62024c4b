// SPDX-License-Identifier: Apache-2.0
// The one way in which a long operation asks whether its caller wants it to stop.
//
//   LETTERPRESS_TRY(check_cancel(options.cancel));
//   LETTERPRESS_TRY(check_cancel(options.cancel, kRunAgain));   // nothing that was done is lost
//
// Costs a load; ask for each file, block or window. Any thread may set the flag.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "letterpress/result.h"

namespace letterpress {

inline constexpr std::string_view kRunAgain = "run it again to go on";

// kCancelled if `cancel` is there and set. `advice`: what the caller may do then.
inline Status check_cancel(const std::atomic<bool>* cancel, std::string_view advice = {}) {
  if (cancel == nullptr || !cancel->load()) return Ok{};
  std::string message = "cancelled";
  if (!advice.empty()) message.append("; ").append(advice);
  return Error(ErrorCode::kCancelled, std::move(message));
}

}  // namespace letterpress
