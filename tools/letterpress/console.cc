// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/console.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "tools/letterpress/standard_files.h"

namespace letterpress::cli {
namespace {

std::atomic<bool> cancelled = false;

void on_signal(int number) {
  if (cancelled.exchange(true)) ::_exit(128 + number);
}

constexpr int kBarWidth = 24;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

}  // namespace

const std::atomic<bool>* cancel_flag() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return &cancelled;
}

Console::Console(const ProgramOptions& options)
    : options_(options),
      shows_progress_(!options.quiet && !options.json && ::isatty(STDERR_FILENO) == 1),
      began_(std::chrono::steady_clock::now()) {}

Console::~Console() { wipe(); }

void Console::wipe() {
  if (!is_drawn_) return;
  say("\r\x1b[K");
  is_drawn_ = false;
}

void Console::result(const nlohmann::json& json, const std::string& text) {
  wipe();
  if (options_.json) {
    nlohmann::json shown = json;
    if (!cautions_.empty()) shown["warnings"] = cautions_;
    fmt::print("{}\n", shown.dump(2));
  } else if (!options_.quiet) {
    fmt::print("{}", text);
  }
}

void Console::line(const std::string& text) {
  wipe();
  if (!options_.json && !options_.quiet) fmt::print("{}\n", text);
}

void Console::note(const std::string& text) {
  if (options_.quiet) return;
  wipe();
  say(fmt::format("note: {}\n", printable(text)));
}

void Console::warn(const std::string& text) {
  wipe();
  say(fmt::format("warning: {}\n", printable(text)));
}

void Console::caution(const std::string& text) {
  note(text);
  cautions_.push_back(json_text(text));
}

namespace {

// Whether a message says the path itself, as in "/srv/back/anna/cur/1: exists already". A short
// path may stand in any word of a message: that says nothing.
bool names(std::string_view message, std::string_view path) {
  for (std::size_t at = message.find(path); at != message.npos; at = message.find(path, at + 1)) {
    const std::string_view behind = message.substr(at + path.size());
    if ((at == 0 || message[at - 1] == '/') && behind.starts_with(": ")) return true;
  }
  return false;
}

}  // namespace

void Console::problem(const stream::Problem& problem) {
  const std::string text = names(problem.message, problem.path)
                               ? problem.message
                               : problem.path + ": " + problem.message;
  if (problem.severity == stream::Problem::Severity::kNote) {
    note(text);
  } else {
    warn(text);
  }
}

void Console::error(const std::string& text) {
  wipe();
  say(fmt::format("letterpress: {}\n", printable_lines(text)));
}

ExitCode Console::fail(const Error& failure) {
  wipe();
  say(fmt::format("letterpress: {}\n", printable(failure.message())));
  return exit_code_of(failure);
}

void Console::progress(std::uint64_t done, std::uint64_t total, const std::string& what) {
  if (!shows_progress_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_at_ < kRedrawEvery) return;
  drawn_at_ = now;
  is_drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = fmt::format("{} {}, {}/s", format_bytes(done), what,
                                 format_bytes(static_cast<std::uint64_t>(rate)));
  if (total > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const int filled = static_cast<int>(share * kBarWidth);
    const double left = rate > 0 ? static_cast<double>(total - std::min(done, total)) / rate : 0;
    text = fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  {}, {:.0f} s left", "", filled, "",
                       kBarWidth - filled, share * 100, text, left);
  }
  say("\r\x1b[K" + text);
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_time(std::int64_t time_ns) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  struct tm local {};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    out += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(end + 1);
  }
  return out + printable(text);
}

std::string json_text(std::string_view text) {
  // nlohmann-json knows what is UTF-8: what it would replace is escaped here instead.
  const nlohmann::json whole(std::string{text});
  try {
    static_cast<void>(whole.dump());
    return std::string(text);
  } catch (const nlohmann::json::type_error&) {
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      out += byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    }
    return out;
  }
}

}  // namespace letterpress::cli
