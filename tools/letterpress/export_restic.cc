// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "codecs/codec.h"
#include "exports/restic/ancestors.h"
#include "exports/restic/snapshot.h"
#include "exports/restic/time_text.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/export_source.h"
#include "tools/letterpress/host_name.h"

namespace letterpress::cli {
namespace {

constexpr std::uint64_t kPasswordBytesMax = 64 * 1024;

struct ResticArguments {
  std::string repository;
  ExportSourceArguments from;
  std::string password_file;
  std::string host;
  std::vector<std::string> tags;
  int level = 2;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As restic reads it: without the blanks around it.
Result<std::string> password_of(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read_file(path, kPasswordBytesMax));
  std::string_view text = as_text(bytes);
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, path + ": has no password");
  }
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
}

Result<std::string> find_password(const ResticArguments& arguments) {
  if (!arguments.password_file.empty()) return password_of(arguments.password_file);
  if (const std::string path = environment("RESTIC_PASSWORD_FILE"); !path.empty()) {
    return password_of(path);
  }
  std::string password = environment("RESTIC_PASSWORD");
  if (!password.empty()) return password;
  return Error(ErrorCode::kInvalidArgument,
               "the repository's password is missing: give --password-file FILE, or set "
               "RESTIC_PASSWORD_FILE or RESTIC_PASSWORD");
}

std::string user_name() {
  const struct passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

std::string spool_folder() {
  const std::string folder = environment("TMPDIR");
  return folder.empty() ? "/tmp" : folder;
}

// Sources that are files are kept under their absolute paths, as in restic, unless --as gives them
// another.
Result<InputOptions> with_absolute_names(InputOptions input) {
  if (input.is_stdin()) return input;
  for (const std::string& path : std::exchange(input.sources, {})) {
    std::error_code error;
    const std::filesystem::path full = std::filesystem::absolute(path, error).lexically_normal();
    if (error) return io_error(error.value(), path);
    std::string name = full.native().substr(1);
    while (name.ends_with('/')) name.pop_back();
    if (name.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   path + ": is the root of the file system; name the folders in it");
    }
    input.more.push_back({std::move(name), path});
  }
  return input;
}

// What is to be exported, and what the snapshot says of it.
struct Opened {
  std::unique_ptr<ExportSource> from;
  std::unique_ptr<stream::Source> with_ancestors;  // of files
  std::vector<std::string> names;
  std::string host;
  std::int64_t time_ns = 0;

  stream::Source& source() { return with_ancestors ? *with_ancestors : from->source(); }
};

Result<Opened> open_source(const ExportSourceArguments& arguments, Console& console) {
  Opened opened;
  if (arguments.is_vault()) {
    LETTERPRESS_TRY_ASSIGN(opened.from, ExportSource::open(arguments, console));
    const vault::LogEntry& entry = opened.from->snapshot()->snapshot.entry;
    opened.names = arguments.paths.empty() ? entry.sources : arguments.paths;
    opened.host = entry.host;
    opened.time_ns = entry.time_ns;
    return opened;
  }
  ExportSourceArguments files = arguments;
  LETTERPRESS_TRY_ASSIGN(files.input, with_absolute_names(arguments.input));
  LETTERPRESS_TRY_ASSIGN(opened.from, ExportSource::open(files, console));
  opened.host = host_name();
  opened.time_ns = restic::now_ns();
  if (files.input.is_stdin()) {
    opened.names = {files.input.stdin_name};
    return opened;
  }
  LETTERPRESS_TRY_ASSIGN(const files::WalkOptions walk, files.input.walk_options());
  for (const files::WalkSource& source : walk.sources) opened.names.push_back(source.name);
  opened.with_ancestors =
      std::make_unique<restic::AncestorSource>(opened.from->source(), opened.names);
  return opened;
}

restic::LockHolder lock_holder() {
  return {.host = host_name(),
          .user = user_name(),
          .process = ::getpid(),
          .user_id = ::getuid(),
          .group_id = ::getgid()};
}

void print_report(const restic::SnapshotReport& report, const restic::Repository& repository,
                  Console& console) {
  const nlohmann::json json = {{"snapshot", report.id},
                               {"entries", report.entries},
                               {"files", report.files},
                               {"raw_bytes", report.raw_bytes},
                               {"blobs", report.blobs},
                               {"new_data_blobs", report.new_data_blobs},
                               {"new_tree_blobs", report.new_tree_blobs},
                               {"packs", report.packs},
                               {"pack_bytes", report.pack_bytes},
                               {"is_new_repository", repository.is_new()},
                               {"problems", report.problems}};
  std::string text =
      fmt::format("Snapshot {} of {} entries\n", report.id.substr(0, 8), report.entries);
  text += fmt::format("  read    {} in {} files\n", format_bytes(report.raw_bytes), report.files);
  text += fmt::format("  new     {} of {} blobs, {} folders\n", report.new_data_blobs, report.blobs,
                      report.new_tree_blobs);
  text += fmt::format("  stored  {} in {} packs\n", format_bytes(report.pack_bytes), report.packs);
  console.result(json, text);
}

ExitCode run_export_restic(const ResticArguments& arguments, const ProgramOptions& common,
                           Console& console) {
  const Result<std::string> password = find_password(arguments);
  if (!password) return console.fail(password.error());
  Result<Opened> opened = open_source(arguments.from, console);
  if (!opened) return console.fail(opened.error());
  const Result<std::unique_ptr<restic::Repository>> repository =
      restic::Repository::open({.path = arguments.repository,
                                .password = *password,
                                .holder = lock_holder(),
                                .on_note = [&](const std::string& text) { console.warn(text); }});
  if (!repository) return console.fail(repository.error());
  restic::SnapshotOptions options;
  for (const std::string& name : opened->names) options.paths.push_back("/" + name);
  options.tags = arguments.tags;
  options.host = arguments.host.empty() ? opened->host : arguments.host;
  options.user = user_name();
  options.user_id = ::getuid();
  options.group_id = ::getgid();
  options.time_ns = opened->time_ns;
  // A vault keeps numbers only, and may be another machine's.
  options.names_owners = !arguments.from.is_vault();
  options.spool_folder = spool_folder();
  options.level = arguments.level;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.on_progress = [&](std::uint64_t bytes, std::uint64_t entries) {
    console.progress(bytes, opened->from->bytes_expected(),
                     fmt::format("read, {} entries", entries));
  };
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  const Result<restic::SnapshotReport> report =
      restic::add_snapshot(**repository, opened->source(), options);
  if (!report) return console.fail(report.error());
  print_report(*report, **repository, console);
  return opened->from->exit_code(report->problems);
}

}  // namespace

Command add_export_restic(CLI::App& group, const ProgramOptions& common) {
  CLI::App* app = group.add_subcommand("restic", "Add a snapshot to a restic repository");
  auto arguments = std::make_shared<ResticArguments>();
  app->add_option("REPO", arguments->repository,
                  "Folder of the repository (version 2); made if it is not there")
      ->required();
  arguments->from.add_to(*app);
  app->get_option("SOURCE")->description(
      "Folder or file, kept under its absolute path; - reads standard input;\n"
      "or, with --key, one vault");
  app->add_option("--password-file", arguments->password_file,
                  "File with the repository's password (default: RESTIC_PASSWORD_FILE,\n"
                  "or the password itself in RESTIC_PASSWORD)");
  app->add_option(
      "--host", arguments->host,
      "Host of the snapshot (default: this one, or the one that a\nvault's snapshot is of)");
  app->add_option("--tag", arguments->tags, "Tag of the snapshot; may be repeated");
  app->add_option("--level", arguments->level, "zstd level of new blobs")
      ->check(CLI::Range(codecs::kLevelMin, codecs::kLevelMax))
      ->capture_default_str();
  app->footer(
      "Sources are kept under their absolute paths, as restic backup does it; NAME of --as is a\n"
      "path below /. A vault's snapshot has its own names there, and its time. What the "
      "repository\n"
      "has already is not stored again.\n\n"
      "Examples:\n"
      "  letterpress export restic /backup/restic /srv/mail --password-file /root/restic.pw\n"
      "  letterpress export restic /backup/restic /backup/vault --key recovery.key\n"
      "  restic -r /backup/restic -p /root/restic.pw restore latest --target /srv/restored");
  return {app, [arguments, &common](Console& console) {
            return run_export_restic(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
