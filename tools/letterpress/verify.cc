// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/opened_snapshot.h"
#include "vault/witness.h"

namespace letterpress::cli {
namespace {

constexpr std::size_t kRangesShown = 20;

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
  text += damage.message;
  // Of a mailbox, which messages: by their place in it.
  const bool is_partly = damage.lost.size() > 1 ||
                         (damage.lost.size() == 1 && damage.lost[0].bytes < damage.size_bytes);
  for (std::size_t i = 0; is_partly && i < damage.lost.size(); ++i) {
    if (i == kRangesShown) {
      text += fmt::format(", and {} more places", damage.lost.size() - i);
      break;
    }
    const vault::LostRange& range = damage.lost[i];
    text += fmt::format("{}{} to {}", i == 0 ? "; lost: bytes " : ", ", range.offset,
                        range.offset + range.bytes);
  }
  return text;
}

nlohmann::json damage_json(const vault::Damage& damage) {
  nlohmann::json json = {{"file", json_text(damage.file)},
                         {"snapshot", damage.snapshot},
                         {"path", json_text(damage.path)},
                         {"message", json_text(damage.message)}};
  if (!damage.snapshot.empty()) {
    json["lost_entries"] = damage.path.empty() ? damage.lost_entries : 1;
    json["lost"] = nlohmann::json::array();
    for (const vault::LostRange& range : damage.lost) {
      json["lost"].push_back({{"offset", range.offset}, {"size", range.bytes}});
    }
  }
  return json;
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
    damage.push_back(damage_json(found));
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
    if (report->lost > 0) {
      text += fmt::format("A restore would leave out {} entries of all snapshots together\n",
                          report->lost);
    }
  }
  const bool is_proved = !arguments.trust.empty() || !arguments.witness.empty();
  text += result_text(report->damage, is_proved);
  console.result({{"snapshots", report->snapshots},
                  {"packs", report->packs},
                  {"index_runs", report->index_runs},
                  {"file_bytes", report->file_bytes},
                  {"entries", report->entries},
                  {"chunks", report->chunks},
                  {"lost", report->lost},
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
                "Bring every file back, to nowhere, and check digests and chunk ids; name\n"
                "every file, and of mailboxes the bytes, that a restore would not give back");
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
