// SPDX-License-Identifier: Apache-2.0
// What every handle of the C interface has: the text of its last error, and the watch that it is
// not used inside its own callbacks.
//
//   return handle->run([&]() -> Status { ... });
#pragma once

#include <atomic>
#include <exception>
#include <new>
#include <string>

#include "letterpress.h"
#include "letterpress/result.h"

namespace letterpress::capi {

// A callback's number comes back as it was.
inline int code_of(const Error& error) noexcept {
  if (error.callback_code() != 0) return error.callback_code();
  return static_cast<int>(error.code()) + 1;
}

// What a callback returned, as a Status.
Status returned(int callback_code);

inline Error invalid_argument(const char* message) {
  return Error(ErrorCode::kInvalidArgument, message);
}

class Handle {
 public:
  bool is_running() const noexcept { return is_running_; }
  const char* error_text() const noexcept { return text_.c_str(); }

  // Does the call and gives what the C function returns. Nothing is thrown.
  template <class Call>
  int run(Call call) noexcept;

 private:
  std::string text_;
  std::atomic<bool> is_running_ = false;
};

template <class Call>
int Handle::run(Call call) noexcept {
  // Its text is not touched: the call that runs may be writing it.
  if (is_running_.exchange(true)) return LETTERPRESS_INVALID_ARGUMENT;
  int code = LETTERPRESS_OK;
  try {
    const Status status = call();
    if (!status) {
      text_ = status.error().message();
      code = code_of(status.error());
    }
  } catch (const std::bad_alloc&) {
    code = LETTERPRESS_OUT_OF_MEMORY;
  } catch (...) {
    code = LETTERPRESS_LIMIT_EXCEEDED;  // std::length_error, of the standard library
  }
  is_running_ = false;
  return code;
}

}  // namespace letterpress::capi
