// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/opened_snapshot.h"

#include <utility>

namespace letterpress::cli {

void SnapshotArguments::add_to(CLI::App& app) {
  app.add_option("VAULT", vault, "The vault")->required();
  app.add_option("SNAPSHOT", snapshot, "As `letterpress snapshots` lists them, or its number alone")
      ->capture_default_str();
  app.add_option("--key", key, "The vault's recovery.key")->required();
}

Result<OpenedSnapshot> OpenedSnapshot::open(const SnapshotArguments& arguments, Console& console) {
  LETTERPRESS_TRY_ASSIGN(vault::Vault vault, vault::Vault::open(arguments.vault));
  LETTERPRESS_TRY_ASSIGN(vault::RecoveryKey recovery, vault::read_recovery_key(arguments.key));
  LETTERPRESS_TRY(vault::require_same_vault(recovery.vault, vault.id(), arguments.key));
  LETTERPRESS_TRY_ASSIGN(const vault::SnapshotList list, vault::list_snapshots(vault));
  for (const std::string& problem : list.problems) console.warn(problem);
  LETTERPRESS_TRY_ASSIGN(const vault::Snapshot* found, list.find(arguments.snapshot));
  vault::PackSet packs = list.packs_of(found->entry.identity);
  return OpenedSnapshot{std::move(vault), *found, std::move(packs), recovery,
                        !list.problems.empty()};
}

}  // namespace letterpress::cli
