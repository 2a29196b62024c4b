// SPDX-License-Identifier: Apache-2.0
#include "capi/handle.h"

namespace letterpress::capi {

Status returned(int callback_code) {
  if (callback_code == 0) return Ok{};
  return Error(ErrorCode::kIo, "a callback returned " + std::to_string(callback_code),
               callback_code);
}

}  // namespace letterpress::capi
