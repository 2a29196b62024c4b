// SPDX-License-Identifier: Apache-2.0
// Puts what a source gives into a restic repository, as one snapshot.
//
//   SnapshotOptions options;
//   options.paths = {"/srv/mail"};
//   LETTERPRESS_TRY_ASSIGN(SnapshotReport report, add_snapshot(repository, source, options));
//
// An entry `a/b` becomes /a/b. Folders around the sources come from the source too (ancestors.h),
// or are made up. Data packs are in the repository before the trees that name their blobs, both
// before the index, and the snapshot comes last: after an error there is none, and what has been
// stored is used by the next run, or removed by restic prune. Source and repository are called by
// one thread at a time; compression, hashing and encryption take options.threads. What is stored
// depends on the source and the options only, but for the random IVs. What could not be read of the
// source goes to on_problem, and the run goes on. kCancelled after *cancel is true.
// Memory: threads + 2 batches of about 12 MiB, two packs, 48 MiB for entries, which are sorted in
// nameless files in `spool_folder`, and TreeWriter's.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "exports/restic/repository.h"
#include "stream/source.h"

namespace letterpress::restic {

struct SnapshotOptions {
  std::vector<std::string> paths;  // absolute; as the snapshot is listed and found by
  std::vector<std::string> tags;
  std::string host;
  std::string user;
  std::uint32_t user_id = 0;
  std::uint32_t group_id = 0;
  std::int64_t time_ns = 0;
  bool names_owners = true;  // those of this machine
  std::string spool_folder;
  int level = 2;         // of zstd
  unsigned threads = 0;  // 0: one for each processor
  const std::atomic<bool>* cancel = nullptr;
  // From one thread at a time.
  std::function<void(std::uint64_t raw_bytes, std::uint64_t entries)> on_progress;
  std::function<void(const stream::Problem&)> on_problem;
};

struct SnapshotReport {
  std::string id;
  std::uint64_t entries = 0;  // in the snapshot, but for folders that were made up
  std::uint64_t files = 0;
  std::uint64_t raw_bytes = 0;  // read
  std::uint64_t blobs = 0;      // of what was read, whoever had them first
  std::uint64_t new_data_blobs = 0;
  std::uint64_t new_tree_blobs = 0;
  std::uint64_t packs = 0;
  std::uint64_t pack_bytes = 0;
  std::uint64_t problems = 0;  // but for notes
};

Result<SnapshotReport> add_snapshot(Repository& repository, stream::Source& source,
                                    const SnapshotOptions& options);

}  // namespace letterpress::restic
