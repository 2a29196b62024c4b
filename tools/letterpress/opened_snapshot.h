// SPDX-License-Identifier: Apache-2.0
// A snapshot as `ls` and `restore` name it: vault, name, a key that reads it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/letterpress/console.h"
#include "vault/snapshot.h"

namespace letterpress::cli {

struct SnapshotArguments {
  std::string vault;
  std::string snapshot = "latest";
  std::string key;
  std::string trust;

  void add_to(CLI::App& app);
};

// The keys of `restore`, `ls` and `verify --key`: a recovery key, which the vault must belong to,
// or a reader key, which says nothing of that: unless something else `is_trusted` to, the user is
// told. One that is locked: --passphrase-file, or asked for.
Result<vault::Keyring> open_keyring(const vault::Vault& vault, const std::string& key,
                                    bool is_trusted, Console& console);
// That the vault is the one of this vault.pub.
Status require_trusted(const vault::Vault& vault, const std::string& public_key);

struct OpenedSnapshot {
  vault::Vault vault;
  vault::Snapshot snapshot;
  vault::PackSet packs;
  vault::Keyring keys;
  bool is_log_damaged = false;

  // Warns of log entries that cannot be read: the latest that is left may not be the latest there
  // was.
  static Result<OpenedSnapshot> open(const SnapshotArguments& arguments, Console& console);
};

}  // namespace letterpress::cli
