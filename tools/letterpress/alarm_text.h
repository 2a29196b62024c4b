// SPDX-License-Identifier: Apache-2.0
// The alarms of a snapshot, for people and for scripts.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace letterpress::cli {

// "looks encrypted, much vanished"; empty if there is no alarm.
std::string alarm_text(std::uint32_t alarms);
// ["incompressible", "vanished"], or a part of it.
nlohmann::json alarm_json(std::uint32_t alarms);

}  // namespace letterpress::cli
