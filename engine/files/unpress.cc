// SPDX-License-Identifier: Apache-2.0
#include "files/unpress.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/cancel.h"
#include "base/hex.h"
#include "base/limits.h"
#include "files/unpressed_entries.h"
#include "stream/block_spool.h"

namespace letterpress::files {
namespace {

using stream::Fault;

// Links, moves and folders wait for the end of the stream. Of real ones a stream has some bytes
// each, and 64 times that is enough; of made up ones a thousandth of a byte.
constexpr std::uint64_t kWaitingBytesMin = 64 * kMiB;
constexpr std::uint64_t kWaitingTimesInput = 64;

class Unpress {
 public:
  Unpress(File& input, const UnpressOptions& options)
      : options_(options),
        input_(input),
        reader_([this](std::span<std::uint8_t> into) { return input_.read(into); }),
        entries_(options, report_) {}

  Result<UnpressReport> run();

 private:
  Status start();
  Status check_header(const stream::StreamHeader& header);
  Status read_all();
  Status take(stream::StreamEvent&& event);
  Status take_block(stream::EncodedBlock&& block);
  Status take_borrowed(const stream::BorrowedBlock& block);
  Status take_record(const stream::EntryRecord& record);
  void note_fault(Fault fault, const std::string& message);
  template <class AnyBlock>
  Status spool(const AnyBlock& block);

  const UnpressOptions& options_;
  File& input_;
  stream::StreamReader reader_;
  UnpressReport report_;
  UnpressedEntries entries_;
  const HashKey* key_ = nullptr;
  bool can_seek_ = false;
  std::uint64_t input_start_ = 0;
  File spool_file_;
  std::optional<stream::BlockSpool> spool_;
  std::optional<stream::Rebuilder> rebuilder_;
};

// Only the first is kept: later ones may come of it.
void Unpress::note_fault(Fault fault, const std::string& message) {
  if (!report_.fault) report_.fault = {fault, reader_.frame_offset(), message};
}

// Sets the report's fault if the stream is not for us.
Status Unpress::check_header(const stream::StreamHeader& header) {
  if (const auto fault = stream::find_key_fault(header, options_.digest_key)) {
    note_fault(fault->what, fault->message);
  } else if (header.is_keyed) {
    key_ = &*options_.digest_key;
  }
  if (options_.earlier != nullptr && !options_.earlier->fit(header)) {
    return Error(ErrorCode::kInvalidArgument,
                 "an earlier stream that was given was made with another key than this one");
  }
  return Ok{};
}

Status Unpress::start() {
  const off_t at = ::lseek(input_.descriptor(), 0, SEEK_CUR);
  can_seek_ = at >= 0;
  input_start_ = can_seek_ ? static_cast<std::uint64_t>(at) : 0;
  const Result<stream::StreamHeader> header = reader_.read_header();
  if (!header && !reader_.fault()) return header.error().copy();
  if (!header) {
    report_.fault = reader_.fault();
    return Ok{};
  }
  LETTERPRESS_TRY(check_header(*header));
  if (report_.fault) return Ok{};
  report_.has_header = true;
  LETTERPRESS_TRY(entries_.start());
  if (!can_seek_) {
    LETTERPRESS_TRY_ASSIGN(spool_file_, File::open(options_.to, O_TMPFILE | O_RDWR, 0600));
  }
  spool_.emplace(can_seek_ ? input_ : spool_file_, options_.earlier);
  rebuilder_.emplace(*spool_, key_);
  return Ok{};
}

template <class AnyBlock>
Status Unpress::spool(const AnyBlock& block) {
  if (!can_seek_) return spool_->append(block);
  // The frame's body lies right before its checksum, which ends where the reader stands.
  const std::uint64_t body_end = reader_.offset() - stream::kFrameSumBytes;
  return spool_->note(block, input_start_ + body_end - block.bytes.size());
}

Status Unpress::take_block(stream::EncodedBlock&& block) {
  LETTERPRESS_TRY(spool(block));
  // Its entries come next. If it does not open, those that need it are lost, and no others.
  if (Status opened = spool_->open(std::move(block)); !opened) {
    note_fault(Fault::kBadPayload, opened.error().message());
  }
  return Ok{};
}

Status Unpress::take_borrowed(const stream::BorrowedBlock& block) {
  for (const ChunkId& id : block.view.ids) {
    if (options_.earlier != nullptr && options_.earlier->has(id)) continue;
    ++report_.missing_chunks;
    if (!report_.missing_chunk) report_.missing_chunk = id;
  }
  if (report_.missing_chunk) {
    note_fault(Fault::kMissingChunk,
               "needs chunk " + to_hex(report_.missing_chunk->bytes) + ", which it does not carry");
  }
  return spool(block);
}

Status Unpress::take_record(const stream::EntryRecord& record) {
  std::optional<Fault> fault;
  std::string why;
  LETTERPRESS_TRY(entries_.take(record, *rebuilder_, fault, why));
  if (fault) note_fault(*fault, why);
  return Ok{};
}

Status Unpress::take(stream::StreamEvent&& event) {
  if (auto* block = std::get_if<stream::EncodedBlock>(&event)) return take_block(std::move(*block));
  if (auto* block = std::get_if<stream::BorrowedBlock>(&event)) return take_borrowed(*block);
  if (auto* record = std::get_if<stream::EntryRecord>(&event)) return take_record(*record);
  if (auto* moved = std::get_if<stream::Moved>(&event)) return entries_.rename(*moved);
  report_.is_complete = std::holds_alternative<stream::StreamEnd>(event);
  return Ok{};
}

// Up to the end frame, or to where the stream ends or is damaged.
Status Unpress::read_all() {
  while (!report_.is_complete) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    Result<stream::StreamEvent> event = reader_.next();
    if (!event && !reader_.fault()) return std::move(event).error();
    if (!event) {
      if (!report_.fault) report_.fault = reader_.fault();
      return Ok{};
    }
    entries_.limit_waiting(kWaitingBytesMin + kWaitingTimesInput * reader_.input_bytes());
    LETTERPRESS_TRY(take(*std::move(event)));
    if (options_.on_progress) options_.on_progress(reader_.offset(), report_.raw_bytes);
  }
  return Ok{};
}

Result<UnpressReport> Unpress::run() {
  LETTERPRESS_TRY(start());
  if (report_.has_header) {
    LETTERPRESS_TRY(read_all());
    // Also after damage: what came before is to have its times and links.
    LETTERPRESS_TRY(entries_.finish());
  }
  report_.stream_bytes = reader_.offset();
  report_.input_bytes = reader_.input_bytes();
  report_.groups = reader_.groups();
  report_.group_bytes = reader_.group_offset();
  return report_;
}

}  // namespace

Result<UnpressReport> unpress(File& input, const UnpressOptions& options) {
  return Unpress(input, options).run();
}

}  // namespace letterpress::files
