// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "base/limits.h"
#include "exports/tar/tar_stream.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/export_source.h"
#include "tools/letterpress/standard_files.h"

namespace letterpress::cli {
namespace {

constexpr std::size_t kPieceBytes = kMiB;

Status copy_out(exports::TarStream& tar, std::uint64_t bytes_expected, Console& console) {
  File output(::dup(STDOUT_FILENO), "standard output");
  Bytes buffer(kPieceBytes);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, tar.read(buffer));
    if (got == 0) break;
    LETTERPRESS_TRY(output.write(ByteView(buffer).first(got)));
    console.progress(tar.totals().content_bytes, bytes_expected,
                     fmt::format("exported, {} entries", tar.totals().entries));
  }
  return output.close();
}

ExitCode run_export_tar(const ExportSourceArguments& arguments, const ProgramOptions& common,
                        Console& console) {
  if (::isatty(STDOUT_FILENO) == 1) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "an archive is not for a terminal; redirect it to a file or a pipe"));
  }
  if (arguments.input.is_stdin()) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "-: an archive says the size of a file before its content, and "
                              "standard input has none; write it to a file first"));
  }
  // A reader that has gone is an error like any other.
  std::signal(SIGPIPE, SIG_IGN);
  const Result<std::unique_ptr<ExportSource>> opened = ExportSource::open(arguments, console);
  if (!opened) return console.fail(opened.error());
  std::uint64_t problems = 0;
  exports::TarStream tar(
      (*opened)->source(),
      {.threads = common.threads, .cancel = cancel_flag(), .on_problem = [&](const auto& problem) {
         if (problem.severity != stream::Problem::Severity::kNote) ++problems;
         console.problem(problem);
       }});
  const Status copied = copy_out(tar, (*opened)->bytes_expected(), console);
  if (!copied) return console.fail(copied.error());
  const exports::TarTotals& totals = tar.totals();
  if (common.json) {
    const nlohmann::json json = {{"entries", totals.entries},
                                 {"files", totals.files},
                                 {"content_bytes", totals.content_bytes},
                                 {"archive_bytes", totals.archive_bytes},
                                 {"problems", problems}};
    say(json.dump(2) + "\n");
  } else {
    console.note(
        fmt::format("exported {} entries, {}", totals.entries, format_bytes(totals.content_bytes)));
  }
  return (*opened)->exit_code(problems);
}

}  // namespace

Command add_export_tar(CLI::App& group, const ProgramOptions& common) {
  CLI::App* app = group.add_subcommand(
      "tar", "Write a tar archive to standard output, for borg import-tar, tar and others");
  auto arguments = std::make_shared<ExportSourceArguments>();
  arguments->add_to(*app);
  app->footer(
      "POSIX pax format, the same bytes for the same entries. Files that cannot be read are left\n"
      "out and listed (exit code 4). Of a file over 1 MiB that becomes shorter meanwhile, or "
      "turns\n"
      "out to be damaged in the vault, the rest is zeros; what is listed says from where on. With\n"
      "--json the counts go to standard error.\n\n"
      "Examples:\n"
      "  letterpress export tar /srv/mail | borg import-tar REPO::mail -\n"
      "  letterpress export tar /backup/vault --key recovery.key | tar -x -C /srv/restored\n"
      "  letterpress export tar /backup/vault --key recovery.key --path mail/alice > alice.tar");
  return {app, [arguments, &common](Console& console) {
            return run_export_tar(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
