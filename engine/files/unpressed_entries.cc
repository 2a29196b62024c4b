// SPDX-License-Identifier: Apache-2.0
#include "files/unpressed_entries.h"

#include <utility>

namespace letterpress::files {

using stream::EntryRecord;
using stream::Fault;

Status UnpressedEntries::start() {
  if (options_.single_output) return Ok{};
  LETTERPRESS_TRY_ASSIGN(
      restorer_, Restorer::open(options_.to, {.into = options_.into, .resume = options_.resume}));
  return Ok{};
}

void UnpressedEntries::problem(const Error& error) const {
  if (options_.on_problem) {
    options_.on_problem({stream::Problem::Severity::kFailed, path_, error.message()});
  }
}

// The destination did not take the entry.
void UnpressedEntries::unmade(const Error& error) {
  ++report_.unmade;
  fate_ = Fate::kLeftOut;
  problem(error);
}

Status UnpressedEntries::begin(const EntryRecord& record) {
  path_ = record.entry.path;
  fate_ = Fate::kMade;
  raw_bytes_ = 0;
  if (record.entry.metadata.type == EntryType::kFile) return begin_file(record);
  if (options_.single_output) return Ok{};
  Status made = restorer_->make(record.entry);
  if (made || made.error().code() == ErrorCode::kLimitExceeded) return made;
  unmade(made.error());
  return Ok{};
}

Status UnpressedEntries::begin_file(const EntryRecord& record) {
  if (options_.single_output) {
    if (++files_seen_ == 1) return Ok{};
    return Error(ErrorCode::kInvalidArgument,
                 "the stream has several files; give --to instead of --stdout");
  }
  Result<std::optional<FoundFile>> found = restorer_->find(record.entry);
  if (!found) {
    unmade(found.error());
    return Ok{};
  }
  // The size of a file in several parts shows at its last.
  const bool may_be_whole = *found && (!record.is_last || (*found)->size_bytes == record.raw_bytes);
  if (!may_be_whole) return create(record.entry);
  found_ = **found;
  fate_ = Fate::kMaybeThere;
  return Ok{};
}

Status UnpressedEntries::create(const stream::Entry& entry) {
  Result<RestoredFile> made = restorer_->create(entry);
  if (made) {
    file_ = *std::move(made);
  } else {
    unmade(made.error());
  }
  return Ok{};
}

Status UnpressedEntries::rebuild(ByteView recipe, stream::Rebuilder& rebuilder,
                                 std::optional<Fault>& fault, std::string& why) {
  std::optional<Error> write_error;
  const Status rebuilt = rebuilder.rebuild(recipe, [&](ByteView bytes) -> Status {
    Status written = options_.single_output ? options_.single_output(bytes) : file_->write(bytes);
    if (!written) {
      write_error = written.error().copy();
      return written;
    }
    report_.raw_bytes += bytes.size();
    return Ok{};
  });
  if (write_error) return std::move(*write_error);
  if (rebuilt) return Ok{};
  if (rebuilt.error().code() == ErrorCode::kIo) return rebuilt.error().copy();
  ++report_.damaged;
  fate_ = Fate::kLeftOut;
  fault = rebuilt.error().code() == ErrorCode::kNotFound ? Fault::kMissingChunk
          : rebuilder.has_wrong_digest()                 ? Fault::kBadDigest
                                                         : Fault::kBadRecipe;
  why = rebuilt.error().message();
  problem(rebuilt.error());
  return Ok{};
}

Status UnpressedEntries::take(const EntryRecord& record, stream::Rebuilder& rebuilder,
                              std::optional<Fault>& fault, std::string& why) {
  if (record.is_first) {
    LETTERPRESS_TRY(begin(record));
  }
  raw_bytes_ += record.raw_bytes.value_or(0);
  if (fate_ == Fate::kMade && !record.recipe.empty()) {
    LETTERPRESS_TRY(rebuild(record.recipe, rebuilder, fault, why));
  } else if (!record.raw_bytes) {
    fault = Fault::kBadRecipe;
    why = "the recipe of an entry is damaged";
  }
  return record.is_last ? end(record.is_abandoned) : Status(Ok{});
}

// Of a file that was there, all parts of which have come.
void UnpressedEntries::end_found() {
  if (found_.size_bytes != raw_bytes_) {
    unmade(Error(ErrorCode::kIo, "exists already with another size, and is not overwritten"));
    return;
  }
  restorer_->keep(found_);
  ++report_.there;
  ++report_.entries;
}

Status UnpressedEntries::end(bool is_abandoned) {
  if (fate_ == Fate::kMaybeThere) {
    if (!is_abandoned) end_found();
    return Ok{};
  }
  if (is_abandoned && options_.single_output && fate_ == Fate::kMade) {
    ++report_.damaged;  // what was written cannot be taken back
    problem(Error(ErrorCode::kCorrupt, "the sender could not read it to its end; it is cut short"));
  }
  if (file_ && (fate_ == Fate::kLeftOut || is_abandoned)) {
    LETTERPRESS_TRY(file_->abandon());
  } else if (file_) {
    if (Status finished = file_->finish(); !finished) {
      unmade(finished.error());
      LETTERPRESS_TRY(file_->abandon());
    }
  }
  file_.reset();
  if (fate_ == Fate::kMade && !is_abandoned) ++report_.entries;
  return Ok{};
}

Status UnpressedEntries::rename(const stream::Moved& moved) {
  return restorer_ ? restorer_->rename(moved.from, moved.to) : Status(Ok{});
}

void UnpressedEntries::limit_waiting(std::uint64_t bytes_max) const {
  if (restorer_) restorer_->limit_waiting(bytes_max);
}

Status UnpressedEntries::finish() {
  if (file_) {
    LETTERPRESS_TRY(file_->abandon());
    file_.reset();
  }
  if (!restorer_) {
    if (files_seen_ > 0 || report_.fault) return Ok{};
    return Error(ErrorCode::kNotFound, "the stream has no file; give --to instead of --stdout");
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<stream::Problem> problems, restorer_->finish());
  for (const stream::Problem& found : problems) {
    if (found.severity != stream::Problem::Severity::kNote) ++report_.unmade;
    if (options_.on_problem) options_.on_problem(found);
  }
  return Ok{};
}

}  // namespace letterpress::files
