// SPDX-License-Identifier: Apache-2.0
// The whole log of one writer: its entries in order, and everything that is wrong with them.
//
//   LETTERPRESS_TRY_ASSIGN(const Chain chain, read_chain(storage, keys, writer));
//   for (const ChainLink& link : chain.links) ...        // every entry that can be read
//   if (!chain.problems.empty()) ...                     // what is lost, by name
//
// Damage is no error here: what is before and after a damaged or missing entry is still given.
// Entries that vanished from the end cannot be seen from inside a vault.
// Memory: the entries. An error only if the storage cannot list the folder: a file that the disk
// does not give is damage like any other.
#pragma once

#include <map>
#include <optional>

#include "vault/log/log.h"

namespace letterpress::vault {

struct ChainLink {
  LogEntry entry;
  std::string writer_name;
  Sha256Digest sha256;  // of its file
};

struct ChainProblem {
  // The sequences that it is about: first == last but for a gap.
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  enum class What : std::uint8_t {
    kMissing,  // no file
    kDamaged,  // a file that cannot be read as this entry
    // Good, but names neither the entry before it nor that it was damaged: one was exchanged.
    kUnlinked,
  } what = What::kDamaged;
  std::string message;  // names the file
};

struct Chain {
  WriterId writer;
  std::vector<ChainLink> links;        // by sequence
  std::vector<ChainProblem> problems;  // by sequence
  std::vector<std::string> strangers;  // other names in the folder, as the user knows them
  LogHead head;                        // as read_log_head()
  // Why the head's file cannot be hashed, if it cannot; then head has its sequence only.
  std::string head_error;
};

// Index runs by sequence; with what the log says of each, if it names it.
using KnownRuns = std::map<std::uint64_t, std::optional<IndexRunRef>>;
// The runs of the chain's writer that its log names, and those that are there: some of the former
// may be gone, and of the latter the newest may be in no log yet.
Result<KnownRuns> list_known_runs(const Storage& storage, const Chain& chain);

// A writer without a folder has an empty chain.
Result<Chain> read_chain(const Storage& storage, const Keyring& keys, const WriterId& writer);

}  // namespace letterpress::vault
