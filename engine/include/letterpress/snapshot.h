// SPDX-License-Identifier: Apache-2.0
// Adds snapshots to a vault, and reads them.
//
//   using namespace letterpress;
//   LETTERPRESS_TRY_ASSIGN(Backup backup, Backup::open(vault, ingest, {.sources = {"mail"},
//                                                                      .state_folder = state}));
//   LETTERPRESS_TRY(backup.add_path("mail", folder));               // all that lies there
//   LETTERPRESS_TRY(backup.begin_entry({.path = "mail/pushed", .metadata = {.mode = 0600}}));
//   LETTERPRESS_TRY(backup.write(bytes));                           // in pieces of any size
//   LETTERPRESS_TRY(backup.end_entry());
//   LETTERPRESS_TRY_ASSIGN(const BackupReport report, backup.finish());
//
//   LETTERPRESS_TRY_ASSIGN(Snapshot snapshot, Snapshot::open(vault, recovery));
//   LETTERPRESS_TRY(snapshot.list("mail", true, [&](const SnapshotEntry& entry) -> Status {
//     paths.push_back(entry.entry.path);
//     return Ok{};
//   }));
//   LETTERPRESS_TRY(snapshot.read("mail/pushed", 1000, 4096, output));
//   LETTERPRESS_TRY_ASSIGN(const RestoreReport back, snapshot.restore({.to = out}));
//
// Threads and errors: as letterpress/press.h says of a Press, and letterpress/vault.h of a vault. A
// Backup or a Snapshot is used by one thread at a time; different ones have nothing in common but
// that one Vault takes one Backup at a time.
#pragma once

#include "letterpress/press.h"
#include "letterpress/vault.h"

namespace letterpress {

struct BackupOptions {
  // The names under which entries are kept, without '/': each path is one of them or lies below it.
  // 1 to 65,536, none twice. Snapshots of the same names are compared for the alarm.
  std::vector<std::string> sources = {};
  // What the writer remembers of its last snapshot: on the machine whose mail it is, not in the
  // vault; made if absent; about 200 bytes a file. Without it all files are read again. Only one
  // Backup at a time has it.
  std::string state_folder = {};
  std::string host = {};          // shown with the snapshot; 255 bytes are kept
  int level = 3;                  // zstd, 1 .. 19
  unsigned threads = 0;           // 0: one for each processor that this process may use
  bool in_callers_arena = false;  // use the oneTBB arena in which each call is made, not `threads`
  // Keeps mailboxes apart, which so many components of a path below its source name: at most 64.
  // docs/SECURITY.md, "Mailboxes apart".
  std::optional<unsigned> isolate_depth = std::nullopt;
  double alarm_encrypted = 0.10;  // docs/SECURITY.md, "The alarm": shares; 0: off
  double alarm_vanished = 0.25;
  bool is_dry_run = false;  // reads and counts, and stores nothing
  // Of add_path(): read also files that look unchanged; leave nothing out; keep to a file system;
  // leave out what these patterns name.
  bool read_all = false;
  bool all_files = false;
  bool one_file_system = false;
  std::vector<std::string> excludes = {};
  const std::atomic<bool>* cancel = nullptr;                      // as in PressOptions
  std::function<void(const PressTotals&)> on_progress = nullptr;  // of what is read
  std::function<void(const PressProblem&)> on_problem = nullptr;
  std::function<void(const std::string&)> on_note = nullptr;  // what is odd and does no harm
};

struct BackupReport {
  std::string snapshot;               // its name; empty if is_dry_run
  PressTotals totals;                 // of what was read
  std::uint64_t entries = 0;          // in the snapshot
  std::uint64_t files_unchanged = 0;  // of add_path(): not read, or found to be as they were
  std::uint64_t problems = 0;         // sources that vanished or could not be read
  std::uint64_t stored_bytes = 0;     // packs, index and log
  std::uint64_t packs = 0;            // new
  std::uint64_t packs_taken_up = 0;   // of a run that did not end
  bool looks_encrypted = false;       // alarms: the snapshot is there all the same
  bool has_vanished = false;
};

// One snapshot in the making. What is pushed is stored by and by, in whole groups; the snapshot
// exists when finish() gives a report, and then survives a power cut. Without finish(), and after
// an error, there is none, and the next Backup of the writer uses what was stored.
//
//   order of calls:  open ((begin_entry write* (end_entry | fail_entry)) | add_descriptor |
//                          add_path)* finish
//
// All entries of the snapshot are given each time. One path twice: the later one counts. Parents
// need no entries of their own. Files that were pushed are read by the pusher each time; what is in
// them is stored once. Memory: as a Press; 32 bytes for each chunk that the writer has stored; 48
// MiB for sorting.
class LETTERPRESS_API Backup {
 public:
  // Reads the writer's state, its index runs and its log. kInvalidArgument: the key is no ingest
  // key, or of another vault. kIo: another run has the state.
  static Result<Backup> open(const Vault& vault, const VaultKey& ingest, BackupOptions options);
  Backup(Backup&&) noexcept;
  Backup& operator=(Backup&&) noexcept;
  ~Backup();

  // All as those of a Press. add_path() does not open a file that is as the last snapshot has it.
  Status begin_entry(Entry entry);
  Status write(std::span<const std::uint8_t> bytes);
  Status end_entry();
  Status fail_entry(const Error& why);
  Status add_descriptor(Entry entry, int descriptor);
  Status add_path(const std::string& name, const std::string& path);

  // Ok while the run goes on; else the error that ended it, which every call gives again.
  Status status();

  // Stores what is left, and makes the snapshot. After it nothing may be called.
  Result<BackupReport> finish();

 private:
  class LETTERPRESS_INSIDE Run;
  explicit Backup(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

struct SnapshotEntry {
  Entry entry;
  std::uint64_t size_bytes = 0;  // of a file's content
};

struct RestoreOptions {
  std::string to = {};                  // absent, or an empty folder; gets the sources' names
  bool into = false;                    // it may have contents; nothing in it is overwritten
  bool resume = false;                  // goes on where a restore of the same ended
  std::vector<std::string> paths = {};  // with what is below them; empty: everything
  unsigned threads = 0;                 // as in BackupOptions
  bool in_callers_arena = false;
  const std::atomic<bool>* cancel = nullptr;
  // By one thread at a time. What could not be restored, in the order of paths.
  std::function<void(const PressProblem&)> on_problem = nullptr;
  std::function<void(std::uint64_t entries, std::uint64_t bytes)> on_progress = nullptr;
};

struct RestoreReport {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;    // written
  std::uint64_t there = 0;    // files that an interrupted restore had made
  std::uint64_t damaged = 0;  // entries that the vault could not give back; they are not there
  std::uint64_t unmade = 0;   // entries that the destination did not take
};

// One snapshot, to be read. Every byte that it gives was checked against the digest that the backup
// kept. Memory: 40 MiB of blocks that are open.
class LETTERPRESS_API Snapshot {
 public:
  using Output = std::function<Status(std::span<const std::uint8_t>)>;

  // `key`: the recovery key, or a reader's, which does not prove whose the vault is
  // (Vault::require_owner()). `name`: as snapshots() has it, its number alone if that is clear, or
  // "latest". kNotFound: no such snapshot. kInvalidArgument: the key does not open it.
  static Result<Snapshot> open(const Vault& vault, const VaultKey& key,
                               const std::string& name = "latest");
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  const SnapshotSummary& summary() const noexcept;

  // The entry at `path`, and what a folder has: directly, or all that is below it. "": the sources.
  // By path, '/' before every other byte. An error of `take` ends it and comes back unchanged.
  // kNotFound: no such path. kCorrupt: a part of the list is damaged; what is not, was given.
  Status list(const std::string& path, bool is_recursive,
              const std::function<Status(const SnapshotEntry&)>& take);
  // kNotFound: no such path.
  Result<SnapshotEntry> find(const std::string& path);

  // `count` bytes of a file from `from` on, in order; fewer if it ends before; UINT64_MAX: all. A
  // hard link has the content of its target. An error of `output` ends it and comes back unchanged.
  // kNotFound: no such path. kInvalidArgument: no file. kCorrupt: damaged; all before it was given.
  // Cost: the messages, or segments of 2 to 4 MiB, that the range touches, and their blocks.
  Status read(const std::string& path, std::uint64_t from, std::uint64_t count,
              const Output& output);

  // Makes the entries again. Never outside `to`, over anything, or a byte that was not checked.
  // Damage is no error: the entry is left out and counted. kNotFound: one of `paths` is not there.
  Result<RestoreReport> restore(const RestoreOptions& options);

 private:
  class LETTERPRESS_INSIDE Opened;
  explicit Snapshot(std::unique_ptr<Opened> opened);
  std::unique_ptr<Opened> opened_;
};

}  // namespace letterpress
