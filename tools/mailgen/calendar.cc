// SPDX-License-Identifier: Apache-2.0
#include "calendar.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace mailgen {
namespace {

constexpr std::array kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Moment {
  explicit Moment(std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto midnight = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss clock(time - midnight);
    year = static_cast<int>(date.year());
    month = kMonths[static_cast<unsigned>(date.month()) - 1];
    day = static_cast<unsigned>(date.day());
    weekday = kWeekdays[std::chrono::weekday(midnight).c_encoding()];
    time_of_day = fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(),
                              clock.seconds().count());
  }
  int year;
  const char* month;
  unsigned day;
  const char* weekday;
  std::string time_of_day;
};

}  // namespace

std::string mail_date(std::int64_t seconds, int zone) {
  const Moment moment(seconds + zone * 60);
  const int offset = zone < 0 ? -zone : zone;
  return fmt::format("{}, {:02} {} {} {} {}{:02}{:02}", moment.weekday, moment.day, moment.month,
                     moment.year, moment.time_of_day, zone < 0 ? '-' : '+', offset / 60,
                     offset % 60);
}

std::string mbox_date(std::int64_t seconds) {
  const Moment moment(seconds);
  return fmt::format("{} {} {:2} {} {}", moment.weekday, moment.month, moment.day,
                     moment.time_of_day, moment.year);
}

int year_of(std::int64_t seconds) { return Moment(seconds).year; }

}  // namespace mailgen
