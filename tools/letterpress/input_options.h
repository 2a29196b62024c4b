// SPDX-License-Identifier: Apache-2.0
// What `backup` and `press` take in, as both have it on their command lines.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "files/single_source.h"
#include "files/walker.h"
#include "tools/letterpress/console.h"

namespace letterpress::cli {

struct InputOptions {
  std::vector<std::string> sources;
  std::vector<std::string> named;
  std::vector<files::WalkSource> more;  // not of the command line; with names of their own
  std::vector<std::string> excludes;
  std::string stdin_name = "stdin";
  bool all_files = false;
  bool one_file_system = false;

  void add_to(CLI::App& app);
  bool is_stdin() const { return sources.size() == 1 && sources[0] == "-" && named.empty(); }
  // For files and folders.
  Result<files::WalkOptions> walk_options() const;
  // For standard input: one entry of its name.
  std::unique_ptr<stream::Source> stdin_source() const;
};

}  // namespace letterpress::cli
