// SPDX-License-Identifier: Apache-2.0
#include "files/walk_log.h"

#include <gtest/gtest.h>

#include <array>

namespace letterpress::files::test {
namespace {

std::string_view severity_name(stream::Problem::Severity severity) {
  switch (severity) {
    case stream::Problem::Severity::kNote:
      return "note";
    case stream::Problem::Severity::kVanished:
      return "vanished";
    case stream::Problem::Severity::kFailed:
      return "failed";
  }
  return "?";
}

}  // namespace

WalkLog::WalkLog(WalkOptions options) {
  Result<std::unique_ptr<Walker>> walker = Walker::open(std::move(options));
  EXPECT_TRUE(walker) << walker.error().message();
  if (walker) source_ = *std::move(walker);
}

bool WalkLog::step() {
  Result<std::optional<stream::SourceEvent>> event = source_->next();
  EXPECT_TRUE(event) << event.error().message();
  if (!event || !*event) return false;
  if (auto* entry = std::get_if<stream::SourceEntry>(&**event)) {
    take(std::move(*entry));
  } else if (auto* moved_entry = std::get_if<stream::Moved>(&**event)) {
    moves.push_back(*moved_entry);
  } else {
    all_problems.push_back(std::get<stream::Problem>(**event));
  }
  return true;
}

void WalkLog::run_to(std::string_view path) {
  while (step()) {
    if (!entries.empty() && entries.back().entry.path == path) return;
  }
  FAIL() << path << " never came";
}

WalkLog& WalkLog::run() {
  while (step()) {
  }
  return *this;
}

void WalkLog::take(stream::SourceEntry entry) {
  WalkedEntry walked;
  walked.entry = std::move(entry.entry);
  walked.identity = entry.identity;
  walked.known = std::move(entry.known);
  walked.size_hint_bytes = entry.size_hint_bytes;
  walked.has_content = entry.content != nullptr;
  if (entry.content != nullptr) {
    std::array<std::uint8_t, 10'007> buffer;
    while (true) {
      const Result<std::size_t> got = entry.content->read(buffer);
      EXPECT_TRUE(got) << got.error().message();
      if (!got || *got == 0) break;
      walked.content += as_text(ByteView(buffer).first(*got));
    }
    const Status finished = entry.content->finish();
    if (!finished) walked.finish_error = finished.error().message();
  }
  entries.push_back(std::move(walked));
}

std::vector<std::string> WalkLog::paths() const {
  std::vector<std::string> result;
  for (const WalkedEntry& entry : entries) result.push_back(entry.entry.path);
  return result;
}

const WalkedEntry& WalkLog::at(std::string_view path) const {
  for (const WalkedEntry& entry : entries) {
    if (entry.entry.path == path) return entry;
  }
  ADD_FAILURE() << path << " never came";
  static const WalkedEntry none;
  return none;
}

int WalkLog::count(std::string_view path) const {
  int count = 0;
  for (const WalkedEntry& entry : entries) count += entry.entry.path == path ? 1 : 0;
  return count;
}

std::map<std::string, std::string> WalkLog::moved() const {
  std::map<std::string, std::string> result;
  for (const stream::Moved& move : moves) result[move.from] = move.to;
  return result;
}

std::vector<std::string> WalkLog::problems(std::size_t prefix) const {
  std::vector<std::string> result;
  for (const stream::Problem& problem : all_problems) {
    result.push_back(std::string(severity_name(problem.severity)) + " " +
                     problem.path.substr(std::min(prefix, problem.path.size())));
  }
  return result;
}

}  // namespace letterpress::files::test
