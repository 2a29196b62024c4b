// SPDX-License-Identifier: Apache-2.0
// The commands. Each adds itself to the command line, and gives what runs if it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "tools/letterpress/console.h"

namespace letterpress::cli {

using Run = std::function<ExitCode(Console&)>;

struct Command {
  CLI::App* app;
  Run run;
};

Command add_init(CLI::App& program);
Command add_writer(CLI::App& program);
Command add_reader(CLI::App& program);
Command add_backup(CLI::App& program, const ProgramOptions& common);
Command add_snapshots(CLI::App& program);
Command add_ls(CLI::App& program);
Command add_restore(CLI::App& program, const ProgramOptions& common);
Command add_verify(CLI::App& program);
Command add_index(CLI::App& program);
Command add_repair(CLI::App& program);
Command add_salvage(CLI::App& program);
Command add_witness(CLI::App& program);
std::vector<Command> add_volumes(CLI::App& program, const ProgramOptions& common);
Command add_drill(CLI::App& program, const ProgramOptions& common);
Command add_press(CLI::App& program, const ProgramOptions& common);
Command add_unpress(CLI::App& program);
std::vector<Command> add_export(CLI::App& program, const ProgramOptions& common);
// Below `export`.
Command add_export_tar(CLI::App& group, const ProgramOptions& common);
Command add_export_casync(CLI::App& group, const ProgramOptions& common);
Command add_export_pbs(CLI::App& group, const ProgramOptions& common);
Command add_export_restic(CLI::App& group, const ProgramOptions& common);
Command add_cpu(CLI::App& program);
Command add_bench(CLI::App& program, const ProgramOptions& common);

}  // namespace letterpress::cli
