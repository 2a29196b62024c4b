// SPDX-License-Identifier: Apache-2.0
#include "files/unpress.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "base/hex.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/hash_key.h"

namespace letterpress::cli {
namespace {

struct UnpressArguments {
  files::UnpressOptions options;
  std::vector<std::string> earlier_files;
  std::string hash_key_file;
  bool to_stdout = false;
};

Status check(const UnpressArguments& arguments) {
  if (arguments.to_stdout == !arguments.options.to.empty()) {
    return Error(ErrorCode::kInvalidArgument, "give either --to DIR or --stdout");
  }
  if (arguments.to_stdout && (arguments.options.resume || arguments.options.into)) {
    return Error(ErrorCode::kInvalidArgument, "--resume and --into go with --to DIR");
  }
  return Ok{};
}

// Damage in an earlier stream is told: what is missing for it may not be needed.
Status add_earlier(const std::vector<std::string>& paths, stream::EarlierStreams& earlier,
                   Console& console) {
  for (const std::string& path : paths) {
    LETTERPRESS_TRY_ASSIGN(File file, File::open(path, O_RDONLY));
    LETTERPRESS_TRY_ASSIGN(const std::optional<stream::StreamFault> fault,
                           earlier.add(std::move(file)));
    if (!fault) continue;
    console.warn(fmt::format("{}, byte {}: {} ({}); chunks before that are used", path,
                             fault->offset, fault->message, stream::fault_name(fault->what)));
  }
  return Ok{};
}

// In words: what is wrong, where, and how much is whole.
std::string fault_text(const files::UnpressReport& report) {
  const stream::StreamFault& fault = *report.fault;
  std::string text = fmt::format("stream, byte {}: {} ({})", fault.offset, fault.message,
                                 stream::fault_name(fault.what));
  if (report.missing_chunks > 0) {
    text += fmt::format(
        "\nThe stream leaves out chunks that its receiver should have, and {} of them are in no "
        "stream\nthat was given: name the earlier streams by --with.",
        report.missing_chunks);
  }
  if (fault.what == stream::Fault::kCutShort) {
    text += fmt::format("\nThe stream ends at byte {}.", report.input_bytes);
  }
  if (!report.has_header) return text;
  return text + fmt::format(
                    "\nWhole and restored: {} entries. Whole of the stream: {} bytes, with "
                    "{} groups, of which\nthe last ends at byte {}.",
                    report.entries, report.stream_bytes, report.groups, report.group_bytes);
}

nlohmann::json report_json(const files::UnpressReport& report) {
  nlohmann::json json = {
      {"entries", report.entries},         {"there", report.there},
      {"bytes", report.raw_bytes},         {"stream_bytes", report.stream_bytes},
      {"input_bytes", report.input_bytes}, {"groups", report.groups},
      {"group_bytes", report.group_bytes}, {"damaged", report.damaged},
      {"unmade", report.unmade},           {"missing_chunks", report.missing_chunks},
      {"complete", report.is_complete},    {"error", nullptr}};
  if (report.missing_chunk) json["missing_chunk"] = to_hex(report.missing_chunk->bytes);
  if (report.fault) {
    json["error"] = {{"name", stream::fault_name(report.fault->what)},
                     {"offset", report.fault->offset},
                     {"message", json_text(report.fault->message)}};
  }
  return json;
}

ExitCode code_of(const files::UnpressReport& report) {
  if (report.fault && !report.has_header) {
    const stream::Fault what = report.fault->what;
    const bool lacks_key = what == stream::Fault::kKeyNeeded || what == stream::Fault::kWrongKey;
    return lacks_key ? kUsage : kFailed;
  }
  if (report.fault || report.damaged > 0) return kDamage;
  return report.unmade > 0 ? kFailed : kDone;
}

Result<ExitCode> run_unpress(UnpressArguments& arguments, Console& console) {
  files::UnpressOptions& options = arguments.options;
  LETTERPRESS_TRY(check(arguments));
  LETTERPRESS_TRY_ASSIGN(options.digest_key, read_hash_key(arguments.hash_key_file));
  File output;
  if (arguments.to_stdout) {
    const char* temporary = std::getenv("TMPDIR");
    options.to = temporary != nullptr ? temporary : "/tmp";
    output = File(::dup(STDOUT_FILENO), "standard output");
    options.single_output = [&](ByteView bytes) { return output.write(bytes); };
  }
  stream::EarlierStreams earlier;
  LETTERPRESS_TRY(add_earlier(arguments.earlier_files, earlier, console));
  options.earlier = &earlier;
  options.cancel = cancel_flag();
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  options.on_progress = [&](std::uint64_t stream_bytes, std::uint64_t) {
    console.progress(stream_bytes, 0, "of stream read");
  };
  File input(::dup(STDIN_FILENO), "standard input");
  LETTERPRESS_TRY_ASSIGN(const files::UnpressReport report, files::unpress(input, options));
  LETTERPRESS_TRY(output.close());
  if (!arguments.to_stdout) {
    std::string text;
    if (!report.fault) {
      text = fmt::format("Unpressed {} entries, {}, to {}\n", report.entries,
                         format_bytes(report.raw_bytes), printable(options.to));
    }
    if (report.there > 0 && !report.fault) {
      text += fmt::format("  {} files were there from a run before\n", report.there);
    }
    console.result(report_json(report), text);
  }
  if (report.fault) console.error(fault_text(report));
  return code_of(report);
}

}  // namespace

Command add_unpress(CLI::App& program) {
  CLI::App* app = program.add_subcommand("unpress", "Bring files back from a chunk stream");
  auto arguments = std::make_shared<UnpressArguments>();
  app->add_option("--to", arguments->options.to, "Folder that is absent or empty: gets NAME/...");
  app->add_flag("--into", arguments->options.into,
                "The folder may have contents; nothing in it is overwritten");
  app->add_flag("--resume", arguments->options.resume,
                "Go on with an unpress of the same stream into this folder that was interrupted");
  app->add_option("--with", arguments->earlier_files,
                  "An earlier stream, in a file: has chunks that this one leaves out\n"
                  "(press --known); may be repeated")
      ->type_name("STREAM")
      ->allow_extra_args(false);
  app->add_flag("--stdout", arguments->to_stdout,
                "Write the content of the stream's only file to standard output");
  add_hash_key(*app, arguments->hash_key_file);
  app->footer(
      "From a pipe, blocks are kept in an unnamed file in DIR (with --stdout: in TMPDIR) until "
      "the\n"
      "end; from a file that can seek they are read where they are. Of a stream that is cut short "
      "or\n"
      "damaged, what is whole is restored, and the exit code is 1. The same command with --resume\n"
      "goes on after an interruption, or with a longer piece of the stream: files that are whole "
      "are\n"
      "not written again, and nothing is overwritten. After a power failure begin anew: a file\n"
      "whose size and time are right may have lost its content.\n\n"
      "Examples:\n"
      "  letterpress unpress --to /srv/restored < mail.lps\n"
      "  letterpress unpress --to /srv/restored --with monday.lps < tuesday.lps\n"
      "  ssh backup cat mail.lps | letterpress unpress --stdout | tar x");
  return {app, [arguments](Console& console) {
            const Result<ExitCode> code = run_unpress(*arguments, console);
            return code ? *code : console.fail(code.error());
          }};
}

}  // namespace letterpress::cli
