// SPDX-License-Identifier: Apache-2.0
#include "vault/restore.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/opened_snapshot.h"

namespace letterpress::cli {
namespace {

struct RestoreArguments {
  SnapshotArguments snapshot;
  vault::RestoreOptions options;
};

ExitCode run_restore(RestoreArguments& arguments, const ProgramOptions& common, Console& console) {
  const Result<OpenedSnapshot> opened = OpenedSnapshot::open(arguments.snapshot, console);
  if (!opened) return console.fail(opened.error());
  vault::RestoreOptions& options = arguments.options;
  for (std::string& path : options.paths) {
    while (path.ends_with('/')) path.pop_back();
  }
  const std::uint64_t total =
      options.paths.empty() ? opened->snapshot.entry.totals.source_bytes : 0;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  options.on_progress = [&](std::uint64_t entries, std::uint64_t bytes) {
    console.progress(bytes, total, fmt::format("restored, {} entries", entries));
  };
  const Result<vault::RestoreReport> report =
      vault::restore(opened->vault, opened->packs, opened->snapshot.entry, opened->keys, options);
  if (!report) return console.fail(report.error());
  std::string text =
      fmt::format("Restored {} entries, {}, of snapshot {} to {}\n", report->entries,
                  format_bytes(report->bytes), opened->snapshot.name, printable(options.to));
  if (report->there > 0) {
    text += fmt::format("  {} files were there from a restore before\n", report->there);
  }
  if (report->damaged > 0) {
    text +=
        fmt::format("  {} entries are damaged in the vault and were left out; they are listed\n",
                    report->damaged);
  }
  if (report->unmade > 0) {
    text += fmt::format("  {} entries could not be made here; they are listed\n", report->unmade);
  }
  console.result({{"snapshot", opened->snapshot.name},
                  {"entries", report->entries},
                  {"bytes", report->bytes},
                  {"there", report->there},
                  {"damaged", report->damaged},
                  {"unmade", report->unmade}},
                 text);
  if (report->damaged > 0 || opened->is_log_damaged) return kDamage;
  return report->unmade > 0 ? kFailed : kDone;
}

}  // namespace

Command add_restore(CLI::App& program, const ProgramOptions& common) {
  CLI::App* app = program.add_subcommand("restore", "Bring a snapshot back to disk");
  auto arguments = std::make_shared<RestoreArguments>();
  arguments->snapshot.add_to(*app);
  app->add_option("--to", arguments->options.to, "Folder that is absent or empty: gets NAME/...")
      ->required();
  app->add_option("--path", arguments->options.paths,
                  "Only this entry and what is below it; may be repeated");
  app->add_flag("--into", arguments->options.into,
                "The folder may have contents; nothing in it is overwritten");
  app->add_flag("--resume", arguments->options.resume,
                "Go on with a restore into this folder that was interrupted");
  app->footer(
      "What comes back was checked against the digests that the backup kept. What is damaged is\n"
      "left out and listed (exit code 1). Keep the mail server closed until a restore is "
      "complete:\n"
      "mail programs that meet half a mailbox delete their own copies. The same command with\n"
      "--resume goes on after an interruption: files that are whole are not written again. After\n"
      "a power failure begin anew: a file whose size and time are right may have lost its "
      "content.\n\n"
      "Examples:\n"
      "  letterpress restore /backup/vault --to /srv/restored --key recovery.key\n"
      "  letterpress restore /backup/vault 3f2a-17 --path mail/alice --to /tmp/alice --key "
      "recovery.key");
  return {app, [arguments, &common](Console& console) {
            return run_restore(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
