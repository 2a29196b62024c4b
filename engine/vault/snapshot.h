// SPDX-License-Identifier: Apache-2.0
// The snapshots of a vault: which there are, and the names under which people ask for them.
//
//   LETTERPRESS_TRY_ASSIGN(SnapshotList list, list_snapshots(vault));
//   LETTERPRESS_TRY_ASSIGN(const Snapshot* latest, list.find("latest"));
//
// Reads the logs, nothing else; needs no key. Damaged log entries are problems, not errors: what is
// around them is listed.
#pragma once

#include <string>
#include <vector>

#include "vault/log/chain.h"
#include "vault/packs/pack_set.h"
#include "vault/vault.h"

namespace letterpress::vault {

struct Snapshot {
  std::string name;  // "3f2a-17": the writer's first four digits, and the sequence
  std::string writer_name;
  LogEntry entry;
  std::int64_t order_ns = 0;  // the latest time that its writer's log has up to here

  // Its name, with these or more digits of the writer; or its sequence alone.
  bool is_called(std::string_view asked) const;
};

struct SnapshotList {
  std::vector<Snapshot> snapshots;  // by time; those of one writer by sequence, whatever its clock
  std::vector<std::string> problems;

  // "latest", a name, or a sequence alone where only one writer has it. kNotFound says what there
  // is.
  Result<const Snapshot*> find(std::string_view name) const;
  // Every pack that any entry of this writer and epoch names.
  PackSet packs_of(const WriterIdentity& identity) const;
};

std::string snapshot_name(const WriterId& writer, std::uint64_t sequence);

Result<SnapshotList> list_snapshots(const Vault& vault);

}  // namespace letterpress::vault
