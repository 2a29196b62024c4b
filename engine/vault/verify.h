// SPDX-License-Identifier: Apache-2.0
// Checks a vault: every byte of every file without a key, and with a key that opens packs, that
// every entry of every snapshot comes back.
//
//   LETTERPRESS_TRY_ASSIGN(VerifyReport report, verify(vault, options));
//   if (report.damage > 0) ...   // options.on_damage has named each
//
// Finds every change to any file that a snapshot needs, and says which file and records it hits,
// and with a key which blocks. A deep check names exactly the entries that a restore would leave
// out, and the bytes of them that are lost: the rest of a mailbox is what `salvage` gives.
// Signatures are checked against the root that the vault's head names: whose root that is,
// Vault::require_own_key() says. What cannot be seen from inside: log entries that vanished from
// the end, and a vault that was exchanged for an older copy of itself. Reads everything once, twice
// if deep.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vault/vault.h"
#include "vault/witness.h"

namespace letterpress::vault {

// Bytes of a file that cannot be brought back: of a mailbox, messages.
struct LostRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const LostRange&, const LostRange&) = default;
};

struct Damage {
  std::string file;      // of the vault, or empty
  std::string snapshot;  // deep: whose entry it is
  std::string path;      // deep: the entry that cannot be brought back; empty: see lost_entries
  std::string message;
  std::vector<LostRange> lost = {};  // deep: what of the entry's bytes, in order
  std::uint64_t size_bytes = 0;      // deep: of the whole entry
  std::uint64_t lost_entries = 0;    // deep: entries of the snapshot whose names are lost
};

struct VerifyOptions {
  std::optional<Keyring> keys;     // of this vault; nothing: vault.keyring()
  std::optional<Witness> witness;  // what the vault must still have
  bool is_deep = false;            // brings every entry back; the keys open packs
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const Damage&)> on_damage;
  std::function<void(const std::string&)> on_note;  // odd, but no snapshot needs it
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct VerifyReport {
  std::uint64_t snapshots = 0;
  std::uint64_t packs = 0;
  std::uint64_t index_runs = 0;
  std::uint64_t file_bytes = 0;  // checked
  std::uint64_t entries = 0;     // deep: brought back, each content once
  std::uint64_t chunks = 0;      // deep: whose id was computed again
  std::uint64_t lost = 0;        // deep: entries that cannot be brought back, in all snapshots
  std::uint64_t damage = 0;
};

// kInvalidArgument: the keys are of another vault, or of no reader of this one.
Result<VerifyReport> verify(const Vault& vault, const VerifyOptions& options);

}  // namespace letterpress::vault
