// SPDX-License-Identifier: Apache-2.0
// All that a Source gives, in an order that a test can look at.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/walker.h"

namespace letterpress::files::test {

struct WalkedEntry {
  stream::Entry entry;
  stream::SourceEntry::Identity identity;
  std::optional<stream::KnownContent> known;
  bool has_content = false;
  std::string content;
  std::string finish_error;  // of Content::finish()
  std::uint64_t size_hint_bytes = 0;
};

class WalkLog {
 public:
  // Opens a Walker over these sources; fails the test on error.
  explicit WalkLog(WalkOptions options);
  explicit WalkLog(std::unique_ptr<stream::Source> source) : source_(std::move(source)) {}

  // Takes one event, with its content. False at the end.
  bool step();
  // Goes on until the entry of this path was taken. Fails the test if it never comes.
  void run_to(std::string_view path);
  WalkLog& run();  // to the end

  std::vector<std::string> paths() const;  // of the entries, as they came
  const WalkedEntry& at(std::string_view path) const;
  int count(std::string_view path) const;
  std::map<std::string, std::string> moved() const;  // from -> to
  // "SEVERITY PATH", the path without its first `prefix` bytes.
  std::vector<std::string> problems(std::size_t prefix) const;

  std::vector<WalkedEntry> entries;
  std::vector<stream::Moved> moves;
  std::vector<stream::Problem> all_problems;

 private:
  void take(stream::SourceEntry entry);
  std::unique_ptr<stream::Source> source_;
};

}  // namespace letterpress::files::test
