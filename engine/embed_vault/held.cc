// SPDX-License-Identifier: Apache-2.0
#include "embed_vault/held.h"

namespace letterpress::embed_vault {

Status require_owner(const vault::Vault& vault, const vault::AnyKey& key) {
  if (const auto* recovery = std::get_if<vault::RecoveryKey>(&key)) {
    return vault.require_own_key(recovery->vault, recovery->signing().public_key(),
                                 "the recovery key");
  }
  if (const auto* ingest = std::get_if<vault::IngestKey>(&key)) {
    return vault.require_own_key(ingest->identity.vault, ingest->root, "the ingest key");
  }
  if (const auto* known = std::get_if<vault::VaultPublicKey>(&key)) {
    return vault.require_own_key(known->vault, known->root, "the public key");
  }
  return Error(ErrorCode::kInvalidArgument,
               "a " + std::string(vault::kind_of(key)) + " does not say whose the vault is");
}

Result<vault::Keyring> open_keyring(const vault::Vault& vault, const vault::AnyKey& key) {
  vault::Keyring keys = vault.keyring();
  if (const auto* recovery = std::get_if<vault::RecoveryKey>(&key)) {
    LETTERPRESS_TRY(require_owner(vault, key));
    keys.add(recovery->reader());
    return keys;
  }
  if (const auto* reader = std::get_if<vault::ReaderKey>(&key)) {
    keys.add(*reader);
    return keys;
  }
  return Error(ErrorCode::kInvalidArgument,
               "a " + std::string(vault::kind_of(key)) +
                   " reads nothing: the recovery key does, or a reader key");
}

SnapshotSummary summary_of(const vault::Snapshot& snapshot) {
  const vault::LogEntry& entry = snapshot.entry;
  SnapshotSummary summary;
  summary.name = snapshot.name;
  summary.writer_name = snapshot.writer_name;
  summary.time_ns = entry.time_ns;
  summary.host = entry.host;
  summary.sources = entry.sources;
  summary.entries = entry.totals.entries;
  summary.messages = entry.totals.messages;
  summary.source_bytes = entry.totals.source_bytes;
  summary.stored_bytes = entry.totals.stored_bytes;
  summary.problems = entry.totals.problems;
  summary.looks_encrypted = (entry.alarms & vault::kAlarmNewIncompressible) != 0;
  summary.has_vanished = (entry.alarms & vault::kAlarmVanished) != 0;
  return summary;
}

}  // namespace letterpress::embed_vault
