// SPDX-License-Identifier: Apache-2.0
// Brings a snapshot, or some paths of it, back to disk.
//
//   LETTERPRESS_TRY_ASSIGN(RestoreReport report,
//                          restore(vault, packs, snapshot.entry, keys, {.to = "/srv/back"}));
//   if (report.damaged > 0) ...   // these files were not written; options.on_problem named them
//
// Never writes a byte that was not checked, never writes outside `to`, overwrites nothing. What is
// damaged is left out and named, and the rest comes back. An error means that it could not go on.
#pragma once

#include <atomic>
#include <functional>

#include "stream/source.h"
#include "vault/snapshot_reader.h"

namespace letterpress::vault {

struct RestoreOptions {
  std::string to;
  bool into = false;               // `to` may have contents
  bool resume = false;             // goes on where a restore of the same was interrupted
  std::vector<std::string> paths;  // entries, with what is below them; empty: everything
  unsigned threads = 0;            // 0: one for each processor that this process may use
  bool in_callers_arena = false;   // run in the oneTBB arena of the call; `threads` does not count
  const std::atomic<bool>* cancel = nullptr;
  // Both are called by one thread at a time, problems in the order of the tree.
  std::function<void(const stream::Problem&)> on_problem;
  std::function<void(std::uint64_t entries, std::uint64_t bytes)> on_progress;
};

struct RestoreReport {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;    // written
  std::uint64_t there = 0;    // files among the entries that an interrupted restore had made
  std::uint64_t damaged = 0;  // entries that the vault could not give back
  std::uint64_t unmade = 0;   // entries that the destination did not take
};

Result<RestoreReport> restore(const Vault& vault, const PackSet& packs, const LogEntry& snapshot,
                              const Keyring& keys, const RestoreOptions& options);

// Whether `path` is `top` or lies below it.
bool is_below(std::string_view path, std::string_view top) noexcept;

}  // namespace letterpress::vault
