// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/alarm_text.h"

#include "vault/log/log.h"

namespace letterpress::cli {

std::string alarm_text(std::uint32_t alarms) {
  std::string text;
  if ((alarms & vault::kAlarmNewIncompressible) != 0) text = "looks encrypted";
  if ((alarms & vault::kAlarmVanished) != 0)
    text += text.empty() ? "much vanished" : ", much vanished";
  return text;
}

nlohmann::json alarm_json(std::uint32_t alarms) {
  nlohmann::json json = nlohmann::json::array();
  if ((alarms & vault::kAlarmNewIncompressible) != 0) json.push_back("incompressible");
  if ((alarms & vault::kAlarmVanished) != 0) json.push_back("vanished");
  return json;
}

}  // namespace letterpress::cli
