// SPDX-License-Identifier: Apache-2.0
#include "capi/handle.h"

namespace letterpress::capi {

Status Handle::returned(int callback_code) {
  if (callback_code == 0) return Ok{};
  callback_code_ = callback_code;
  return Error(ErrorCode::kIo, "a callback returned " + std::to_string(callback_code));
}

int Handle::failed(const Error& error) {
  text_ = error.message();
  const int callback_code = callback_code_;
  return callback_code != 0 ? callback_code : code_of(error);
}

}  // namespace letterpress::capi
