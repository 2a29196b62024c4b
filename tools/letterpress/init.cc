// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/host_name.h"
#include "tools/letterpress/passphrase.h"
#include "vault/keys/key_files.h"
#include "vault/vault.h"

namespace letterpress::cli {
namespace {

struct InitArguments {
  std::string vault;
  std::string keys;
  std::string name;
  std::vector<std::string> readers;
  std::string ingest_passphrase_file;
  bool asks = false;
};

// The passphrases of new keys, for as long as they are needed.
class NewLocks {
 public:
  static Result<NewLocks> make(const InitArguments& arguments, const ProgramOptions& common) {
    NewLocks locks;
    LETTERPRESS_TRY_ASSIGN(locks.recovery_,
                           new_passphrase(common.passphrase_file, arguments.asks, "recovery.key"));
    LETTERPRESS_TRY_ASSIGN(locks.ingest_,
                           new_passphrase(arguments.ingest_passphrase_file, false, "ingest.key"));
    return locks;
  }
  std::optional<vault::KeyLock> recovery() const { return lock_of(recovery_); }
  std::optional<vault::KeyLock> ingest() const { return lock_of(ingest_); }

 private:
  static std::optional<vault::KeyLock> lock_of(const std::optional<vault::Passphrase>& passphrase) {
    if (!passphrase) return std::nullopt;
    return vault::KeyLock{*passphrase, {}};
  }

  std::optional<vault::Passphrase> recovery_;
  std::optional<vault::Passphrase> ingest_;
};

ExitCode run_init(const InitArguments& arguments, Console& console) {
  vault::InitOptions options;
  options.writer_name = arguments.name.empty() ? writer_name_of_host() : arguments.name;
  for (const std::string& path : arguments.readers) {
    const Result<vault::ReaderPublicKey> reader = vault::read_reader_public_key(path);
    if (!reader) return console.fail(reader.error());
    options.readers.push_back(*reader);
  }
  const Result<NewLocks> locks = NewLocks::make(arguments, console.options());
  if (!locks) return console.fail(locks.error());
  const auto recovery_lock = locks->recovery();
  const auto ingest_lock = locks->ingest();
  options.recovery_lock = recovery_lock ? &*recovery_lock : nullptr;
  options.ingest_lock = ingest_lock ? &*ingest_lock : nullptr;
  const Result<vault::Vault> made = vault::Vault::init(arguments.vault, arguments.keys, options);
  if (!made) return console.fail(made.error());
  const std::string recovery = arguments.keys + "/recovery.key";
  const std::string ingest = arguments.keys + "/ingest.key";
  const std::string public_key = arguments.keys + "/vault.pub";
  console.result(
      {{"vault", json_text(arguments.vault)},
       {"id", vault::to_hex(made->id().bytes)},
       {"writer_name", options.writer_name},
       {"readers", made->head().readers.size()},
       {"recovery_key", json_text(recovery)},
       {"ingest_key", json_text(ingest)},
       {"public_key", json_text(public_key)},
       {"recovery_key_locked", recovery_lock.has_value()},
       {"ingest_key_locked", ingest_lock.has_value()},
       {"storage", made->storage().describe()}},
      fmt::format(
          "Made the vault {}\n"
          "  {}\n"
          "  {}  reads everything and enrols mail servers. Keep it offline, in two places, and\n"
          "    remove it from this machine: nothing brings the mail back without it{}.\n"
          "  {}  backs up, as writer '{}', and reads nothing. It stays on the mail server.\n"
          "  {}  is no secret: with it, verify --trust proves who wrote the vault. Keep it where\n"
          "    the vault is not.\n",
          printable(arguments.vault), made->storage().describe(), printable(recovery),
          recovery_lock ? " and its passphrase" : "", printable(ingest), options.writer_name,
          printable(public_key)));
  return kDone;
}

}  // namespace

Command add_init(CLI::App& program) {
  CLI::App* app = program.add_subcommand("init", "Make a vault and its keys");
  auto arguments = std::make_shared<InitArguments>();
  app->add_option("VAULT", arguments->vault, "Folder that does not exist yet, or is empty")
      ->required();
  app->add_option("--keys", arguments->keys,
                  "Folder that gets recovery.key, ingest.key and vault.pub")
      ->required();
  app->add_option("--reader", arguments->readers,
                  "Public key of somebody else who can read; may be repeated (letterpress reader)");
  app->add_option("--name", arguments->name,
                  "What to call this mail server (default: its host name)");
  app->add_flag("--passphrase", arguments->asks, "Ask for a passphrase that locks recovery.key");
  app->add_option("--ingest-passphrase-file", arguments->ingest_passphrase_file,
                  "Lock ingest.key with the first line of this file: then backup needs it, too");
  app->footer(
      "A second reader makes one lost recovery.key no disaster: letterpress reader new.\n"
      "--passphrase-file locks recovery.key with the first line of that file. An ingest.key that "
      "is\n"
      "locked cannot back up at night without its passphrase beside it.\n\n"
      "Examples:\n"
      "  letterpress init /backup/vault --keys /root/keys\n"
      "  letterpress init /backup/vault --keys /root/keys --reader partner.pub --name mx1");
  return {app, [arguments](Console& console) { return run_init(*arguments, console); }};
}

}  // namespace letterpress::cli
