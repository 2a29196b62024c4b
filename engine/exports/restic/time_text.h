// SPDX-License-Identifier: Apache-2.0
// Times as restic's JSON has them: RFC 3339 in local time, with as many digits as are not zero.
//
//   local_time_text(1764230612'427135888)    // 2025-11-27T08:03:32.427135888Z
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace letterpress::restic {

void append_local_time(std::string& out, std::int64_t time_ns);
std::string local_time_text(std::int64_t time_ns);

std::int64_t now_ns() noexcept;

}  // namespace letterpress::restic
