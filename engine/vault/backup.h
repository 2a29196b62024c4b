// SPDX-License-Identifier: Apache-2.0
// Makes one snapshot: walks the sources, presses what is new, and commits the log entry.
//
//   BackupOptions options{.sources = {{"mail", "/srv/mail"}}, .state_folder =
//   "/var/lib/letterpress/x"}; LETTERPRESS_TRY_ASSIGN(BackupReport report, backup(vault,
//   ingest_key, options));
//
// When it returns a report, the snapshot exists and survives a power cut. After an error no
// snapshot was made, and what was committed before is used by the next run. Reads the writer's
// state, its index runs and its log, never a pack. One run at a time for a writer: a second one on
// the same state folder is refused; on another machine the log entry that comes second is refused.
#pragma once

#include "files/walker.h"
#include "pipeline/press.h"
#include "vault/alarm.h"
#include "vault/keys/keys.h"
#include "vault/vault.h"

namespace letterpress::vault {

struct BackupOptions {
  files::WalkOptions walk;  // `remembered` is set by backup()
  // Where the writer's state is; made if absent. Needs room for about 200 bytes a file.
  std::string state_folder;
  // Keys, form, numbers and callbacks for problems are set by backup(). Another isolate_depth than
  // the last snapshot's is noted and does no harm: what is known stays where it is.
  pipeline::PressOptions press;
  std::string host;
  AlarmLimits alarm;
  bool is_dry_run = false;  // reads and counts, and writes nothing
  // A source that is not walked, instead of the walker: standard input, or what is pushed. Then
  // walk.sources are its names only. Outlives the run.
  stream::Source* source = nullptr;
  std::function<void(const stream::Problem&)> on_problem;
  std::function<void(const std::string&)> on_note;  // what is odd and does no harm
};

struct BackupReport {
  pipeline::PressTotals totals;
  std::uint64_t sequence = 0;        // of the log entry
  std::uint64_t entries = 0;         // in the snapshot
  std::uint64_t messages = 0;        // in what was read
  std::uint64_t problems = 0;        // vanished or failed sources: notes do not count
  std::uint64_t packs = 0;           // new
  std::uint64_t packs_taken_up = 0;  // from a run that was killed
  std::uint64_t pack_bytes = 0;
  std::uint64_t block_bytes = 0;  // of pack_bytes: encoded blocks, with their tables
  std::uint64_t index_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint32_t alarms = 0;  // Alarm bits. They are in the log entry, and stop nothing
};

Result<BackupReport> backup(Vault& vault, const IngestKey& key, const BackupOptions& options);

// The same for a source that pauses: what it has so far is stored by each resume().
//
//   order of calls:  begin resume* finish
//
// After an error only the destructor may be called. Vault and key must outlive the run.
class BackupRun {
 public:
  // `options.source` is set. Reads the state, the index runs and the log.
  static Result<BackupRun> begin(Vault& vault, const IngestKey& key, BackupOptions options);
  BackupRun(BackupRun&&) noexcept;
  ~BackupRun();

  // What the state remembers of files, for a Walker that the source gives events of; may be null.
  files::Remembered* remembered() const noexcept;
  // So much more input for each resume() keeps all threads busy most of the time.
  std::size_t burst_bytes() const;
  // Returns when the source has paused or ended.
  Status resume();
  // Resumes once more, to the source's end, and makes the snapshot.
  Result<BackupReport> finish();

 private:
  class Backup;
  explicit BackupRun(std::unique_ptr<Backup> backup);
  std::unique_ptr<Backup> backup_;
};

}  // namespace letterpress::vault
