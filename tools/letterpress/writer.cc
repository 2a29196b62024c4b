// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/passphrase.h"
#include "vault/keys/key_files.h"
#include "vault/vault.h"

namespace letterpress::cli {
namespace {

struct WriterArguments {
  std::string vault;
  std::string name;
  std::string key;
  std::string out;
  std::string ingest_passphrase_file;
  std::vector<std::string> readers;
};

Result<vault::IngestKey> add_to_vault(const WriterArguments& arguments,
                                      const ProgramOptions& common) {
  LETTERPRESS_TRY_ASSIGN(vault::Vault vault, vault::Vault::open(arguments.vault));
  LETTERPRESS_TRY_ASSIGN(const vault::RecoveryKey recovery,
                         vault::read_recovery_key(arguments.key, passphrase_of(common)));
  LETTERPRESS_TRY(
      vault.require_own_key(recovery.vault, recovery.signing().public_key(), arguments.key));
  LETTERPRESS_TRY_ASSIGN(const auto passphrase,
                         new_passphrase(arguments.ingest_passphrase_file, false, arguments.out));
  std::optional<vault::KeyLock> lock;
  if (passphrase) lock.emplace(vault::KeyLock{*passphrase, {}});
  std::vector<vault::ReaderPublicKey> others;
  for (const std::string& path : arguments.readers) {
    LETTERPRESS_TRY_ASSIGN(const vault::ReaderPublicKey reader,
                           vault::read_reader_public_key(path));
    others.push_back(reader);
  }
  LETTERPRESS_TRY_ASSIGN(vault::IngestKey key, vault.enrol(recovery, arguments.name, others));
  LETTERPRESS_TRY(vault::write_key_file(arguments.out, key, lock ? &*lock : nullptr));
  return key;
}

ExitCode run_add(const WriterArguments& arguments, Console& console) {
  const Result<vault::IngestKey> key = add_to_vault(arguments, console.options());
  if (!key) return console.fail(key.error());
  const std::string writer = vault::to_hex(key->identity.writer.bytes);
  console.result(
      {{"writer", writer},
       {"writer_name", key->certificate.name},
       {"ingest_key", json_text(arguments.out)}},
      fmt::format("Enrolled '{}' as writer {}\n"
                  "  {}  backs up and reads nothing. Move it to that mail server; keep no copy.\n",
                  key->certificate.name, writer.substr(0, 4), printable(arguments.out)));
  return kDone;
}

}  // namespace

Command add_writer(CLI::App& program) {
  CLI::App* writer = program.add_subcommand("writer", "Mail servers that share a vault");
  writer->require_subcommand(1);
  CLI::App* app = writer->add_subcommand("add", "Enrol another mail server");
  auto arguments = std::make_shared<WriterArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  app->add_option("NAME", arguments->name, "What to call the mail server in lists")->required();
  app->add_option("--key", arguments->key, "The vault's recovery.key")->required();
  app->add_option("--out", arguments->out, "File that gets the new server's ingest.key")
      ->required();
  app->add_option("--reader", arguments->readers,
                  "Public key of somebody who can read what this server adds, beside the vault's\n"
                  "readers; may be repeated");
  app->add_option("--ingest-passphrase-file", arguments->ingest_passphrase_file,
                  "Lock the new key with the first line of this file: then backup needs it, too");
  app->footer(
      "Each mail server has keys, a log and an index of its own, and deduplicates against itself\n"
      "only; all of them may add to the vault at the same time. A server that was broken into "
      "gets\n"
      "a new key in the same way; so does one whose mail somebody else shall read, too: the new "
      "writer stores\n"
      "everything again, for the vault's readers and for --reader.\n\n"
      "Example:\n"
      "  letterpress writer add /backup/vault mx2 --key recovery.key --out mx2.ingest.key");
  return {app, [arguments](Console& console) { return run_add(*arguments, console); }};
}

}  // namespace letterpress::cli
