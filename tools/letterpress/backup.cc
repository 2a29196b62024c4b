// SPDX-License-Identifier: Apache-2.0
#include "vault/backup.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "tools/letterpress/alarm_text.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/host_name.h"
#include "tools/letterpress/input_options.h"
#include "tools/letterpress/passphrase.h"
#include "tools/letterpress/press_json.h"
#include "vault/keys/key_files.h"
#include "vault/snapshot.h"

namespace letterpress::cli {
namespace {

struct BackupArguments {
  std::string vault;
  std::string key;
  std::string state;
  InputOptions input;
  bool read_all = false;
  bool dry_run = false;
  double alarm_encrypted = 10;  // percent
  double alarm_vanished = 25;
  int level = codecs::kLevelDefault;
  std::optional<unsigned> isolate;
};

// A place of its own for each writer, as the XDG base directories have it.
std::string default_state_folder(const vault::WriterIdentity& identity) {
  const std::string name =
      vault::to_hex(identity.vault.bytes) + "-" + vault::to_hex(identity.writer.bytes);
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    return std::string(state) + "/letterpress/" + name;
  }
  if (::geteuid() == 0) return "/var/lib/letterpress/" + name;
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/state/letterpress/" + name;
}

// The budget (docs/ARCHITECTURE.md, "Overhead"): ids, tables, recipes, names and metadata. What
// packs cost beside their blocks (records, tags, filling) depends on the vault's size and not on
// messages: it is counted apart, as sealing_bytes.
std::uint64_t overhead_bytes(const vault::BackupReport& report) {
  std::uint64_t payload = 0;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (static_cast<Kind>(i) != Kind::kRecipe) payload += report.totals.kinds[i].stored_bytes;
  }
  return report.block_bytes - payload + report.index_bytes;
}

void print_report(const BackupArguments& arguments, const vault::BackupReport& report,
                  const vault::WriterId& writer, Console& console) {
  const pipeline::PressTotals& totals = report.totals;
  const std::uint64_t stored = report.pack_bytes + report.index_bytes + report.log_bytes;
  const std::string name = arguments.dry_run ? "" : vault::snapshot_name(writer, report.sequence);
  nlohmann::json json = totals_json(totals);
  json["snapshot"] = name;
  json["snapshot_entries"] = report.entries;
  json["problems"] = report.problems;
  json["packs"] = report.packs;
  json["packs_taken_up"] = report.packs_taken_up;
  json["stored_bytes"] = stored;
  json["pack_bytes"] = report.pack_bytes;
  json["index_bytes"] = report.index_bytes;
  json["log_bytes"] = report.log_bytes;
  json["overhead_bytes"] = overhead_bytes(report);
  json["alarms"] = alarm_json(report.alarms);
  json["sealing_bytes"] = report.pack_bytes - report.block_bytes;
  std::string text = arguments.dry_run
                         ? std::string("Dry run: nothing was stored\n")
                         : fmt::format("Snapshot {} of {} entries\n", name, report.entries);
  text += fmt::format("  read    {} in {} files, {} messages\n", format_bytes(totals.raw_bytes),
                      totals.files_read, totals.messages);
  if (totals.files_unchanged > 0) {
    text += fmt::format("  known   {} files are as the last snapshot has them\n",
                        totals.files_unchanged);
  }
  std::uint64_t new_bytes = 0;
  for (const auto& kind : totals.kinds) new_bytes += kind.new_bytes;
  text += fmt::format("  new     {} after deduplication\n", format_bytes(new_bytes));
  if (!arguments.dry_run) {
    text += fmt::format("  stored  {} in {} packs\n", format_bytes(stored), report.packs);
  }
  if (report.packs_taken_up > 0) {
    text +=
        fmt::format("  used    {} packs of a backup that was interrupted\n", report.packs_taken_up);
  }
  if (report.problems > 0) {
    text += fmt::format("  {} sources could not be read as they are; they are listed above\n",
                        report.problems);
  }
  console.result(json, text);
  if (report.alarms == 0) return;
  console.warn("ALARM: compared with the snapshot before, this one " +
               std::string((report.alarms & vault::kAlarmNewIncompressible) != 0
                               ? "has much in place of mail that cannot be compressed, as after an "
                                 "encryption"
                               : "has much less mail") +
               ". It was made all the same, and those before it are as they were. Look at the mail "
               "before anything else happens to it");
}

ExitCode run_backup(const BackupArguments& arguments, const ProgramOptions& common,
                    Console& console) {
  Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  const Result<vault::IngestKey> key = vault::read_ingest_key(arguments.key, passphrase_of(common));
  if (!key) return console.fail(key.error());
  if (Status own = vault->require_own_key(key->identity.vault, key->root, arguments.key); !own) {
    return console.fail(own.error());
  }
  vault::BackupOptions options;
  std::unique_ptr<stream::Source> stdin_source;
  if (arguments.input.is_stdin()) {
    stdin_source = arguments.input.stdin_source();
    options.source = stdin_source.get();
    options.walk.sources = {{arguments.input.stdin_name, "-"}};
  } else {
    Result<files::WalkOptions> walk = arguments.input.walk_options();
    if (!walk) return console.fail(walk.error());
    options.walk = *std::move(walk);
  }
  options.walk.read_all = arguments.read_all;
  options.state_folder =
      arguments.state.empty() ? default_state_folder(key->identity) : arguments.state;
  options.host = host_name();
  options.is_dry_run = arguments.dry_run;
  options.alarm = {arguments.alarm_encrypted / 100, arguments.alarm_vanished / 100};
  options.press.level = arguments.level;
  options.press.isolate_depth = arguments.isolate;
  options.press.threads = common.threads;
  options.press.cancel = cancel_flag();
  options.press.on_progress = [&](const pipeline::PressTotals& totals) {
    console.progress(totals.raw_bytes, 0, fmt::format("read, {} entries", totals.entries));
  };
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  options.on_note = [&](const std::string& text) { console.note(text); };
  const Result<vault::BackupReport> report = vault::backup(*vault, *key, options);
  if (!report) return console.fail(report.error());
  print_report(arguments, *report, key->identity.writer, console);
  if (report->alarms != 0) return kAlarm;
  return report->problems > 0 ? kPartial : kDone;
}

}  // namespace

Command add_backup(CLI::App& program, const ProgramOptions& common) {
  CLI::App* app = program.add_subcommand("backup", "Add one snapshot to a vault");
  auto arguments = std::make_shared<BackupArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  arguments->input.add_to(*app);
  app->add_option("--key", arguments->key, "The writer's ingest.key")->required();
  app->add_option("--state", arguments->state,
                  "Folder of the writer's state (default: below XDG_STATE_HOME,\n"
                  "or /var/lib/letterpress for root)");
  app->add_flag("--read-all", arguments->read_all, "Read also files that look unchanged");
  app->add_flag("--dry-run", arguments->dry_run, "Read and count, store nothing");
  app->add_option("--alarm-encrypted", arguments->alarm_encrypted,
                  "Ring if so many percent of the mail were replaced by bytes that\n"
                  "cannot be compressed; 0: never")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app->add_option("--alarm-vanished", arguments->alarm_vanished,
                  "Ring if so many percent of the files or bytes are gone since the last\n"
                  "snapshot of the same sources; 0: never")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app->add_option("--level", arguments->level, "zstd level of new blocks")
      ->check(CLI::Range(codecs::kLevelMin, codecs::kLevelMax))
      ->capture_default_str();
  app->add_option("--isolate", arguments->isolate,
                  "Keep mailboxes apart: what one has is stored as if no other had it.\n"
                  "A mailbox is named by so much of a path below the source:\n"
                  "1 for mail/USER, 2 for mail/DOMAIN/USER, 0 if each source is one")
      ->type_name("DEPTH")
      ->check(CLI::Range(0U, stream::kIsolateDepthMax));
  app->footer(
      "Needs the ingest.key only, which opens nothing that is stored: neither mails nor names.\n"
      "Files whose size, times and inode are as in the last snapshot are not opened.\n"
      "A live Maildir is listed until no unseen mail is left; no lock of the server is taken.\n"
      "A mail whose flags change meanwhile is kept under its last name. Left out unless\n"
      "--all-files: the contents of a Maildir's tmp, lock files, dovecot.index.cache,\n"
      "dovecot.list.index*. Sockets, FIFOs and devices are skipped with a note.\n"
      "--isolate costs space, because what several mailboxes have is stored in each, and small\n"
      "mailboxes compress worse. In return, nobody who sends mail to one and watches the vault\n"
      "grow can guess at another's. A path that ends above DEPTH is a mailbox by itself; so is\n"
      "what comes on standard input, as a whole. Give the option with every backup: one without "
      "it\n"
      "mixes what is new on that day. What is stored already stays as it is when DEPTH changes.\n"
      "The alarm (exit code 5) stops nothing: the snapshot is made, and marked in `snapshots`.\n\n"
      "Examples:\n"
      "  letterpress backup /backup/vault /srv/mail --key /root/keys/ingest.key\n"
      "  letterpress backup /backup/vault /srv/mail /etc --exclude '*.log' --key ingest.key\n"
      "  letterpress backup /backup/vault /var/vmail --isolate 2 --key ingest.key\n"
      "  pg_dump mail | letterpress backup /backup/vault - --stdin-name mail.sql --key ingest.key");
  return {app, [arguments, &common](Console& console) {
            return run_backup(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
