// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/input_options.h"

#include <unistd.h>

#include <chrono>

#include "tools/letterpress/source_names.h"

namespace letterpress::cli {

void InputOptions::add_to(CLI::App& app) {
  app.add_option("SOURCE", sources,
                 "Folder or file, kept under its last path component; - reads standard input");
  app.add_option("--as", named, "NAME=PATH: keep PATH under NAME")->type_name("NAME=PATH");
  app.add_option("--exclude", excludes,
                 "Leave out what matches; * stays within a name, ** does not")
      ->type_name("GLOB");
  app.add_flag("--one-file-system", one_file_system, "Do not enter other file systems");
  app.add_flag("--all-files", all_files,
               "Take also what is left out by default: the contents of a Maildir's\n"
               "tmp, lock files, dovecot.index.cache, dovecot.list.index*");
  app.add_option("--stdin-name", stdin_name, "Name of the entry that - reads")
      ->capture_default_str();
}

Result<files::WalkOptions> InputOptions::walk_options() const {
  files::WalkOptions walk;
  LETTERPRESS_TRY_ASSIGN(walk.sources, name_sources(sources, named, more));
  for (const files::WalkSource& source : walk.sources) {
    if (source.path == "-") {
      return Error(ErrorCode::kInvalidArgument, "- cannot be combined with other sources");
    }
  }
  walk.excludes = excludes;
  walk.all_files = all_files;
  walk.one_file_system = one_file_system;
  return walk;
}

std::unique_ptr<stream::Source> InputOptions::stdin_source() const {
  stream::Entry entry;
  entry.path = stdin_name;
  entry.metadata.mode = 0644;
  entry.metadata.user_id = ::getuid();
  entry.metadata.group_id = ::getgid();
  entry.metadata.mtime_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count();
  return std::make_unique<files::SingleSource>(
      entry, std::make_unique<files::DescriptorContent>(File(::dup(STDIN_FILENO), "stdin")));
}

}  // namespace letterpress::cli
