// SPDX-License-Identifier: Apache-2.0
/// Dates as mail writes them, from seconds since 1970 in UTC. Own arithmetic: no locale, no time
/// zone file.
#pragma once

#include <cstdint>
#include <string>

namespace mailgen {

/// The moment at which a new store's last message has arrived: 2 March 2026, 00:00 UTC.
inline constexpr std::int64_t kStoreDate = 1'772'409'600;
inline constexpr std::int64_t kDaySeconds = 86'400;

/// "Mon, 02 Mar 2026 10:15:00 +0100"; `zone` in minutes east of UTC.
std::string mail_date(std::int64_t seconds, int zone);
/// "Mon Mar  2 09:15:00 2026", always UTC, as in an mbox From_ line.
std::string mbox_date(std::int64_t seconds);
/// The year, for archive folders.
int year_of(std::int64_t seconds);

}  // namespace mailgen
