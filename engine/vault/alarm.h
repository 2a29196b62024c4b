// SPDX-License-Identifier: Apache-2.0
// Whether a snapshot looks like an attack: mail that was encrypted, or deleted in a mass.
//
//   const std::uint32_t alarms = find_alarms(change, history, limits);    // Alarm bits
//
// A snapshot is compared with those of the same writer and the same sources before it, by counts
// that everybody sees in the log: nothing of the mail. docs/SECURITY.md, "The alarm", says what
// rings and what does not. Pure functions; any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "vault/log/log.h"

namespace letterpress::vault {

// What a snapshot brought; the last two are kept in the log entry, as an extension.
struct SnapshotChange {
  std::uint64_t entries = 0;
  std::uint64_t source_bytes = 0;
  std::uint64_t new_bytes = 0;             // that were not stored before, uncompressed
  std::uint64_t incompressible_bytes = 0;  // of these
};

// A snapshot before it.
struct PastSnapshot {
  SnapshotChange change;
  std::uint32_t alarms = 0;
};

struct AlarmLimits {
  // Of the bytes of the snapshot before: as many are gone, and as many that cannot be compressed
  // are new. 0: this alarm is off.
  double incompressible = 0.10;
  // Of the entries, or of the bytes, of the snapshot before: as many fewer are there. 0: off.
  double vanished = 0.25;
};

// `history`: by time, the newest last. Empty: nothing to compare with, no alarm.
std::uint32_t find_alarms(const SnapshotChange& now, std::span<const PastSnapshot> history,
                          const AlarmLimits& limits);

LogExtension encode_change(const SnapshotChange& change);
// The snapshots of these sources; those of older versions have no extension, and their new bytes
// count as 0.
std::vector<PastSnapshot> history_of(std::span<const LogEntry* const> entries,
                                     const WriterIdentity& identity,
                                     const std::vector<std::string>& sources);

}  // namespace letterpress::vault
