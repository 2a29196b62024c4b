// SPDX-License-Identifier: Apache-2.0
#include "mail/from_line.h"

#include <algorithm>

#include "mail/limits.h"

namespace letterpress::mail {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// h:mm, as in 9:30, 09:30:00 and 12:34.
bool has_time_of_day(std::string_view text) noexcept {
  for (std::size_t colon = 1; colon + 2 < text.size(); ++colon) {
    if (text[colon] == ':' && is_digit(text[colon - 1]) && is_digit(text[colon + 1]) &&
        is_digit(text[colon + 2])) {
      return true;
    }
  }
  return false;
}

// Four digits by themselves, 1900 to 2199.
bool has_year(std::string_view text) noexcept {
  std::size_t digits = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && is_digit(text[at])) {
      ++digits;
      continue;
    }
    if (digits == 4) {
      const std::string_view year = text.substr(at - 4, 2);
      if (year == "19" || year == "20" || year == "21") return true;
    }
    digits = 0;
  }
  return false;
}

}  // namespace

bool is_from_line(ByteView line) noexcept {
  constexpr std::string_view kFrom = "From ";
  std::string_view text = as_text(line.first(std::min(line.size(), kFromLineBytesMax)));
  if (!text.starts_with(kFrom)) return false;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  text = text.substr(kFrom.size(), end - kFrom.size());
  return has_time_of_day(text) && has_year(text);
}

}  // namespace letterpress::mail
