// SPDX-License-Identifier: Apache-2.0
// Brings back some mailboxes of a snapshot, chosen by chance, to nowhere: proof that the way back
// works, without the room that a restore needs.
//
//   LETTERPRESS_TRY_ASSIGN(const DrillReport report, drill(vault, packs, entry, keys, {.sample =
//   5})); if (report.lost > 0) ...        // options.on_lost has named each
//
// A mailbox is a folder that has files; `cur` and `new` of a Maildir belong to the folder they are
// in. Files come back as in a restore: every byte is rebuilt from packs and compared with the
// digests that the backup kept. The same seed takes the same mailboxes of the same snapshot.
// Memory: the names of all mailboxes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "vault/snapshot_reader.h"

namespace letterpress::vault {

// Sees a file's bytes as they come back, in order.
class DrillWatcher {
 public:
  virtual ~DrillWatcher() = default;
  virtual void on_bytes(ByteView bytes) = 0;
  // Once, if all of them came: how many messages they are.
  virtual std::uint64_t count_messages() = 0;
};

struct DrillOptions {
  std::uint64_t sample = 10;  // mailboxes; all if there are fewer
  std::uint64_t seed = 0;
  unsigned threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  // A new one for each file, called from many threads; may be empty.
  std::function<std::unique_ptr<DrillWatcher>()> watch;
  // Both by one thread at a time.
  std::function<void(const std::string& path, const std::string& message)> on_lost;
  std::function<void(std::uint64_t bytes)> on_progress;
};

struct DrilledMailbox {
  std::string path;
  std::uint64_t files = 0;     // that came back
  std::uint64_t messages = 0;  // in them, as the watchers counted
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;  // files
};

struct DrillReport {
  std::vector<DrilledMailbox> mailboxes;  // by path
  std::uint64_t all_mailboxes = 0;
  std::uint64_t files = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;  // files, and parts of the tree that could not be read
};

// kInvalidArgument: `keys` opens none of the packs.
Result<DrillReport> drill(const Vault& vault, const PackSet& packs, const LogEntry& snapshot,
                          const Keyring& keys, const DrillOptions& options);

}  // namespace letterpress::vault
