// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/passphrase.h"
#include "vault/keys/key_files.h"

namespace letterpress::cli {
namespace {

struct ReaderArguments {
  std::string out;
  bool asks = false;
};

Status make_reader(const ReaderArguments& arguments, const ProgramOptions& common) {
  const std::string& out = arguments.out;
  LETTERPRESS_TRY_ASSIGN(const auto passphrase,
                         new_passphrase(common.passphrase_file, arguments.asks, printable(out)));
  std::optional<vault::KeyLock> lock;
  if (passphrase) lock.emplace(vault::KeyLock{*passphrase, {}});

  LETTERPRESS_TRY_ASSIGN(const vault::Secret secret, vault::random_secret());
  const vault::ReaderKey reader(secret);
  LETTERPRESS_TRY(vault::write_key_file(out, reader, lock ? &*lock : nullptr));
  return vault::write_key_file(out + ".pub", reader.public_key());
}

ExitCode run_new(const ReaderArguments& arguments, Console& console) {
  const std::string& out = arguments.out;
  if (Status made = make_reader(arguments, console.options()); !made)
    return console.fail(made.error());
  console.result({{"reader_key", json_text(out)}, {"public_key", json_text(out + ".pub")}},
                 fmt::format("Made a reader's key\n"
                             "  {}  reads what is locked for it. Keep it offline.\n"
                             "  {}.pub  is no secret: letterpress init --reader takes it.\n",
                             printable(out), printable(out)));
  return kDone;
}

}  // namespace

Command add_reader(CLI::App& program) {
  CLI::App* reader = program.add_subcommand("reader", "Others who can read a vault");
  reader->require_subcommand(1);
  CLI::App* app = reader->add_subcommand("new", "Make a key pair for init --reader");
  auto arguments = std::make_shared<ReaderArguments>();
  app->add_option("--out", arguments->out,
                  "File that gets the secret key; FILE.pub gets the public one")
      ->required();
  app->add_flag("--passphrase", arguments->asks, "Ask for a passphrase that locks the secret key");
  app->footer(
      "A reader reads everything that is added after it was named, and enrols nobody.\n"
      "--passphrase-file locks the secret key with the first line of that file.\n\n"
      "Example:\n"
      "  letterpress reader new --out partner.key\n"
      "  letterpress init /backup/vault --keys /root/keys --reader partner.key.pub\n"
      "  letterpress restore /backup/vault --to /srv/restored --key partner.key --trust vault.pub");
  return {app, [arguments](Console& console) { return run_new(*arguments, console); }};
}

}  // namespace letterpress::cli
