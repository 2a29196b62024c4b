// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/opened_snapshot.h"
#include "tools/letterpress/passphrase.h"
#include "vault/index_rebuild.h"
#include "vault/keys/key_files.h"

namespace letterpress::cli {
namespace {

struct IndexArguments {
  std::string vault;
  std::string key;
  std::string ingest;
  std::string writer;
};

Result<vault::IndexRebuildReport> rebuild(const IndexArguments& arguments, Console& console) {
  LETTERPRESS_TRY_ASSIGN(vault::Vault vault, vault::Vault::open(arguments.vault));
  LETTERPRESS_TRY_ASSIGN(vault::Keyring keys, open_keyring(vault, arguments.key, false, console));
  vault::IndexRebuildOptions options{.keys = keys, .writer = arguments.writer};
  if (!arguments.ingest.empty()) {
    LETTERPRESS_TRY_ASSIGN(
        options.ingest, vault::read_ingest_key(arguments.ingest, passphrase_of(console.options())));
    LETTERPRESS_TRY(vault.require_own_key(options.ingest->identity.vault, options.ingest->root,
                                          arguments.ingest));
  } else {
    LETTERPRESS_TRY_ASSIGN(options.recovery, vault::read_recovery_key(
                                                 arguments.key, passphrase_of(console.options())));
  }
  options.cancel = cancel_flag();
  options.on_note = [&](const std::string& text) { console.note(text); };
  std::uint64_t listed = 0;
  options.on_progress = [&](std::uint64_t bytes, std::uint64_t total) {
    listed += bytes;
    console.progress(listed, total, "listed");
  };
  return vault::rebuild_index(vault, options);
}

ExitCode run_rebuild(const IndexArguments& arguments, Console& console) {
  const Result<vault::IndexRebuildReport> report = rebuild(arguments, console);
  if (!report) return console.fail(report.error());
  std::string text =
      report->runs == 0
          ? std::string("Nothing to do: every pack is listed in a good index run\n")
          : fmt::format("Made {} index runs in place of {}: {} packs, {} chunks\n", report->runs,
                        report->lost_runs, report->packs, report->chunks);
  if (report->damaged_blocks > 0) {
    text += fmt::format("  {} blocks could not be read; what they held will be stored again\n",
                        report->damaged_blocks);
  }
  console.result({{"writers", report->writers},
                  {"lost_runs", report->lost_runs},
                  {"runs", report->runs},
                  {"packs", report->packs},
                  {"chunks", report->chunks},
                  {"damaged_blocks", report->damaged_blocks}},
                 text);
  return report->damaged_blocks == 0 ? kDone : kDamage;
}

}  // namespace

Command add_index(CLI::App& program) {
  CLI::App* index = program.add_subcommand("index", "What writers know of the chunks in a vault");
  index->require_subcommand(1);
  CLI::App* app = index->add_subcommand("rebuild", "Make lost index runs anew, from the packs");
  auto arguments = std::make_shared<IndexArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  app->add_option("--key", arguments->key,
                  "The vault's recovery.key; or a reader's key, together with --ingest")
      ->required();
  app->add_option("--ingest", arguments->ingest,
                  "The writer's ingest.key, which signs then: a reader's key cannot");
  app->add_option("--writer", arguments->writer,
                  "Only this writer, by its name or the first digits of its id");
  app->footer(
      "Restores need no index. A writer needs it to know what is stored already: without, the "
      "next\n"
      "backup stores everything again. New runs come behind those that are there and say which\n"
      "lost ones they stand for; no file is changed. Blocks that are damaged are left out, and\n"
      "stored again by the next backup that finds what they held (exit code 1).\n\n"
      "Examples:\n"
      "  letterpress index rebuild /backup/vault --key recovery.key\n"
      "  letterpress index rebuild /backup/vault --key anna.key --ingest mx1.ingest.key");
  return {app, [arguments](Console& console) { return run_rebuild(*arguments, console); }};
}

}  // namespace letterpress::cli
