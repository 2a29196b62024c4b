// SPDX-License-Identifier: Apache-2.0
// `export` and the list of its commands, each of which is a file export_KIND.cc.
#include "tools/letterpress/commands.h"

namespace letterpress::cli {

std::vector<Command> add_export(CLI::App& program, const ProgramOptions& common) {
  CLI::App* group =
      program.add_subcommand("export", "Write files, or what a vault holds, for other programs");
  group->require_subcommand(1);
  group->footer(
      "docs/EXPORTS.md has each with the commands of the other side.\n\n"
      "Examples:\n"
      "  letterpress export tar /srv/mail | borg import-tar REPO::mail -\n"
      "  letterpress export tar /backup/vault --key recovery.key | tar -x -C /srv/restored");
  std::vector<Command> commands;
  commands.push_back(add_export_tar(*group, common));
  commands.push_back(add_export_casync(*group, common));
  commands.push_back(add_export_pbs(*group, common));
  commands.push_back(add_export_restic(*group, common));
  return commands;
}

}  // namespace letterpress::cli
