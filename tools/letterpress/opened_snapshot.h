// SPDX-License-Identifier: Apache-2.0
// A snapshot as `ls` and `restore` name it: vault, name, recovery key.
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

  void add_to(CLI::App& app);
};

struct OpenedSnapshot {
  vault::Vault vault;
  vault::Snapshot snapshot;
  vault::PackSet packs;
  vault::RecoveryKey recovery;
  bool is_log_damaged = false;

  // Warns of log entries that cannot be read: the latest that is left may not be the latest there
  // was.
  static Result<OpenedSnapshot> open(const SnapshotArguments& arguments, Console& console);
};

}  // namespace letterpress::cli
