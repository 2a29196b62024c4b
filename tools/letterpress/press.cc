// SPDX-License-Identifier: Apache-2.0
#include "pipeline/press.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <memory>

#include "stream/id_list.h"
#include "stream/stream_writer.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/hash_key.h"
#include "tools/letterpress/input_options.h"
#include "tools/letterpress/press_json.h"
#include "tools/letterpress/standard_files.h"

namespace letterpress::cli {
namespace {

struct PressArguments {
  InputOptions input;
  int level = codecs::kLevelDefault;
  std::string hash_key_file;
  std::string known_file;
  bool lists_ids = false;
};

class PressRun {
 public:
  PressRun(const PressArguments& arguments, const ProgramOptions& common, Console& console)
      : arguments_(arguments),
        common_(common),
        console_(console),
        output_(::dup(STDOUT_FILENO), "standard output") {}

  Status prepare();
  Result<ExitCode> write_stream();
  Result<ExitCode> list_ids();

 private:
  Status open_source();
  Result<pipeline::PressReport> press(stream::Sink& sink);
  ExitCode report(nlohmann::json json, const std::string& text) const;

  const PressArguments& arguments_;
  const ProgramOptions& common_;
  Console& console_;
  File output_;
  std::unique_ptr<stream::Source> source_;
  std::optional<HashKey> key_;
  index::ChunkIndex known_;
  pipeline::PressOptions options_;
  stream::StreamHeader header_;
  std::uint64_t problems_ = 0;
};

Status PressRun::open_source() {
  if (arguments_.input.is_stdin()) {
    source_ = arguments_.input.stdin_source();
    return Ok{};
  }
  LETTERPRESS_TRY_ASSIGN(files::WalkOptions walk, arguments_.input.walk_options());
  LETTERPRESS_TRY_ASSIGN(source_, files::Walker::open(std::move(walk)));
  return Ok{};
}

Status PressRun::prepare() {
  LETTERPRESS_TRY(open_source());
  LETTERPRESS_TRY_ASSIGN(key_, read_hash_key(arguments_.hash_key_file));
  header_.is_keyed = key_.has_value();
  header_.key_check = key_ ? stream::key_check_of(*key_) : 0;
  header_.chunk_bytes_min = options_.cuts.chunk_bytes_min;
  header_.chunk_bytes_avg = options_.cuts.chunk_bytes_avg;
  header_.chunk_bytes_max = options_.cuts.chunk_bytes_max;
  if (!arguments_.known_file.empty()) {
    LETTERPRESS_TRY_ASSIGN(File file, File::open(arguments_.known_file, O_RDONLY));
    LETTERPRESS_TRY_ASSIGN(known_, stream::read_id_list(file, header_));
    header_.borrows_chunks = known_.size() > 0;
    options_.receiver_has = &known_;
  }
  options_.keys.ids = key_ ? &*key_ : nullptr;
  options_.keys.digests = options_.keys.ids;
  // For ids alone blocks need not be small.
  options_.level = arguments_.lists_ids ? codecs::kLevelMin : arguments_.level;
  options_.threads = common_.threads;
  options_.cancel = cancel_flag();
  options_.on_problem = [this](const stream::Problem& problem) {
    if (problem.severity != stream::Problem::Severity::kNote) ++problems_;
    console_.problem(problem);
  };
  options_.on_progress = [this](const pipeline::PressTotals& totals) {
    console_.progress(totals.raw_bytes, 0, fmt::format("read, {} entries", totals.entries));
  };
  return Ok{};
}

Result<pipeline::PressReport> PressRun::press(stream::Sink& sink) {
  index::ChunkIndex index;
  return pipeline::press(*source_, index, options_, sink);
}

ExitCode PressRun::report(nlohmann::json json, const std::string& text) const {
  if (common_.json) {
    json["problems"] = problems_;
    say(json.dump(2) + "\n");
  } else {
    console_.note(text);
  }
  return problems_ > 0 ? kPartial : kDone;
}

Result<ExitCode> PressRun::write_stream() {
  stream::StreamWriter writer(header_, [&](ByteView bytes) { return output_.write(bytes); });
  LETTERPRESS_TRY_ASSIGN(const pipeline::PressReport done, press(writer));
  LETTERPRESS_TRY(writer.finish());
  LETTERPRESS_TRY(output_.close());
  nlohmann::json json = totals_json(done.totals);
  json["stream_bytes"] = writer.bytes_written();
  json["borrowed_chunks"] = writer.borrowed_chunks();
  json["borrowed_bytes"] = writer.borrowed_bytes();
  std::string text =
      fmt::format("pressed {} entries, {} into {}", done.totals.entries,
                  format_bytes(done.totals.raw_bytes), format_bytes(writer.bytes_written()));
  if (header_.borrows_chunks) {
    text += fmt::format("; {} chunks, {}, are left out as known", writer.borrowed_chunks(),
                        format_bytes(writer.borrowed_bytes()));
  }
  return report(std::move(json), text);
}

Result<ExitCode> PressRun::list_ids() {
  stream::IdListWriter list(header_, [&](ByteView bytes) { return output_.write(bytes); });
  LETTERPRESS_TRY_ASSIGN(const pipeline::PressReport done, press(list));
  LETTERPRESS_TRY(list.finish());
  LETTERPRESS_TRY(output_.close());
  nlohmann::json json = totals_json(done.totals);
  json["ids"] = list.count();
  return report(std::move(json),
                fmt::format("listed {} chunks of {} entries, {}", list.count(), done.totals.entries,
                            format_bytes(done.totals.raw_bytes)));
}

ExitCode run_press(const PressArguments& arguments, const ProgramOptions& common,
                   Console& console) {
  if (!arguments.lists_ids && ::isatty(STDOUT_FILENO) == 1) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "a stream is not for a terminal; redirect it to a file or a pipe"));
  }
  PressRun run(arguments, common, console);
  if (Status prepared = run.prepare(); !prepared) return console.fail(prepared.error());
  const Result<ExitCode> code = arguments.lists_ids ? run.list_ids() : run.write_stream();
  return code ? *code : console.fail(code.error());
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
  app->add_flag("--list-ids", arguments->lists_ids,
                "Write no stream but the ids of the chunks that it would carry, one a line");
  app->add_option("--known", arguments->known_file,
                  "List of ids, as --list-ids writes it: the receiver has these chunks,\n"
                  "and the stream leaves them out")
      ->type_name("FILE");
  add_hash_key(*app, arguments->hash_key_file);
  app->footer(
      "The stream is the same for the same files, whatever the threads and the machine; its format "
      "is\n"
      "docs/STREAM.md. With --json the counts go to standard error. A stream that was made with\n"
      "--known needs the earlier ones when it is restored: see unpress --with.\n\n"
      "Examples:\n"
      "  letterpress press /srv/mail > mail.lps\n"
      "  tar c /srv/mail | letterpress press - --stdin-name mail.tar | ssh backup 'cat > "
      "mail.lps'\n"
      "  letterpress press /srv/mail --list-ids > monday.ids       # beside monday.lps\n"
      "  letterpress press /srv/mail --known monday.ids > tuesday.lps");
  return {app, [arguments, &common](Console& console) {
            return run_press(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
