// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "exports/casync/casync.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/export_bytes.h"

namespace letterpress::cli {
namespace {

struct CasyncArguments {
  std::string store;
  std::string index;
  std::string digest = "sha512-256";
  ChunkArguments chunks;
  ExportSourceArguments source;
};

Result<exports::StoreTotals> write_store(const CasyncArguments& arguments,
                                         const exports::StoreOptions& options, ExportBytes& bytes) {
  const exports::CastrFormat format(arguments.digest == "sha256"
                                        ? exports::ChunkDigest::kSha256
                                        : exports::ChunkDigest::kSha512_256);
  LETTERPRESS_TRY_ASSIGN(const auto index,
                         exports::CaibxFile::create(arguments.index, format, options.cuts));
  LETTERPRESS_TRY_ASSIGN(
      const exports::StoreTotals totals,
      exports::export_chunks(bytes.content(), {arguments.store, format}, *index, options));
  LETTERPRESS_TRY(index->commit());
  return totals;
}

ExitCode run_export_casync(const CasyncArguments& arguments, const ProgramOptions& common,
                           Console& console) {
  const auto bytes = ExportBytes::open(arguments.source, common, console);
  if (!bytes) return console.fail(bytes.error());
  exports::StoreOptions options = arguments.chunks.options(common);
  options.on_progress = [&](std::uint64_t done) {
    console.progress(done, (*bytes)->bytes_expected(), "exported");
  };
  const auto totals = write_store(arguments, options, **bytes);
  if (!totals) return console.fail(totals.error());
  (*bytes)->finish();
  nlohmann::json json = store_json(*totals, **bytes);
  json["index"] = json_text(arguments.index);
  console.result(json, fmt::format("Exported {} to {}\n{}",
                                   (*bytes)->is_archive() ? "a tar archive" : "a file",
                                   printable(arguments.index), store_text(*totals)));
  return (*bytes)->exit_code();
}

}  // namespace

Command add_export_casync(CLI::App& group, const ProgramOptions& common) {
  CLI::App* app =
      group.add_subcommand("casync", "Write one stream into a store of casync or desync");
  auto arguments = std::make_shared<CasyncArguments>();
  app->add_option("STORE", arguments->store, "Folder of the chunks (.castr); made if need be")
      ->required();
  app->add_option("INDEX", arguments->index, "File that gets the index (.caibx)")->required();
  arguments->source.add_to(*app);
  app->add_option("--digest", arguments->digest, "What names chunks; one kind a store")
      ->check(CLI::IsMember({"sha512-256", "sha256"}))
      ->capture_default_str();
  arguments->chunks.add_to(*app, 64);
  app->footer(
      "One file, or standard input, is exported as it is; folders, several sources and snapshots\n"
      "as a tar archive. Attachments in mail are chunks of their own, so that they are stored "
      "once.\n"
      "Chunks that are in the store are compared, not written again. The index comes last.\n\n"
      "Examples:\n"
      "  letterpress export casync mail.castr inbox.caibx /var/mail/alice\n"
      "  letterpress export casync mail.castr mail.caibx /backup/vault --key recovery.key\n"
      "  casync extract --store=mail.castr mail.caibx mail.tar");
  return {app, [arguments, &common](Console& console) {
            return run_export_casync(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
