// SPDX-License-Identifier: Apache-2.0
// A log entry: one snapshot, and the link to the one before (docs/FORMAT.md, "Log entry").
//
//   LETTERPRESS_TRY_ASSIGN(LogHead head, read_log_head(storage, ingest_key.identity.writer));
//   entry.sequence = head.sequence + 1;
//   entry.previous = head.sha256;
//   LETTERPRESS_TRY_ASSIGN(head, append_log(storage, ingest_key, entry));   // the snapshot exists
//
// Every pack and index run that an entry names is committed before the entry. Free functions; any
// thread. Reading the whole log of a writer, damaged or not: chain.h.
#pragma once

#include "vault/packs/index_run.h"
#include "vault/sealing/seal.h"

namespace letterpress::vault {

// Bits of LogEntry::alarms. Part of the format; do not change values.
enum Alarm : std::uint32_t {
  kAlarmNewIncompressible = 1,  // the share of new bytes that cannot be compressed jumped
  kAlarmVanished = 2,           // the share of messages that vanished jumped
};

struct SnapshotTotals {
  std::uint64_t entries = 0;
  std::uint64_t messages = 0;
  std::uint64_t source_bytes = 0;  // of all files, as they were read or known
  std::uint64_t stored_bytes = 0;  // new with this snapshot: packs and index runs
  std::uint64_t problems = 0;      // sources that could not be read, or not as they are now
  friend bool operator==(const SnapshotTotals&, const SnapshotTotals&) = default;
};

// A field of a newer version: kept by readers, not understood.
struct LogExtension {
  std::uint64_t tag = 0;
  Bytes value;
  friend bool operator==(const LogExtension&, const LogExtension&) = default;
};

struct LogEntry {
  WriterIdentity identity;
  std::uint64_t sequence = 0;  // counts from 1
  Sha256Digest previous;       // of the file of sequence - 1, zeros for the first
  std::int64_t time_ns = 0;    // when the snapshot began: since 1970, UTC, by the writer's clock
  std::string host;            // bytes, at most kHostBytesMax
  std::vector<std::string> sources;     // the names under which sources are kept
  Bytes root;                           // the tree's root, opaque here
  std::vector<PackRef> packs;           // added since the previous entry, by first_block
  std::vector<IndexRunRef> index_runs;  // likewise, by sequence
  SnapshotTotals totals;
  std::uint32_t alarms = 0;              // Alarm bits; unknown ones are kept
  std::vector<LogExtension> extensions;  // by tag
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// The writer could not read the entry before, and linked to the damaged file that it found: the
// good file of that number does not show that one was exchanged. `good`: its hash, if the writer
// knows what it was; then it is taken for no other.
LogExtension behind_damage(const std::optional<Sha256Digest>& good);

// Whether the entry is one that follows a file with this hash.
bool follows(const LogEntry& entry, const Sha256Digest& before);

// The end of a writer's log: what the next entry links to.
struct LogHead {
  std::uint64_t sequence = 0;  // 0: no entry yet
  Sha256Digest sha256;         // of the file; zeros if there is none
  friend bool operator==(const LogHead&, const LogHead&) = default;
};

// Encodes the payload of an entry; the identity and the sequence are in the seal's head.
// kInvalidArgument or kLimitExceeded: a field is out of its limits.
Result<Bytes> encode_log_entry(const LogEntry& entry);
// Takes any bytes. `file` is for messages; `label` is that of the seal.
Result<LogEntry> decode_log_entry(const SealLabel& label, ByteView payload, std::string_view file);

// Makes the file log/<writer>/<sequence>: the one commit that makes a snapshot exist. The entry has
// the key's identity. kInvalidArgument: the entry before is not there. kCorrupt: there is another
// entry of that sequence already, by another run of the same writer; nothing was written.
Result<LogHead> append_log(Storage& storage, const IngestKey& key, const LogEntry& entry,
                           const SealChance* chance = nullptr);

// Lists the folder and hashes the last file, whatever it holds: a last entry that is damaged is
// linked to as it is, and stays visible. One that a repair took out of the way, and was stopped
// before the good one had its name, still has its number.
Result<LogHead> read_log_head(const Storage& storage, const WriterId& writer);

// The last entry of the writer among what repairs took out of the way.
struct SetAsideEntry {
  std::uint64_t sequence = 0;  // 0: none
  std::string path;
};
Result<SetAsideEntry> find_set_aside_entry(const Storage& storage, const WriterId& writer);

// One entry, checked against its name, not against its neighbours. `sha256` of the file comes with
// it.
struct ReadLogEntry {
  LogEntry entry;
  std::string writer_name;  // as the root certified it
  Sha256Digest sha256;
};
Result<ReadLogEntry> read_log_entry(const Storage& storage, const Keyring& keys,
                                    const WriterId& writer, std::uint64_t sequence);

}  // namespace letterpress::vault
