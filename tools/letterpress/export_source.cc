// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/export_source.h"

#include <cstdlib>
#include <utility>

#include "vault/vault_source.h"

namespace letterpress::cli {
namespace {

Error usage(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

Status check_vault_arguments(const ExportSourceArguments& arguments) {
  const InputOptions& input = arguments.input;
  if (input.sources.size() != 1 || !input.named.empty()) {
    return usage("--key reads one vault: name it as the only source");
  }
  if (!input.excludes.empty() || input.all_files || input.one_file_system) {
    return usage(
        "--exclude, --all-files and --one-file-system are for files; with a vault use "
        "--path");
  }
  return Ok{};
}

Status check_file_arguments(const ExportSourceArguments& arguments) {
  if (!arguments.paths.empty() || !arguments.snapshot.trust.empty() ||
      arguments.snapshot.snapshot != "latest") {
    return usage("--snapshot, --path and --trust are for a vault, which --key reads");
  }
  return Ok{};
}

// There may be as much as the snapshot has in several places.
std::string aside_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/var/tmp";
}

Result<std::unique_ptr<stream::Source>> open_files(const InputOptions& input, Console& console) {
  if (input.is_stdin()) return input.stdin_source();
  LETTERPRESS_TRY_ASSIGN(files::WalkOptions walk, input.walk_options());
  for (const files::WalkSource& source : walk.sources) {
    if (!vault::Vault::open(source.path)) continue;
    console.note(source.path +
                 " is a vault: its own files are exported, encrypted as they are; --key exports "
                 "what a snapshot holds");
  }
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<stream::Source> walker,
                         files::Walker::open(std::move(walk)));
  return walker;
}

}  // namespace

void ExportSourceArguments::add_to(CLI::App& app) {
  input.add_to(app);
  app.get_option("SOURCE")->description(
      "Folder or file, kept under its last path component; - reads standard input;\n"
      "or, with --key, one vault");
  app.add_option("--key", snapshot.key,
                 "The source is a vault; this is its recovery.key, or a reader's key");
  app.add_option("--snapshot", snapshot.snapshot,
                 "Of the vault, as `letterpress snapshots` lists them")
      ->capture_default_str();
  app.add_option("--path", paths,
                 "Of the snapshot only this entry and what is below it; may be repeated");
  app.add_option("--trust", snapshot.trust,
                 "The vault's vault.pub, with a reader's key: who wrote it");
}

Result<std::unique_ptr<ExportSource>> ExportSource::open(const ExportSourceArguments& arguments,
                                                         Console& console) {
  auto opened = std::make_unique<ExportSource>();
  if (!arguments.is_vault()) {
    LETTERPRESS_TRY(check_file_arguments(arguments));
    LETTERPRESS_TRY_ASSIGN(opened->source_, open_files(arguments.input, console));
    return opened;
  }
  LETTERPRESS_TRY(check_vault_arguments(arguments));
  SnapshotArguments snapshot = arguments.snapshot;
  snapshot.vault = arguments.input.sources[0];
  LETTERPRESS_TRY_ASSIGN(opened->snapshot_, OpenedSnapshot::open(snapshot, console));
  const OpenedSnapshot& found = *opened->snapshot_;
  LETTERPRESS_TRY_ASSIGN(
      opened->source_,
      vault::VaultSource::open(found.vault, found.packs, found.snapshot.entry, found.keys,
                               {.paths = arguments.paths, .aside_folder = aside_folder()}));
  if (arguments.paths.empty()) opened->bytes_expected_ = found.snapshot.entry.totals.source_bytes;
  return opened;
}

ExitCode ExportSource::exit_code(std::uint64_t problems) const noexcept {
  if (problems > 0) return kPartial;
  return snapshot_ && snapshot_->is_log_damaged ? kDamage : kDone;
}

}  // namespace letterpress::cli
