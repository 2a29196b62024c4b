// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/utc_text.h"

#include <ctime>

namespace letterpress::vault {

namespace {

constexpr const char* kTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

}  // namespace

std::string format_utc(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  char text[64];
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  return std::string(text, std::strftime(text, sizeof text, kTimeFormat, &parts));
}

std::optional<std::int64_t> parse_utc(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), kTimeFormat, &parts);
  if (end == nullptr || *end != 0) return std::nullopt;
  const std::int64_t seconds = ::timegm(&parts);
  if (format_utc(seconds) != text) return std::nullopt;
  return seconds;
}

}  // namespace letterpress::vault
