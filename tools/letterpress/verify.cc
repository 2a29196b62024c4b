// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/opened_snapshot.h"
#include "vault/witness.h"

namespace letterpress::cli {
namespace {

struct VerifyArguments {
  std::string vault;
  std::string key;
  std::string trust;
  std::string witness;
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

std::string result_text(std::uint64_t damage, bool is_proved) {
  if (damage > 0) return fmt::format("{} damages, listed above.\n", damage);
  if (is_proved) return "No damage. Every file was signed by a writer of the vault's owner.\n";
  return "No damage. Consistent, but authorship is not checked: --trust vault.pub does that.\n";
}

ExitCode run_verify(const VerifyArguments& arguments, Console& console) {
  if (arguments.deep && arguments.key.empty()) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "--deep needs --key, the recovery.key or a reader's key"));
  }
  const Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  vault::VerifyOptions options;
  options.is_deep = arguments.deep;
  if (!arguments.key.empty()) {
    // Whether that is proved, the result says.
    Result<vault::Keyring> keys = open_keyring(*vault, arguments.key, true, console);
    if (!keys) return console.fail(keys.error());
    options.keys = *std::move(keys);
  }
  if (!arguments.witness.empty()) {
    Result<vault::Witness> witness = vault::read_witness(arguments.witness);
    if (!witness) return console.fail(witness.error());
    options.witness = *std::move(witness);
  }
  if (!arguments.trust.empty()) {
    if (Status own = require_trusted(*vault, arguments.trust); !own)
      return console.fail(own.error());
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
  const bool is_proved = !arguments.trust.empty() || !arguments.witness.empty();
  text += result_text(report->damage, is_proved);
  console.result({{"snapshots", report->snapshots},
                  {"packs", report->packs},
                  {"index_runs", report->index_runs},
                  {"file_bytes", report->file_bytes},
                  {"entries", report->entries},
                  {"chunks", report->chunks},
                  {"authorship", is_proved},
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
  app->add_option("--key", arguments->key,
                  "The vault's recovery.key, or a reader's key: says which blocks are hit");
  app->add_option("--trust", arguments->trust,
                  "The vault's vault.pub, from elsewhere: proves who wrote the vault");
  app->add_option("--witness", arguments->witness,
                  "What letterpress witness printed: the vault must still have that");
  app->footer(
      "Finds any change to any file, without a key, and names its records. Without --trust it "
      "says\n"
      "that everything fits together, but not whose it is. Log entries that vanished from the end\n"
      "cannot be seen from inside a vault: --witness sees them, and a vault that was rolled "
      "back.\n\n"
      "Examples:\n"
      "  letterpress verify /backup/vault --trust vault.pub\n"
      "  letterpress verify /backup/vault --deep --key recovery.key");
  return {app, [arguments](Console& console) { return run_verify(*arguments, console); }};
}

}  // namespace letterpress::cli
