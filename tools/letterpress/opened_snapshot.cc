// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/opened_snapshot.h"

#include <utility>

#include "tools/letterpress/passphrase.h"
#include "vault/keys/key_files.h"

namespace letterpress::cli {

void SnapshotArguments::add_to(CLI::App& app) {
  app.add_option("VAULT", vault, "The vault")->required();
  app.add_option("SNAPSHOT", snapshot, "As `letterpress snapshots` lists them, or its number alone")
      ->capture_default_str();
  app.add_option("--key", key, "The vault's recovery.key, or a reader's key")->required();
  app.add_option("--trust", trust, "The vault's vault.pub, with a reader's key: who wrote it");
}

Result<vault::Keyring> open_keyring(const vault::Vault& vault, const std::string& key,
                                    bool is_trusted, Console& console) {
  LETTERPRESS_TRY_ASSIGN(const vault::ReadingKey reading,
                         vault::read_reading_key(key, passphrase_of(console.options())));
  if (reading.vault) {
    LETTERPRESS_TRY(vault.require_own_key(reading.vault->vault, reading.vault->root, key));
  } else if (!is_trusted) {
    console.caution(
        "a reader's key does not say whose vault this is: it is taken for what it says itself. "
        "--trust vault.pub proves it");
  }
  vault::Keyring keys = vault.keyring();
  keys.add(reading.reader);
  return keys;
}

Status require_trusted(const vault::Vault& vault, const std::string& public_key) {
  LETTERPRESS_TRY_ASSIGN(const vault::VaultPublicKey trusted,
                         vault::read_vault_public_key(public_key));
  return vault.require_own_key(trusted.vault, trusted.root, public_key);
}

Result<OpenedSnapshot> OpenedSnapshot::open(const SnapshotArguments& arguments, Console& console) {
  LETTERPRESS_TRY_ASSIGN(vault::Vault vault, vault::Vault::open(arguments.vault));
  const bool is_trusted = !arguments.trust.empty();
  if (is_trusted) {
    LETTERPRESS_TRY(require_trusted(vault, arguments.trust));
  }
  LETTERPRESS_TRY_ASSIGN(vault::Keyring keys,
                         open_keyring(vault, arguments.key, is_trusted, console));
  LETTERPRESS_TRY_ASSIGN(const vault::SnapshotList list, vault::list_snapshots(vault));
  for (const std::string& problem : list.problems) console.warn(problem);
  LETTERPRESS_TRY_ASSIGN(const vault::Snapshot* found, list.find(arguments.snapshot));
  vault::PackSet packs = list.packs_of(found->entry.identity);
  return OpenedSnapshot{std::move(vault), *found, std::move(packs), std::move(keys),
                        !list.problems.empty()};
}

}  // namespace letterpress::cli
