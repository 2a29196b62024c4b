// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "vault/keys/key_files.h"

namespace letterpress::cli {
namespace {

Status make_reader(const std::string& out) {
  LETTERPRESS_TRY_ASSIGN(const vault::Secret secret, vault::random_secret());
  const vault::ReaderKey reader(secret);
  LETTERPRESS_TRY(vault::write_key_file(out, reader));
  return vault::write_key_file(out + ".pub", reader.public_key());
}

ExitCode run_new(const std::string& out, Console& console) {
  if (Status made = make_reader(out); !made) return console.fail(made.error());
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
  auto out = std::make_shared<std::string>();
  app->add_option("--out", *out, "File that gets the secret key; FILE.pub gets the public one")
      ->required();
  app->footer(
      "A reader reads everything that is added after it was named, and enrols nobody.\n\n"
      "Example:\n"
      "  letterpress reader new --out partner.key\n"
      "  letterpress init /backup/vault --keys /root/keys --reader partner.key.pub\n"
      "  letterpress restore /backup/vault --to /srv/restored --key partner.key --trust vault.pub");
  return {app, [out](Console& console) { return run_new(*out, console); }};
}

}  // namespace letterpress::cli
