// SPDX-License-Identifier: Apache-2.0
#include "vault/repair/repair.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"

namespace letterpress::cli {
namespace {

struct RepairArguments {
  std::string vault;
  std::string trust;
  vault::RepairOptions options;
};

std::string remaining_text(const vault::Damage& damage) {
  const bool names_itself = damage.message.find(damage.file) != std::string::npos;
  return damage.file.empty() || names_itself ? damage.message : damage.file + ": " + damage.message;
}

std::string report_text(const vault::RepairReport& report) {
  std::string text =
      report.healed > 0
          ? fmt::format(
                "Healed {} files; {} damaged ones were moved to damaged/, nothing was "
                "deleted\n",
                report.healed, report.set_aside)
          : std::string("Healed nothing\n");
  if (report.marked > 0) {
    text += fmt::format(
        "{} packs are marked as damaged: the next backup stores again what they held, where the\n"
        "sources still have it; restores go on reading what is whole in them\n",
        report.marked);
  }
  if (report.remaining == 0) return text + "No damage is left.\n";
  return text + fmt::format("{} damages are left, listed above: give another copy with --from.\n",
                            report.remaining);
}

ExitCode run_repair(RepairArguments& arguments, Console& console) {
  vault::RepairOptions& options = arguments.options;
  if (!arguments.trust.empty()) {
    Result<vault::VaultPublicKey> trust = vault::read_vault_public_key(arguments.trust);
    if (!trust) return console.fail(trust.error());
    options.trust = *std::move(trust);
  }
  nlohmann::json healed = nlohmann::json::array();
  nlohmann::json damage = nlohmann::json::array();
  options.cancel = cancel_flag();
  options.on_healed = [&](const std::string& file) {
    healed.push_back(json_text(file));
    console.note(printable(file) + ": healed");
  };
  options.on_damage = [&](const vault::Damage& found) {
    damage.push_back({{"file", json_text(found.file)}, {"message", json_text(found.message)}});
    console.warn(remaining_text(found));
  };
  options.on_note = [&](const std::string& text) { console.note(text); };
  options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "checked");
  };
  const Result<vault::RepairReport> report = vault::repair(arguments.vault, options);
  if (!report) return console.fail(report.error());
  console.result({{"healed", healed},
                  {"set_aside", report->set_aside},
                  {"marked", report->marked},
                  {"damage", damage}},
                 report_text(*report));
  return report->remaining == 0 ? kDone : kDamage;
}

}  // namespace

Command add_repair(CLI::App& program) {
  CLI::App* app = program.add_subcommand("repair", "Heal a vault from copies; needs no key");
  auto arguments = std::make_shared<RepairArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  app->add_option("--from", arguments->options.from,
                  "Another copy of the vault, a volume, or any folder with files of it; may be\n"
                  "repeated. Damaged ones serve too: what is whole in any of them is used");
  app->add_option("--trust", arguments->trust, "The vault's vault.pub: whose vault it must be");
  app->footer(
      "Files are found by their names and count by what they hold: every byte was signed. A good\n"
      "file is never touched. A damaged one moves to VAULT/damaged/ and keeps its bytes. It may "
      "be\n"
      "stopped at any time and run again; exit code 1 as long as damage is left.\n\n"
      "Where there is no copy, the mail server may still have the mail: repair marks the pack, "
      "and\n"
      "the next backup stores again what it held.\n\n"
      "Examples:\n"
      "  letterpress repair /backup/vault --from /media/disk3/vault\n"
      "  letterpress repair /backup/vault --from /media/v1 --from /media/v2 --trust vault.pub");
  return {app, [arguments](Console& console) { return run_repair(*arguments, console); }};
}

}  // namespace letterpress::cli
