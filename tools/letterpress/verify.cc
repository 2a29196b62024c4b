// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/opened_snapshot.h"

namespace letterpress::cli {
namespace {

struct VerifyArguments {
  std::string vault;
  std::string key;
  std::string trust;
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
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              "--deep needs --key, the recovery.key or a reader's key"));
  }
  const Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  vault::VerifyOptions options;
  options.is_deep = arguments.deep;
  if (!arguments.key.empty()) {
    Result<vault::Keyring> keys = open_keyring(*vault, arguments.key);
    if (!keys) return console.fail(keys.error());
    options.keys = *std::move(keys);
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
  text += report->damage == 0 ? "No damage. "
                              : fmt::format("{} damages, listed above.\n", report->damage);
  text += report->damage > 0 ? ""
          : arguments.trust.empty()
              ? "Consistent, but authorship is not checked: --trust vault.pub does that.\n"
              : "Every file was signed by a writer of the vault's owner.\n";
  console.result({{"snapshots", report->snapshots},
                  {"packs", report->packs},
                  {"index_runs", report->index_runs},
                  {"file_bytes", report->file_bytes},
                  {"entries", report->entries},
                  {"chunks", report->chunks},
                  {"authorship", !arguments.trust.empty()},
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
  app->footer(
      "Finds any change to any file, without a key, and names its records. Without --trust it "
      "says\n"
      "that everything fits together, but not whose it is. Log entries that vanished from the end\n"
      "cannot be seen from inside a vault: compare the last snapshot with what you expect.\n\n"
      "Examples:\n"
      "  letterpress verify /backup/vault --trust vault.pub\n"
      "  letterpress verify /backup/vault --deep --key recovery.key");
  return {app, [arguments](Console& console) { return run_verify(*arguments, console); }};
}

}  // namespace letterpress::cli
