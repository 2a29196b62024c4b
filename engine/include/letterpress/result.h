// SPDX-License-Identifier: Apache-2.0
// Errors as values: Result<T> holds a value or an Error, Status holds success or an Error.
//
//   letterpress::Result<int> parsed = parse(text);
//   if (!parsed) return std::move(parsed).error().while_doing("reading the age");
//   use(*parsed);
//
// The names are those of std::expected, so that the change to it is mechanical once every supported
// compiler has it. Both types are [[nodiscard]]. A success allocates nothing. Values of these types
// have no threads of their own: share them as you would share a std::string.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace letterpress {

// What the caller can do about it. The message says what happened.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  // the call was wrong: correct it
  kNotFound,         // the named thing is not there
  kCorrupt,          // stored bytes are damaged or are not what they claim to be
  kUnsupported,      // made by a newer version, or a feature that this build lacks
  kLimitExceeded,    // a documented limit stopped it
  kIo,               // the operating system said no: disk full, no permission, device error
  kOutOfMemory,      //
  kCancelled,        // the caller asked to stop
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message)
      : rep_(std::make_unique<Rep>(Rep{code, std::move(message)})) {}

  // Of what a callback of the C interface returned: `callback_code` is that number, not 0.
  Error(ErrorCode code, std::string message, int callback_code)
      : rep_(std::make_unique<Rep>(Rep{code, std::move(message), callback_code})) {}

  ErrorCode code() const noexcept { return rep_->code; }
  const std::string& message() const noexcept { return rep_->message; }
  int callback_code() const noexcept { return rep_->callback_code; }

  // Puts "what: " before the message. Used where the noun is known: "reading pack 12".
  Error&& while_doing(std::string_view what) && {
    rep_->message.insert(0, std::string(what) + ": ");
    return std::move(*this);
  }
  Error copy() const { return Error(rep_->code, rep_->message, rep_->callback_code); }

 private:
  template <class T>
  friend class Result;
  Error() noexcept = default;  // no error: inside a Result that has a value

  struct Rep {
    ErrorCode code;
    std::string message;
    int callback_code = 0;
  };
  std::unique_ptr<Rep> rep_;  // one pointer wide, so that Result<T> stays small
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that functions can return either.
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const noexcept { return error_.rep_ == nullptr; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }

  Error& error() & noexcept { return error_; }
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

 private:
  // Not a std::variant: GCC 12 warns of its members where nothing is wrong.
  Error error_;
  std::optional<T> value_;
};

struct Ok {};
using Status = Result<Ok>;

}  // namespace letterpress

// Returns the error of `expr` to the caller, if it has one. Always inside braces.
#define LETTERPRESS_TRY(expr) \
  LETTERPRESS_TRY_AT(expr, LETTERPRESS_JOIN(letterpress_status_, __LINE__))
#define LETTERPRESS_TRY_AT(expr, status) \
  if (auto status = (expr); !status) {   \
    return std::move(status).error();    \
  }                                      \
  static_assert(true)

// Declares or assigns `lhs` from the value of `expr`, or returns its error to the caller.
#define LETTERPRESS_TRY_ASSIGN(lhs, expr) \
  LETTERPRESS_TRY_ASSIGN_AT(lhs, expr, LETTERPRESS_JOIN(letterpress_result_, __LINE__))
#define LETTERPRESS_TRY_ASSIGN_AT(lhs, expr, result) \
  auto result = (expr);                              \
  if (!result) {                                     \
    return std::move(result).error();                \
  }                                                  \
  lhs = *std::move(result)
#define LETTERPRESS_JOIN(a, b) LETTERPRESS_JOIN_AGAIN(a, b)
#define LETTERPRESS_JOIN_AGAIN(a, b) a##b
