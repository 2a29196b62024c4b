// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <chrono>
#include <memory>

#include "exports/pbs/pbs.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/export_bytes.h"
#include "tools/letterpress/host_name.h"

namespace letterpress::cli {
namespace {

struct PbsArguments {
  exports::PbsSnapshot snapshot = {.datastore = {}, .id = {}, .time_s = -1, .archive = {}};
  ChunkArguments chunks;
  ExportSourceArguments source;
};

struct Written {
  exports::StoreTotals totals;
  std::string index;
};

// A name that Proxmox takes, as near as may be.
std::string safe_name(std::string name) {
  for (char& c : name) {
    if (!exports::is_pbs_name(std::string("a") + c)) c = '_';
  }
  if (!exports::is_pbs_name(name)) name.insert(0, "_");
  return name;
}

exports::PbsSnapshot named_snapshot(const PbsArguments& arguments, const ExportBytes& bytes) {
  exports::PbsSnapshot snapshot = arguments.snapshot;
  if (snapshot.id.empty()) snapshot.id = safe_name(host_name());
  if (snapshot.archive.empty()) {
    snapshot.archive = safe_name(bytes.first_name()) + (bytes.is_archive() ? ".tar" : "");
  }
  if (snapshot.time_s < 0) {
    snapshot.time_s = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  }
  return snapshot;
}

Result<Written> write_snapshot(const exports::PbsSnapshot& snapshot,
                               const exports::StoreOptions& options, ExportBytes& bytes) {
  const exports::PbsChunkFormat format;
  LETTERPRESS_TRY_ASSIGN(const auto index, exports::DidxFile::create(snapshot));
  LETTERPRESS_TRY_ASSIGN(
      const exports::StoreTotals totals,
      exports::export_chunks(bytes.content(), {exports::chunk_folder(snapshot), format}, *index,
                             options));
  LETTERPRESS_TRY(index->commit());
  return Written{totals, index->path()};
}

ExitCode run_export_pbs(const PbsArguments& arguments, const ProgramOptions& common,
                        Console& console) {
  const auto bytes = ExportBytes::open(arguments.source, common, console);
  if (!bytes) return console.fail(bytes.error());
  exports::StoreOptions options = arguments.chunks.options(common);
  options.on_progress = [&](std::uint64_t done) {
    console.progress(done, (*bytes)->bytes_expected(), "exported");
  };
  const auto written = write_snapshot(named_snapshot(arguments, **bytes), options, **bytes);
  if (!written) return console.fail(written.error());
  (*bytes)->finish();
  nlohmann::json json = store_json(written->totals, **bytes);
  json["index"] = json_text(written->index);
  console.result(json, fmt::format("Exported {} to {}\n{}",
                                   (*bytes)->is_archive() ? "a tar archive" : "a file",
                                   printable(written->index), store_text(written->totals)));
  return (*bytes)->exit_code();
}

}  // namespace

Command add_export_pbs(CLI::App& group, const ProgramOptions& common) {
  CLI::App* app =
      group.add_subcommand("pbs", "Write one stream into a datastore of Proxmox Backup Server");
  auto arguments = std::make_shared<PbsArguments>();
  app->add_option("DATASTORE", arguments->snapshot.datastore,
                  "Its folder: gets .chunks and host/ID/TIME; made if need be")
      ->required();
  arguments->source.add_to(*app);
  app->add_option("--id", arguments->snapshot.id, "Of the backup; otherwise this host's name");
  app->add_option("--time", arguments->snapshot.time_s,
                  "Of the backup, in seconds since 1970; otherwise now")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--archive", arguments->snapshot.archive,
                  "Name of the index, without .didx; otherwise the source's");
  arguments->chunks.add_to(*app, 256);
  app->footer(
      "One file, or standard input, is exported as it is; folders, several sources and snapshots\n"
      "as a tar archive. Attachments in mail are chunks of their own, so that they are stored "
      "once.\n"
      "Nothing is encrypted. Give the files to the user of the server (backup:backup).\n\n"
      "Examples:\n"
      "  letterpress export pbs /mnt/datastore /srv/mail --id mx1\n"
      "  letterpress export pbs /mnt/datastore /backup/vault --key recovery.key --archive "
      "mail.tar\n"
      "  proxmox-backup-debug recover index /mnt/datastore/host/mx1/*/mail.tar.didx "
      "/mnt/datastore/.chunks");
  return {app, [arguments, &common](Console& console) {
            return run_export_pbs(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
