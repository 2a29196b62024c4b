// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "vault/vault.h"

namespace letterpress::cli {
namespace {

struct InitArguments {
  std::string vault;
  std::string keys;
};

ExitCode run_init(const InitArguments& arguments, Console& console) {
  const Result<vault::Vault> made = vault::Vault::init(arguments.vault, arguments.keys);
  if (!made) return console.fail(made.error());
  const std::string recovery = arguments.keys + "/recovery.key";
  const std::string ingest = arguments.keys + "/ingest.key";
  console.result(
      {{"vault", json_text(arguments.vault)},
       {"id", vault::to_hex(made->id().bytes)},
       {"recovery_key", json_text(recovery)},
       {"ingest_key", json_text(ingest)},
       {"storage", made->storage().describe()}},
      fmt::format("Made the vault {}\n"
                  "  {}\n"
                  "  {}  restores. Keep it offline, in two places; remove it from this machine.\n"
                  "  {}  backs up. It stays on the mail server.\n"
                  "This version does not encrypt: whoever can read the vault can read the mail.\n",
                  printable(arguments.vault), made->storage().describe(), printable(recovery),
                  printable(ingest)));
  return kDone;
}

}  // namespace

Command add_init(CLI::App& program) {
  CLI::App* app = program.add_subcommand("init", "Make a vault and its keys");
  auto arguments = std::make_shared<InitArguments>();
  app->add_option("VAULT", arguments->vault, "Folder that does not exist yet, or is empty")
      ->required();
  app->add_option("--keys", arguments->keys, "Folder that gets recovery.key and ingest.key")
      ->required();
  app->footer("Example:\n  letterpress init /backup/vault --keys /root/keys");
  return {app, [arguments](Console& console) { return run_init(*arguments, console); }};
}

}  // namespace letterpress::cli
