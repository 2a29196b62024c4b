// SPDX-License-Identifier: Apache-2.0
// What the program says to scripts. Documented in --help; do not change values.
#pragma once

#include "letterpress/result.h"

namespace letterpress::cli {

enum ExitCode : int {
  kDone = 0,
  kDamage = 1,   // done, but damage was found and stands
  kUsage = 2,    // the command line is wrong
  kFailed = 3,   // not done; what exists stays as it was
  kPartial = 4,  // done, but some sources could not be read
  kAlarm = 5,    // done, but much mail vanished or was encrypted since the last time
};

inline ExitCode exit_code_of(const Error& error) {
  return error.code() == ErrorCode::kInvalidArgument ? kUsage : kFailed;
}

}  // namespace letterpress::cli
