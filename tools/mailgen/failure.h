// SPDX-License-Identifier: Apache-2.0
/// How mailgen gives up: one line on standard error, and an exit code. Nothing is cleaned up; a
/// store that was cut short is told by its state file.
#pragma once

#include <string_view>

namespace mailgen {

inline constexpr int kExitUsage = 2;
inline constexpr int kExitFailed = 3;

/// Prints "mailgen: <message>" and ends the program with `exit_code`.
[[noreturn]] void stop(int exit_code, std::string_view message);
/// stop(kExitFailed, ...) with what errno says: "cannot <action> <path>: <reason>".
[[noreturn]] void stop_errno(std::string_view action, std::string_view path);

}  // namespace mailgen
