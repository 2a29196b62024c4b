// SPDX-License-Identifier: Apache-2.0
// Where exceptions end: those of memory, of the standard library, and of an embedder's callbacks.
//
//   return walled([&]() -> Status {
//     options.on_note = [&](const std::string& text) { tell([&] { given.on_note(text); }); };
//     return work(options, [&](ByteView bytes) { return ask([&] { return output(bytes); }); });
//   });
#pragma once

#include <exception>
#include <new>
#include <string>

#include "letterpress/result.h"
#include "pipeline/press.h"

namespace letterpress::embed_vault {

// What a callback threw, on its way out through the engine.
class CallbackException : public std::exception {
 public:
  explicit CallbackException(const std::string& what) : text_(what) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

inline Error threw(const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "a callback threw an exception: " + what);
}

// Does the call; what flies out of it is an error.
template <class Call>
auto walled(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const CallbackException& exception) {
    return threw(exception.what());
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kLimitExceeded, exception.what());
  }
}

// A callback that has a result. It may use oneTBB itself.
template <class Call>
Status ask(Call call) {
  try {
    return pipeline::run_alone(call);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::exception& exception) {
    return threw(exception.what());
  } catch (...) {
    return threw("no std::exception");
  }
}

// A callback that has none: what it throws flies on, to the wall or to the run's own.
template <class Call>
void tell(Call call) {
  try {
    static_cast<void>(pipeline::run_alone([&]() -> Status {
      call();
      return Ok{};
    }));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    throw CallbackException(exception.what());
  } catch (...) {
    throw CallbackException("no std::exception");
  }
}

}  // namespace letterpress::embed_vault
