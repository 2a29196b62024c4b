// SPDX-License-Identifier: Apache-2.0
// A time as labelled text has it: "2026-11-23T14:21:00Z". Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace letterpress::vault {

// From seconds since 1970.
std::string format_utc(std::int64_t seconds);
// Nothing unless the text is exactly what format_utc() gives.
std::optional<std::int64_t> parse_utc(const std::string& text);

}  // namespace letterpress::vault
