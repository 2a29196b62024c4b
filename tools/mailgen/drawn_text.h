// SPDX-License-Identifier: Apache-2.0
/// Formatting of values that are drawn while they are listed. Compilers evaluate a call's arguments
/// in any order, and GCC and Clang differ; a braced list is evaluated from left to right by all of
/// them.
///
///     append_drawn(out, "{}-{}", Drawn{random.below(9), random.below(9)});
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <tuple>
#include <utility>

namespace mailgen {

template <typename... Values>
struct Drawn {
  explicit Drawn(Values... drawn) : values(std::move(drawn)...) {}
  std::tuple<Values...> values;
};

template <typename... Values>
void append_drawn(std::string& out, fmt::format_string<const Values&...> format,
                  const Drawn<Values...>& drawn) {
  std::apply(
      [&](const Values&... values) { fmt::format_to(std::back_inserter(out), format, values...); },
      drawn.values);
}

}  // namespace mailgen
