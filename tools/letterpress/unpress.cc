// SPDX-License-Identifier: Apache-2.0
#include "files/unpress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "tools/letterpress/commands.h"

namespace letterpress::cli {
namespace {

struct UnpressArguments {
  files::UnpressOptions options;
  bool to_stdout = false;
};

ExitCode run_unpress(UnpressArguments& arguments, Console& console) {
  files::UnpressOptions& options = arguments.options;
  if (arguments.to_stdout == !options.to.empty()) {
    return console.fail(Error(ErrorCode::kInvalidArgument, "give either --to DIR or --stdout"));
  }
  File output;
  if (arguments.to_stdout) {
    const char* temporary = std::getenv("TMPDIR");
    options.to = temporary != nullptr ? temporary : "/tmp";
    output = File(::dup(STDOUT_FILENO), "standard output");
    options.single_output = [&](ByteView bytes) { return output.write(bytes); };
  }
  options.cancel = cancel_flag();
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  options.on_progress = [&](std::uint64_t stream_bytes, std::uint64_t) {
    console.progress(stream_bytes, 0, "of stream read");
  };
  File input(::dup(STDIN_FILENO), "standard input");
  const Result<files::UnpressReport> report = files::unpress(input, options);
  if (!report) return console.fail(report.error());
  if (!arguments.to_stdout) {
    console.result({{"entries", report->entries},
                    {"bytes", report->raw_bytes},
                    {"stream_bytes", report->stream_bytes},
                    {"damaged", report->damaged},
                    {"unmade", report->unmade}},
                   fmt::format("Unpressed {} entries, {}, to {}\n", report->entries,
                               format_bytes(report->raw_bytes), printable(options.to)));
  }
  if (report->damaged > 0) return kDamage;
  return report->unmade > 0 ? kFailed : kDone;
}

}  // namespace

Command add_unpress(CLI::App& program) {
  CLI::App* app = program.add_subcommand("unpress", "Bring files back from a chunk stream");
  auto arguments = std::make_shared<UnpressArguments>();
  app->add_option("--to", arguments->options.to, "Folder that is absent or empty: gets NAME/...");
  app->add_flag("--into", arguments->options.into,
                "The folder may have contents; nothing in it is overwritten");
  app->add_flag("--stdout", arguments->to_stdout,
                "Write the content of the stream's only file to standard output");
  app->footer(
      "From a pipe, blocks are kept in an unnamed file in DIR (with --stdout: in TMPDIR) until "
      "the\n"
      "end; from a file that can seek they are read where they are.\n\n"
      "Examples:\n"
      "  letterpress unpress --to /srv/restored < mail.lps\n"
      "  ssh backup cat mail.lps | letterpress unpress --stdout | tar x");
  return {app, [arguments](Console& console) { return run_unpress(*arguments, console); }};
}

}  // namespace letterpress::cli
