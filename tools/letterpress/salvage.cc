// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/salvage.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/passphrase.h"
#include "vault/keys/key_files.h"

namespace letterpress::cli {
namespace {

struct SalvageArguments {
  std::vector<std::string> paths;
  std::string key;
  std::string trust;
  vault::SalvageOptions options;
};

// Without a vault at hand, the key must say which vault it is.
Result<vault::Keyring> open_keyring_alone(const SalvageArguments& arguments,
                                          const Console& console) {
  LETTERPRESS_TRY_ASSIGN(const vault::ReadingKey reading,
                         vault::read_reading_key(arguments.key, passphrase_of(console.options())));
  std::optional<vault::VaultPublicKey> vault = reading.vault;
  if (!arguments.trust.empty()) {
    LETTERPRESS_TRY_ASSIGN(vault, vault::read_vault_public_key(arguments.trust));
  }
  if (!vault) {
    return Error(ErrorCode::kInvalidArgument,
                 arguments.key +
                     ": a reader's key does not say which vault it is; give its vault.pub with "
                     "--trust, or the recovery.key");
  }
  vault::Keyring keys(vault->vault, vault->root);
  keys.add(reading.reader);
  return keys;
}

std::string report_text(const vault::SalvageReport& report, const std::string& to) {
  std::string text =
      fmt::format("Found {} packs, {} of them whole; {} of {} records are lost\n", report.packs,
                  report.whole_packs, report.lost_records, report.records);
  text += fmt::format("Brought back {} files, {}, to {}\n", report.files,
                      format_bytes(report.bytes), printable(to));
  if (report.partial > 0) {
    text +=
        fmt::format("  {} are not whole: what is left of them; {} have an older version beside\n",
                    report.partial, report.older);
  }
  if (report.nameless > 0) {
    text += fmt::format("  {} have lost their names: lost+found/\n", report.nameless);
  }
  if (report.lost > 0) text += fmt::format("  {} are lost; they are listed\n", report.lost);
  if (report.lost_tree_blocks > 0) {
    text += fmt::format("  {} blocks that may have had names of files are lost\n",
                        report.lost_tree_blocks);
  }
  if (report.locked_packs > 0) {
    text += fmt::format("  {} packs are not locked for this key\n", report.locked_packs);
  }
  if (report.unmade > 0) {
    text += fmt::format("  {} entries could not be made here; they are listed\n", report.unmade);
  }
  return text;
}

ExitCode run_salvage(SalvageArguments& arguments, Console& console) {
  const Result<vault::Keyring> keys = open_keyring_alone(arguments, console);
  if (!keys) return console.fail(keys.error());
  vault::Images images;
  for (const std::string& path : arguments.paths) {
    if (Status added = images.add(path); !added) return console.fail(added.error());
  }
  vault::SalvageOptions& options = arguments.options;
  nlohmann::json lost = nlohmann::json::array();
  options.cancel = cancel_flag();
  options.on_lost = [&](const vault::LostFile& file) {
    lost.push_back({{"path", json_text(file.path)},
                    {"message", json_text(file.message)},
                    {"size", file.size_bytes},
                    {"lost", file.lost_bytes}});
    console.warn(fmt::format("{}: {} of {} bytes are lost: {}", printable(file.path),
                             file.lost_bytes, file.size_bytes, file.message));
  };
  options.on_problem = [&](const stream::Problem& problem) { console.problem(problem); };
  options.on_note = [&](const std::string& text) { console.note(text); };
  options.on_scan = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "searched");
  };
  options.on_progress = [&](std::uint64_t files, std::uint64_t bytes) {
    console.progress(bytes, 0, fmt::format("brought back, {} files", files));
  };
  const Result<vault::SalvageReport> report = vault::salvage(images, *keys, options);
  if (!report) return console.fail(report.error());
  console.result({{"packs", report->packs},
                  {"whole_packs", report->whole_packs},
                  {"locked_packs", report->locked_packs},
                  {"records", report->records},
                  {"lost_records", report->lost_records},
                  {"lost_tree_blocks", report->lost_tree_blocks},
                  {"files", report->files},
                  {"bytes", report->bytes},
                  {"partial", report->partial},
                  {"older", report->older},
                  {"nameless", report->nameless},
                  {"unmade", report->unmade},
                  {"lost", lost}},
                 report_text(*report, options.to));
  const bool is_whole = lost.empty() && report->lost_records == 0 && report->nameless == 0 &&
                        report->locked_packs == 0;
  if (!is_whole) return kDamage;
  return report->unmade > 0 ? kFailed : kDone;
}

}  // namespace

Command add_salvage(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "salvage", "Bring back what is left: from packs alone, or the image of a disk");
  auto arguments = std::make_shared<SalvageArguments>();
  app->add_option("PATH", arguments->paths,
                  "Packs, folders with packs, raw images of disks, or disks")
      ->required();
  app->add_option("--to", arguments->options.to, "Folder that is absent or empty")->required();
  app->add_option("--key", arguments->key, "The vault's recovery.key, or a reader's key")
      ->required();
  app->add_option("--trust", arguments->trust,
                  "The vault's vault.pub, with a reader's key: whose packs are looked for");
  app->add_flag("--into", arguments->options.into,
                "The folder may have contents; nothing in it is overwritten");
  app->footer(
      "For when no vault is left to restore from: needs no log and no index. Every file whose\n"
      "records are whole comes back under its own name, in its newest version; of a damaged\n"
      "mailbox, the messages that are whole. Deleted mail comes back too, for only the log knew.\n"
      "NAME.older is an older version of a mailbox that is damaged; NAME.partial has zeros for "
      "what\n"
      "is lost; lost+found has what lost its name. Exit code 1 if anything is missing.\n\n"
      "In an image, a record of 64 KiB is found in one piece or in two: not where the file system\n"
      "has cut it into more, as blocks of 4 KiB in any order do.\n\n"
      "Examples:\n"
      "  letterpress salvage /media/disk3/packs --to /srv/back --key recovery.key\n"
      "  letterpress salvage /dev/sdb --to /srv/back --key recovery.key");
  return {app, [arguments](Console& console) { return run_salvage(*arguments, console); }};
}

}  // namespace letterpress::cli
