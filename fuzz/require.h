// SPDX-License-Identifier: Apache-2.0
// How a fuzz target says that an invariant is broken: it names the line and aborts, in every build.
//
//   require(rebuilt == original);
//   const Bytes bytes = take(writer.finish());       // the value, or what the error says
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "letterpress/result.h"

namespace letterpress::fuzz {

inline void require(bool holds, int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: an invariant is broken\n", file, line);
  std::abort();
}

template <class T>
T take(Result<T> result, int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
  if (!result) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, result.error().message().c_str());
    std::abort();
  }
  return *std::move(result);
}

// An error says what is wrong.
template <class T>
bool succeeds(const Result<T>& result, int line = __builtin_LINE(),
              const char* file = __builtin_FILE()) {
  if (!result) require(!result.error().message().empty(), line, file);
  return result.has_value();
}

}  // namespace letterpress::fuzz
