// SPDX-License-Identifier: Apache-2.0
// How the program talks: results on standard output, everything else on standard error.
//
// Progress is drawn only on a terminal, at most ten times a second, and wiped before any other
// line.
#pragma once

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "stream/source.h"
#include "tools/letterpress/exit_code.h"

namespace letterpress::cli {

// Options that every command has.
struct ProgramOptions {
  bool json = false;
  bool quiet = false;
  unsigned threads = 0;
  std::string cpu_tier;         // empty: the best that this CPU runs
  std::string passphrase_file;  // empty: whoever is at the terminal is asked
};

class Console {
 public:
  explicit Console(const ProgramOptions& options);
  ~Console();
  const ProgramOptions& options() const noexcept { return options_; }

  // The result: as JSON if asked for, else the text (unless quiet).
  void result(const nlohmann::json& json, const std::string& text);
  // A line that belongs to the result of listing commands; nothing if quiet, or if JSON is asked
  // for.
  void line(const std::string& text);
  void note(const std::string& text);  // unless quiet
  void warn(const std::string& text);
  // What the user may rely on less than he thinks: a note, and "warnings" in the JSON result.
  void caution(const std::string& text);
  void problem(const stream::Problem& problem);
  // What went wrong, in lines.
  void error(const std::string& text);
  ExitCode fail(const Error& failure);

  // done of total, in bytes; total 0: not known. `what` is a word or two.
  void progress(std::uint64_t done, std::uint64_t total, const std::string& what);

 private:
  void wipe();

  const ProgramOptions& options_;
  const bool shows_progress_;
  bool is_drawn_ = false;
  std::vector<std::string> cautions_;
  const std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point drawn_at_;
};

// "1.9 GiB", "512 B".
std::string format_bytes(std::uint64_t bytes);
// "2026-11-23 14:06:54", in local time.
std::string format_time(std::int64_t time_ns);
// A path or another name from outside, safe for a terminal: control bytes as \xNN.
std::string printable(std::string_view text);
std::string printable_lines(std::string_view text);  // which keeps line feeds
// The same for JSON, which has no bytes that are not UTF-8.
std::string json_text(std::string_view text);

// True once the user has asked to stop (SIGINT, SIGTERM). The first signal stops gently, the second
// at once.
const std::atomic<bool>* cancel_flag();

}  // namespace letterpress::cli
