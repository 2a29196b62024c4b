// SPDX-License-Identifier: Apache-2.0
#include "vault/restore.h"

#include <algorithm>
#include <utility>

#include "files/restorer.h"

namespace letterpress::vault {
namespace {

class Restore {
 public:
  Restore(SnapshotReader& reader, files::Restorer& restorer, const RestoreOptions& options)
      : reader_(reader), restorer_(restorer), options_(options) {}

  Status run();
  const RestoreReport& report() const noexcept { return report_; }

 private:
  Status restore_below(std::string_view top);
  Status restore_parents(std::string_view top);
  Status restore_entry(EntryRecord&& record);
  Status restore_file(const EntryRecord& record);
  void problem(std::string path, const Error& error) const {
    if (options_.on_problem) {
      options_.on_problem({stream::Problem::Severity::kFailed, std::move(path), error.message()});
    }
  }
  void damaged(std::string path, const Error& error) {
    ++report_.damaged;
    problem(std::move(path), error);
  }
  void unmade(std::string path, const Error& error) {
    ++report_.unmade;
    problem(std::move(path), error);
  }
  bool is_wanted(std::string_view path) const {
    return options_.paths.empty() ||
           std::ranges::any_of(options_.paths,
                               [&](const std::string& top) { return is_below(path, top); });
  }

  SnapshotReader& reader_;
  files::Restorer& restorer_;
  const RestoreOptions& options_;
  RestoreReport report_;
};

Status Restore::run() {
  if (options_.paths.empty()) return restore_below("");
  for (std::size_t i = 0; i < options_.paths.size(); ++i) {
    const std::string& top = options_.paths[i];
    // A path below another one comes with it.
    const bool is_covered = std::ranges::any_of(options_.paths, [&](const std::string& other) {
      return &other != &top && is_below(top, other) && (other != top || &other < &top);
    });
    if (is_covered) continue;
    LETTERPRESS_TRY(restore_parents(top));
    LETTERPRESS_TRY(restore_below(top));
  }
  return Ok{};
}

// The folders above a path, so that they get their modes and times.
Status Restore::restore_parents(std::string_view top) {
  for (std::size_t slash = top.find('/'); slash != top.npos; slash = top.find('/', slash + 1)) {
    const std::string_view parent = top.substr(0, slash);
    Result<std::optional<EntryRecord>> record = reader_.find(parent);
    if (!record) {
      damaged(std::string(parent), record.error());
    } else if (*record && (*record)->entry.metadata.type == stream::EntryType::kFolder) {
      // A second path below the same folder finds it made; that is no problem.
      if (Status made = restorer_.make((*record)->entry); made) ++report_.entries;
    }
  }
  return Ok{};
}

Status Restore::restore_below(std::string_view top) {
  if (Status status = reader_.seek(top); !status) damaged(std::string(top), status.error());
  std::uint64_t found = 0;
  EntryRecord record;
  while (true) {
    if (options_.cancel != nullptr && options_.cancel->load()) {
      return Error(ErrorCode::kCancelled, "cancelled");
    }
    Result<bool> has = reader_.next(record);
    if (!has) {
      damaged(top.empty() ? "(tree)" : std::string(top), has.error());
      continue;
    }
    if (!*has || (!top.empty() && !is_below(record.entry.path, top))) break;
    ++found;
    LETTERPRESS_TRY(restore_entry(std::move(record)));
  }
  if (found == 0 && !top.empty() && report_.damaged == 0) {
    return Error(ErrorCode::kNotFound, std::string(top) +
                                           ": the snapshot has no such path; "
                                           "letterpress ls shows what it has");
  }
  return Ok{};
}

Status Restore::restore_entry(EntryRecord&& record) {
  if (record.entry.metadata.type == stream::EntryType::kFile) return restore_file(record);
  if (record.entry.metadata.type == stream::EntryType::kHardLink &&
      !is_wanted(record.entry.metadata.target)) {
    // Its other name is not asked for: the content comes back under this one.
    const std::string here = record.entry.path;
    Result<std::optional<EntryRecord>> target = reader_.find(record.entry.metadata.target);
    if (target && *target) {
      (*target)->entry.path = here;
      LETTERPRESS_TRY(restore_file(**target));
    } else {
      damaged(here, target ? Error(ErrorCode::kCorrupt, "hard link to an entry that is not there")
                           : std::move(target).error());
    }
    LETTERPRESS_TRY(reader_.seek(here));
    EntryRecord again;
    LETTERPRESS_TRY_ASSIGN(const bool has, reader_.next(again));
    static_cast<void>(has);
    return Ok{};
  }
  if (Status status = restorer_.make(record.entry); !status) {
    unmade(record.entry.path, status.error());
    return Ok{};
  }
  ++report_.entries;
  return Ok{};
}

Status Restore::restore_file(const EntryRecord& record) {
  Result<files::RestoredFile> file = restorer_.create(record.entry);
  if (!file) {
    unmade(record.entry.path, file.error());
    return Ok{};
  }
  // What the destination says is told from what the vault says: a full disk ends the restore.
  std::optional<Error> write_error;
  const Status content = reader_.read_content(record.content, [&](ByteView bytes) -> Status {
    if (Status status = file->write(bytes); !status) {
      write_error = status.error().copy();
      return status;
    }
    report_.bytes += bytes.size();
    if (options_.on_progress) options_.on_progress(report_.entries, report_.bytes);
    return Ok{};
  });
  if (write_error) {
    LETTERPRESS_TRY(file->abandon());
    return std::move(*write_error);
  }
  if (!content) {
    damaged(record.entry.path, content.error());
    return file->abandon();
  }
  if (Status status = file->finish(); !status) {
    unmade(record.entry.path, status.error());
    return file->abandon();
  }
  ++report_.entries;
  if (options_.on_progress) options_.on_progress(report_.entries, report_.bytes);
  return Ok{};
}

}  // namespace

bool is_below(std::string_view path, std::string_view top) noexcept {
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

Result<RestoreReport> restore(const Vault& vault, const PackSet& packs, const LogEntry& snapshot,
                              const RecoveryKey& recovery, const RestoreOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const auto reader, SnapshotReader::open(vault, packs, snapshot, recovery));
  LETTERPRESS_TRY_ASSIGN(const auto restorer,
                         files::Restorer::open(options.to, {.into = options.into}));
  Restore run(*reader, *restorer, options);
  LETTERPRESS_TRY(run.run());
  LETTERPRESS_TRY_ASSIGN(const std::vector<stream::Problem> problems, restorer->finish());
  RestoreReport report = run.report();
  for (const stream::Problem& problem : problems) {
    if (problem.severity != stream::Problem::Severity::kNote) ++report.unmade;
    if (options.on_problem) options.on_problem(problem);
  }
  return report;
}

}  // namespace letterpress::vault
