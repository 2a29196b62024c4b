// SPDX-License-Identifier: Apache-2.0
#include "files/unpress.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/cancel.h"
#include "files/restorer.h"
#include "stream/block_spool.h"

namespace letterpress::files {
namespace {

class Unpress {
 public:
  Unpress(File& input, const UnpressOptions& options)
      : options_(options),
        input_(input),
        reader_([this](std::span<std::uint8_t> into) { return input_.read(into); }) {}

  Result<UnpressReport> run();

 private:
  Status start();
  Status take(stream::StreamEvent&& event);
  Status take_block(ByteView encoded);
  Status take_record(stream::EntryRecord&& record);
  Status begin_entry(const stream::Entry& entry);
  Status write_part(ByteView recipe);
  Status end_entry(bool is_abandoned);
  void problem(const Error& error) const {
    if (options_.on_problem) {
      options_.on_problem({stream::Problem::Severity::kFailed, path_, error.message()});
    }
  }

  const UnpressOptions& options_;
  File& input_;
  stream::StreamReader reader_;
  const HashKey* key_ = nullptr;
  bool can_seek_ = false;
  std::uint64_t input_start_ = 0;
  File spool_file_;
  std::optional<stream::BlockSpool> spool_;
  std::optional<stream::Rebuilder> rebuilder_;
  std::unique_ptr<Restorer> restorer_;
  // The entry whose parts are coming.
  std::string path_;
  std::optional<RestoredFile> file_;
  bool is_lost_ = false;
  std::uint64_t files_seen_ = 0;
  UnpressReport report_;
};

Status Unpress::start() {
  const off_t at = ::lseek(input_.descriptor(), 0, SEEK_CUR);
  can_seek_ = at >= 0;
  input_start_ = can_seek_ ? static_cast<std::uint64_t>(at) : 0;
  LETTERPRESS_TRY_ASSIGN(const stream::StreamHeader header, reader_.read_header());
  if (header.is_keyed && !options_.digest_key) {
    return Error(ErrorCode::kInvalidArgument, "the stream was made with a key, and needs it");
  }
  if (header.is_keyed) {
    key_ = &*options_.digest_key;
    if (stream::key_check_of(*key_) != header.key_check) {
      return Error(ErrorCode::kInvalidArgument, "the stream was made with another key");
    }
  }
  if (!options_.single_output) {
    LETTERPRESS_TRY_ASSIGN(restorer_, Restorer::open(options_.to, {.into = options_.into}));
  }
  if (!can_seek_) {
    LETTERPRESS_TRY_ASSIGN(spool_file_, File::open(options_.to, O_TMPFILE | O_RDWR, 0600));
  }
  spool_.emplace(can_seek_ ? input_ : spool_file_);
  rebuilder_.emplace(*spool_, key_);
  return Ok{};
}

Status Unpress::take_block(ByteView encoded) {
  if (!can_seek_) return spool_->append(encoded);
  // The frame's body lies right before its checksum, which ends where the reader stands.
  return spool_->note(encoded,
                      input_start_ + reader_.offset() - stream::kFrameSumBytes - encoded.size());
}

Status Unpress::begin_entry(const stream::Entry& entry) {
  path_ = entry.path;
  is_lost_ = false;
  if (entry.metadata.type == stream::EntryType::kFile) {
    if (options_.single_output) {
      if (++files_seen_ == 1) return Ok{};
      return Error(ErrorCode::kInvalidArgument,
                   "the stream has several files; give --to instead of --stdout");
    }
    Result<RestoredFile> made = restorer_->create(entry);
    if (made) {
      file_ = *std::move(made);
      return Ok{};
    }
    problem(made.error());
  } else if (options_.single_output) {
    return Ok{};
  } else if (Status made = restorer_->make(entry); made) {
    return Ok{};
  } else {
    problem(made.error());
  }
  ++report_.unmade;
  is_lost_ = true;
  return Ok{};
}

Status Unpress::write_part(ByteView recipe) {
  if (is_lost_ || recipe.empty()) return Ok{};
  std::optional<Error> write_error;
  const Status rebuilt = rebuilder_->rebuild(recipe, [&](ByteView bytes) -> Status {
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
  ++report_.damaged;
  is_lost_ = true;
  problem(rebuilt.error());
  return Ok{};
}

Status Unpress::end_entry(bool is_abandoned) {
  if (file_ && (is_lost_ || is_abandoned)) {
    LETTERPRESS_TRY(file_->abandon());
  } else if (file_) {
    if (Status finished = file_->finish(); !finished) {
      ++report_.unmade;
      problem(finished.error());
      LETTERPRESS_TRY(file_->abandon());
      is_lost_ = true;
    }
  }
  file_.reset();
  if (!is_lost_ && !is_abandoned) ++report_.entries;
  return Ok{};
}

Status Unpress::take_record(stream::EntryRecord&& record) {
  if (record.is_first) {
    LETTERPRESS_TRY(begin_entry(record.entry));
  }
  LETTERPRESS_TRY(write_part(record.recipe));
  return record.is_last ? end_entry(record.is_abandoned) : Status(Ok{});
}

Status Unpress::take(stream::StreamEvent&& event) {
  if (auto* block = std::get_if<stream::EncodedBlock>(&event)) return take_block(block->bytes);
  if (auto* record = std::get_if<stream::EntryRecord>(&event)) {
    return take_record(std::move(*record));
  }
  if (auto* moved = std::get_if<stream::Moved>(&event); moved != nullptr && restorer_) {
    return restorer_->rename(moved->from, moved->to);
  }
  return Ok{};
}

Result<UnpressReport> Unpress::run() {
  LETTERPRESS_TRY(start());
  std::optional<Error> stream_error;
  while (true) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    Result<stream::StreamEvent> event = reader_.next();
    if (!event) {
      stream_error = std::move(event).error();
      break;
    }
    if (std::holds_alternative<stream::StreamEnd>(*event)) break;
    LETTERPRESS_TRY(take(*std::move(event)));
    report_.stream_bytes = reader_.offset();
    if (options_.on_progress) options_.on_progress(report_.stream_bytes, report_.raw_bytes);
  }
  if (file_) {
    LETTERPRESS_TRY(file_->abandon());
    file_.reset();
  }
  report_.stream_bytes = reader_.offset();
  // Also after damage: what came before is to have its times and links.
  if (restorer_) {
    LETTERPRESS_TRY_ASSIGN(const std::vector<stream::Problem> problems, restorer_->finish());
    for (const stream::Problem& found : problems) {
      if (found.severity != stream::Problem::Severity::kNote) ++report_.unmade;
      if (options_.on_problem) options_.on_problem(found);
    }
  }
  if (stream_error) return std::move(*stream_error);
  return report_;
}

}  // namespace

Result<UnpressReport> unpress(File& input, const UnpressOptions& options) {
  return Unpress(input, options).run();
}

}  // namespace letterpress::files
