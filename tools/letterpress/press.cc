// SPDX-License-Identifier: Apache-2.0
#include "pipeline/press.h"

#include <fmt/core.h>
#include <unistd.h>

#include <memory>

#include "stream/stream_writer.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/input_options.h"
#include "tools/letterpress/press_json.h"

namespace letterpress::cli {
namespace {

struct PressArguments {
  InputOptions input;
  int level = codecs::kLevelDefault;
};

ExitCode run_press(const PressArguments& arguments, const ProgramOptions& common,
                   Console& console) {
  if (::isatty(STDOUT_FILENO) == 1) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "a stream is not for a terminal; redirect it to a file or a pipe"));
  }
  std::unique_ptr<stream::Source> source;
  if (arguments.input.is_stdin()) {
    source = arguments.input.stdin_source();
  } else {
    Result<files::WalkOptions> walk = arguments.input.walk_options();
    if (!walk) return console.fail(walk.error());
    Result<std::unique_ptr<files::Walker>> walker = files::Walker::open(*std::move(walk));
    if (!walker) return console.fail(walker.error());
    source = *std::move(walker);
  }
  pipeline::PressOptions options;
  options.level = arguments.level;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  std::uint64_t problems = 0;
  options.on_problem = [&](const stream::Problem& problem) {
    if (problem.severity != stream::Problem::Severity::kNote) ++problems;
    console.problem(problem);
  };
  options.on_progress = [&](const pipeline::PressTotals& totals) {
    console.progress(totals.raw_bytes, 0, fmt::format("read, {} entries", totals.entries));
  };
  File output(::dup(STDOUT_FILENO), "standard output");
  stream::StreamHeader header;
  header.chunk_bytes_min = options.cuts.chunk_bytes_min;
  header.chunk_bytes_avg = options.cuts.chunk_bytes_avg;
  header.chunk_bytes_max = options.cuts.chunk_bytes_max;
  stream::StreamWriter writer(header, [&](ByteView bytes) { return output.write(bytes); });
  index::ChunkIndex index;
  const Result<pipeline::PressReport> report = pipeline::press(*source, index, options, writer);
  if (!report) return console.fail(report.error());
  if (Status finished = writer.finish(); !finished) return console.fail(finished.error());
  if (common.json) {
    nlohmann::json json = totals_json(report->totals);
    json["stream_bytes"] = writer.bytes_written();
    json["problems"] = problems;
    fmt::print(stderr, "{}\n", json.dump(2));
  } else {
    console.note(fmt::format("pressed {} entries, {} into {}", report->totals.entries,
                             format_bytes(report->totals.raw_bytes),
                             format_bytes(writer.bytes_written())));
  }
  return problems > 0 ? kPartial : kDone;
}

}  // namespace

Command add_press(CLI::App& program, const ProgramOptions& common) {
  CLI::App* app =
      program.add_subcommand("press", "Write files as a chunk stream to standard output");
  auto arguments = std::make_shared<PressArguments>();
  arguments->input.add_to(*app);
  app->add_option("--level", arguments->level, "zstd level of blocks")
      ->check(CLI::Range(codecs::kLevelMin, codecs::kLevelMax))
      ->capture_default_str();
  app->footer(
      "The stream is the same for the same files, whatever the threads and the machine; its format "
      "is\n"
      "docs/STREAM.md. With --json the counts go to standard error.\n\n"
      "Examples:\n"
      "  letterpress press /srv/mail > mail.lps\n"
      "  tar c /srv/mail | letterpress press - --stdin-name mail.tar | ssh backup 'cat > "
      "mail.lps'");
  return {app, [arguments, &common](Console& console) {
            return run_press(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
