// SPDX-License-Identifier: Apache-2.0
#include "vault/restore.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/cancel.h"
#include "files/restorer.h"
#include "pipeline/ordered_work.h"

namespace letterpress::vault {
namespace {

constexpr std::uint64_t kPageBytes = 4096;

// Few, so that the files that are open at a time stay below what a process may have.
constexpr std::size_t kBatchFiles = 16;
constexpr std::uint64_t kBatchBytes = 4 * kMiB;

// A file whose content is to come.
struct FileTask {
  std::string path;
  Bytes content;
  files::RestoredFile file;
  std::uint64_t bytes = 0;  // written
};

struct Trouble {
  std::string path;
  Error error;
  bool is_damage = false;  // of the vault; otherwise the destination did not take the entry
};

// A batch of entries on its way: made in order, filled side by side, counted in order.
struct Batch {
  std::vector<FileTask> files;
  std::vector<Trouble> troubles;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t there = 0;
};

class Restore {
 public:
  Restore(SnapshotReader& reader, files::Restorer& restorer, const RestoreOptions& options);

  // What will be needed late; gives how much is to be written, in whole pages. Before run(); what
  // cannot be read is left to that.
  std::uint64_t foresee(LateExtents& late);
  Status run();
  const RestoreReport& report() const noexcept { return report_; }

 private:
  Result<bool> read_entries(Batch& batch);
  void begin_top(Batch& batch);
  Status end_top() const;
  void make_parents(std::string_view top, Batch& batch);
  Status make_entry(EntryRecord&& record, Batch& batch);
  Status make_link_content(const EntryRecord& record, Batch& batch);
  void make_file(EntryRecord&& record, Batch& batch);
  Status fill(Batch& batch);
  ContentReader take_contents();
  Status fill_file(FileTask& task, ContentReader& contents, Batch& batch) const;
  void count(const Batch& batch);
  bool is_wanted(std::string_view path) const {
    return options_.paths.empty() ||
           std::ranges::any_of(tops_, [&](const std::string& top) { return is_below(path, top); });
  }

  SnapshotReader& reader_;
  files::Restorer& restorer_;
  const RestoreOptions& options_;
  // What is asked for, without what comes with another path; the first one has been begun if
  // `is_in_top_`.
  std::vector<std::string> tops_;
  std::size_t top_ = 0;
  bool is_in_top_ = false;
  std::uint64_t found_ = 0;  // entries of this top
  bool is_tree_damaged_ = false;
  std::uint64_t planned_bytes_ = 0;  // of the batch that is being read
  RestoreReport report_;
  std::mutex idle_mutex_;
  std::vector<ContentReader> idle_contents_;  // with their buffers; one for each thread at most
};

Restore::Restore(SnapshotReader& reader, files::Restorer& restorer, const RestoreOptions& options)
    : reader_(reader), restorer_(restorer), options_(options) {
  const std::vector<std::string>& paths = options.paths;
  if (paths.empty()) tops_.emplace_back();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool is_covered = std::ranges::any_of(paths, [&](const std::string& other) {
      return &other != &paths[i] && is_below(paths[i], other) &&
             (other != paths[i] || &other < &paths[i]);
    });
    if (!is_covered) tops_.push_back(paths[i]);
  }
}

// The folders above a path, so that they get their modes and times.
void Restore::make_parents(std::string_view top, Batch& batch) {
  for (std::size_t slash = top.find('/'); slash != top.npos; slash = top.find('/', slash + 1)) {
    const std::string_view parent = top.substr(0, slash);
    Result<std::optional<EntryRecord>> record = reader_.find(parent);
    if (!record) {
      batch.troubles.push_back({std::string(parent), std::move(record).error(), true});
    } else if (*record && (*record)->entry.metadata.type == stream::EntryType::kFolder) {
      // A second path below the same folder finds it made; that is no problem.
      if (Status made = restorer_.make((*record)->entry); made) ++batch.entries;
    }
  }
}

void Restore::begin_top(Batch& batch) {
  const std::string& top = tops_[top_];
  const std::size_t troubles_before = batch.troubles.size();
  make_parents(top, batch);
  found_ = 0;
  is_tree_damaged_ = batch.troubles.size() > troubles_before;
  is_in_top_ = true;
  if (Status status = reader_.seek(top); !status) {
    batch.troubles.push_back({top, std::move(status).error(), true});
    is_tree_damaged_ = true;
  }
}

Status Restore::end_top() const {
  if (found_ > 0 || tops_[top_].empty() || is_tree_damaged_) return Ok{};
  return Error(ErrorCode::kNotFound, tops_[top_] +
                                         ": the snapshot has no such path; "
                                         "letterpress ls shows what it has");
}

// Makes the next entries, files still empty. False: there is nothing more.
Result<bool> Restore::read_entries(Batch& batch) {
  planned_bytes_ = 0;
  EntryRecord record;
  while (top_ < tops_.size()) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    if (batch.files.size() >= kBatchFiles || planned_bytes_ >= kBatchBytes) return true;
    if (!is_in_top_) begin_top(batch);
    const std::string& top = tops_[top_];
    Result<bool> has = reader_.next(record);
    if (!has) {
      batch.troubles.push_back({top.empty() ? "(tree)" : top, std::move(has).error(), true});
      is_tree_damaged_ = true;
    } else if (*has && (top.empty() || is_below(record.entry.path, top))) {
      ++found_;
      LETTERPRESS_TRY(make_entry(std::move(record), batch));
    } else {
      LETTERPRESS_TRY(end_top());
      is_in_top_ = false;
      ++top_;
    }
  }
  return !batch.files.empty() || !batch.troubles.empty() || batch.entries > 0;
}

Status Restore::make_entry(EntryRecord&& record, Batch& batch) {
  if (record.entry.metadata.type == stream::EntryType::kFile) {
    make_file(std::move(record), batch);
    return Ok{};
  }
  if (record.entry.metadata.type == stream::EntryType::kHardLink &&
      !is_wanted(record.entry.metadata.target)) {
    return make_link_content(record, batch);
  }
  if (Status status = restorer_.make(record.entry); !status) {
    batch.troubles.push_back({record.entry.path, std::move(status).error(), false});
    return Ok{};
  }
  ++batch.entries;
  return Ok{};
}

// A hard link whose other name is not asked for: the content comes back under this one.
Status Restore::make_link_content(const EntryRecord& record, Batch& batch) {
  const std::string& here = record.entry.path;
  Result<std::optional<EntryRecord>> target = reader_.find(record.entry.metadata.target);
  if (target && *target) {
    (*target)->entry.path = here;
    make_file(std::move(**target), batch);
  } else {
    batch.troubles.push_back(
        {here,
         target ? Error(ErrorCode::kCorrupt, "hard link to an entry that is not there")
                : std::move(target).error(),
         true});
  }
  LETTERPRESS_TRY(reader_.seek(here));
  EntryRecord again;
  LETTERPRESS_TRY_ASSIGN(const bool has, reader_.next(again));
  static_cast<void>(has);
  return Ok{};
}

void Restore::make_file(EntryRecord&& record, Batch& batch) {
  const auto ref = stream::decode_content_ref(record.content);
  const Result<bool> is_there = restorer_.is_there(record.entry, ref ? ref->size_bytes : 0);
  if (is_there && *is_there) {
    ++batch.entries;
    ++batch.there;
    return;
  }
  Result<files::RestoredFile> file = restorer_.create(record.entry);
  if (!file) {
    batch.troubles.push_back({std::move(record.entry.path), std::move(file).error(), false});
    return;
  }
  if (ref) planned_bytes_ += ref->size_bytes;
  batch.files.push_back(
      {std::move(record.entry.path), std::move(record.content), *std::move(file), 0});
}

// What the destination says is told from what the vault says: a full disk ends the restore.
Status Restore::fill_file(FileTask& task, ContentReader& contents, Batch& batch) const {
  std::optional<Error> write_error;
  const auto write = [&](ByteView bytes) -> Status {
    if (Status status = task.file.write(bytes); !status) {
      write_error = status.error().copy();
      return status;
    }
    task.bytes += bytes.size();
    return Ok{};
  };
  Status content = contents.read(task.content, write);
  if (write_error) {
    LETTERPRESS_TRY(task.file.abandon());
    return std::move(*write_error);
  }
  batch.bytes += task.bytes;
  if (!content) {
    batch.troubles.push_back({std::move(task.path), std::move(content).error(), true});
    return task.file.abandon();
  }
  if (Status status = task.file.finish(); !status) {
    batch.troubles.push_back({std::move(task.path), std::move(status).error(), false});
    return task.file.abandon();
  }
  ++batch.entries;
  return Ok{};
}

ContentReader Restore::take_contents() {
  const std::lock_guard lock(idle_mutex_);
  if (idle_contents_.empty()) return reader_.make_content_reader();
  ContentReader contents = std::move(idle_contents_.back());
  idle_contents_.pop_back();
  return contents;
}

Status Restore::fill(Batch& batch) {
  ContentReader contents = take_contents();
  for (FileTask& task : batch.files) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    LETTERPRESS_TRY(fill_file(task, contents, batch));
  }
  const std::lock_guard lock(idle_mutex_);
  idle_contents_.push_back(std::move(contents));
  return Ok{};
}

void Restore::count(const Batch& batch) {
  report_.entries += batch.entries;
  report_.bytes += batch.bytes;
  report_.there += batch.there;
  for (const Trouble& trouble : batch.troubles) {
    ++(trouble.is_damage ? report_.damaged : report_.unmade);
    if (options_.on_problem) {
      options_.on_problem(
          {stream::Problem::Severity::kFailed, trouble.path, trouble.error.message()});
    }
  }
  if (options_.on_progress) options_.on_progress(report_.entries, report_.bytes);
}

std::uint64_t Restore::foresee(LateExtents& late) {
  std::uint64_t bytes = 0;
  ContentReader contents = reader_.make_content_reader();
  EntryRecord record;
  for (const std::string& top : tops_) {
    if (!reader_.seek(top)) continue;
    while (options_.cancel == nullptr || !options_.cancel->load()) {
      const Result<bool> has = reader_.next(record);
      if (!has || !*has || !(top.empty() || is_below(record.entry.path, top))) break;
      if (record.entry.metadata.type != stream::EntryType::kFile) continue;
      const auto ref = stream::decode_content_ref(record.content);
      if (!ref) continue;
      bytes += (ref->size_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
      static_cast<void>(
          contents.each_recipe(*ref, [&](ByteView recipe) { return late.foresee(recipe); }));
    }
  }
  return bytes;
}

Status Restore::run() {
  return pipeline::do_ordered<Batch>(
      options_.threads, {.make = [this]() -> Result<std::unique_ptr<Batch>> {
                           auto batch = std::make_unique<Batch>();
                           LETTERPRESS_TRY_ASSIGN(const bool has, read_entries(*batch));
                           if (!has) batch.reset();
                           return batch;
                         },
                         .work = [this](Batch& batch) { return fill(batch); },
                         .take = [this](Batch& batch) { count(batch); },
                         .in_callers_arena = options_.in_callers_arena});
}

// Of the file system that a file is on, for users; 0 if it does not say.
std::uint64_t free_bytes(const File& file) {
  struct statvfs status {};
  if (::fstatvfs(file.descriptor(), &status) != 0) return 0;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace

bool is_below(std::string_view path, std::string_view top) noexcept {
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

Result<RestoreReport> restore(const Vault& vault, const PackSet& packs, const LogEntry& snapshot,
                              const Keyring& keys, const RestoreOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const auto reader, SnapshotReader::open(vault, packs, snapshot, keys));
  LETTERPRESS_TRY_ASSIGN(
      const auto restorer,
      files::Restorer::open(options.to, {.into = options.into, .resume = options.resume}));
  Restore run(*reader, *restorer, options);
  // Without a name, in the destination, where there is room for what comes back anyway. A file
  // system that has no such files does without.
  std::optional<LateExtents> late;
  if (Result<File> file = File::open(options.to, O_TMPFILE | O_RDWR, 0600)) {
    const std::uint64_t room = free_bytes(*file);
    late.emplace(*std::move(file));
    // What comes back goes before what only makes it faster.
    const std::uint64_t needed = run.foresee(*late);
    late->limit(room > needed ? room - needed : 0);
    reader->use(*late);
  }
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
