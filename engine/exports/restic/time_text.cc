// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/time_text.h"

#include <chrono>
#include <ctime>
#include <string_view>

namespace letterpress::restic {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

void append_digits(std::string& out, long value, int digits) {
  const std::size_t end = out.size() + static_cast<std::size_t>(digits);
  out.resize(end);
  for (std::size_t at = end; digits > 0; --digits, value /= 10) {
    out[--at] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

void append_local_time(std::string& out, std::int64_t time_ns) {
  std::int64_t seconds = time_ns / kNsPerSecond;
  std::int64_t fraction = time_ns % kNsPerSecond;
  if (fraction < 0) {
    fraction += kNsPerSecond;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm local{};
  ::localtime_r(&time, &local);
  append_digits(out, local.tm_year + 1900L, 4);
  out += '-';
  append_digits(out, local.tm_mon + 1L, 2);
  out += '-';
  append_digits(out, local.tm_mday, 2);
  out += 'T';
  append_digits(out, local.tm_hour, 2);
  out += ':';
  append_digits(out, local.tm_min, 2);
  out += ':';
  append_digits(out, local.tm_sec, 2);
  if (fraction != 0) {
    out += '.';
    append_digits(out, fraction, 9);
    while (out.back() == '0') out.pop_back();
  }
  long minutes = local.tm_gmtoff / 60;
  if (minutes == 0) {
    out += 'Z';
    return;
  }
  out += minutes < 0 ? '-' : '+';
  if (minutes < 0) minutes = -minutes;
  append_digits(out, minutes / 60, 2);
  out += ':';
  append_digits(out, minutes % 60, 2);
}

std::string local_time_text(std::int64_t time_ns) {
  std::string text;
  append_local_time(text, time_ns);
  return text;
}

std::int64_t now_ns() noexcept {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

}  // namespace letterpress::restic
