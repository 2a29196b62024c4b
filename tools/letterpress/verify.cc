// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"

namespace letterpress::cli {
namespace {

struct VerifyArguments {
  std::string vault;
  std::string key;
  bool deep = false;
};

std::string damage_text(const vault::Damage& damage) {
  std::string text;
  if (!damage.snapshot.empty()) text += "snapshot " + damage.snapshot + ": ";
  if (!damage.path.empty()) text += damage.path + ": ";
  const bool names_itself = damage.message.find(damage.file) != std::string::npos;
  if (!damage.file.empty() && !names_itself) text += damage.file + ": ";
  return text + damage.message;
}

ExitCode run_verify(const VerifyArguments& arguments, Console& console) {
  if (arguments.deep && arguments.key.empty()) {
    return console.fail(Error(ErrorCode::kInvalidArgument, "--deep needs --key recovery.key"));
  }
  const Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  vault::VerifyOptions options;
  if (arguments.deep) {
    Result<vault::RecoveryKey> key = vault::read_recovery_key(arguments.key);
    if (!key) return console.fail(key.error());
    options.recovery = *key;
  }
  nlohmann::json damage = nlohmann::json::array();
  options.cancel = cancel_flag();
  options.on_damage = [&](const vault::Damage& found) {
    damage.push_back({{"file", json_text(found.file)},
                      {"snapshot", found.snapshot},
                      {"path", json_text(found.path)},
                      {"message", json_text(found.message)}});
    console.warn(damage_text(found));
  };
  options.on_note = [&](const std::string& text) { console.note(text); };
  options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "checked");
  };
  const Result<vault::VerifyReport> report = vault::verify(*vault, options);
  if (!report) return console.fail(report.error());
  std::string text = fmt::format(
      "Checked every byte of {} snapshots, {} packs, {} index runs: {}\n", report->snapshots,
      report->packs, report->index_runs, format_bytes(report->file_bytes));
  if (arguments.deep) {
    text += fmt::format("Brought back {} different files and checked {} chunk ids\n",
                        report->entries, report->chunks);
  }
  text += report->damage == 0 ? "No damage. "
                              : fmt::format("{} damages, listed above. ", report->damage);
  text += "Authorship is not checked: this version does not sign.\n";
  console.result({{"snapshots", report->snapshots},
                  {"packs", report->packs},
                  {"index_runs", report->index_runs},
                  {"file_bytes", report->file_bytes},
                  {"entries", report->entries},
                  {"chunks", report->chunks},
                  {"damage", damage}},
                 text);
  return report->damage == 0 ? kDone : kDamage;
}

}  // namespace

Command add_verify(CLI::App& program) {
  CLI::App* app = program.add_subcommand("verify", "Check every byte of a vault");
  auto arguments = std::make_shared<VerifyArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  app->add_flag("--deep", arguments->deep,
                "Bring every file back, to nowhere, and check digests and chunk ids");
  app->add_option("--key", arguments->key, "The vault's recovery.key, for --deep");
  app->footer(
      "Finds any change to any file, without a key. Log entries that vanished from the end cannot "
      "be\n"
      "seen from inside a vault: compare the last snapshot with what you expect.\n\n"
      "Examples:\n"
      "  letterpress verify /backup/vault\n"
      "  letterpress verify /backup/vault --deep --key recovery.key");
  return {app, [arguments](Console& console) { return run_verify(*arguments, console); }};
}

}  // namespace letterpress::cli
