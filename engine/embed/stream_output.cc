// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "chunking/cut_scan.h"
#include "hashing/blake3.h"
#include "letterpress/stream.h"
#include "stream/entry.h"
#include "stream/stream_writer.h"

namespace letterpress {
namespace {

stream::StreamHeader header_for(const StreamOptions& options) {
  const chunking::CutParams cuts;
  stream::StreamHeader header;
  header.is_keyed = options.key.has_value();
  header.key_check = options.key ? stream::key_check_of(*options.key) : 0;
  header.borrows_chunks = options.borrows_chunks;
  header.chunk_bytes_min = cuts.chunk_bytes_min;
  header.chunk_bytes_avg = cuts.chunk_bytes_avg;
  header.chunk_bytes_max = cuts.chunk_bytes_max;
  return header;
}

// The block as the writer takes it: what was encoded without ids, taken apart again.
Result<stream::Block> with_ids(PressedBlock&& pressed) {
  LETTERPRESS_TRY_ASSIGN(const stream::BlockView view, stream::decode_block(pressed.bytes));
  if (view.number != pressed.number || pressed.ids.size() != view.chunk_count()) {
    return Error(ErrorCode::kInvalidArgument,
                 "block " + std::to_string(pressed.number) + ": has not one id for each chunk");
  }
  stream::Block block;
  block.number = view.number;
  block.kind = view.kind;
  block.codec = view.codec;
  for (std::size_t i = 0; i < view.chunk_count(); ++i) {
    block.lengths.push_back(view.starts[i + 1] - view.starts[i]);
  }
  block.ids = std::move(pressed.ids);
  block.payload.assign(view.payload.begin(), view.payload.end());
  return block;
}

}  // namespace

class StreamOutput::State {
 public:
  State(Write write, const StreamOptions& options)
      : writer_(header_for(options),
                [write = std::move(write)](ByteView bytes) { return write(bytes); }),
        key_(options.key) {}

  // Of the run's first block: whether its ids were made with the stream's key.
  Status check_ids(const PressedBlock& pressed) {
    if (block_count_ > 0) return Ok{};
    LETTERPRESS_TRY_ASSIGN(stream::BlockView view, stream::decode_block(pressed.bytes));
    codecs::BlockCodec codec;
    LETTERPRESS_TRY_ASSIGN(const stream::OpenBlock block,
                           stream::open_block(std::move(view), codec));
    const ByteView chunk = block.chunk(0);
    ChunkId id;
    hashing::hash_many({&chunk, 1}, key_ ? &*key_ : nullptr, &id);
    if (!pressed.ids.empty() && pressed.ids.front() == id) return Ok{};
    return Error(ErrorCode::kInvalidArgument,
                 "StreamOutput: the run's ids were not made with the stream's key; give "
                 "PressOptions::id_key and StreamOptions::key the same");
  }

  void note_block(std::uint64_t number) {
    ++block_count_;
    number_end_ = std::max(number_end_, number + 1);
    has_open_group_ = true;
  }
  void note_part(bool is_last) {
    has_open_group_ = true;
    has_open_entry_ = !is_last;
  }

  Status end_group(stream::StreamWriter& writer) {
    if (block_count_ != number_end_) {
      return Error(ErrorCode::kInvalidArgument,
                   "StreamOutput: blocks are not numbered from 0; leave "
                   "PressOptions::first_block_number at 0");
    }
    has_open_group_ = false;
    return writer.end_group();
  }

  // A stream in which one call failed has a hole: what follows must not look whole.
  template <class Call>
  Status attempt(Call call) {
    if (failure_) return failure_->copy();
    if (has_finished_) {
      return Error(ErrorCode::kInvalidArgument, "StreamOutput: finish() was called before");
    }
    Status done = call(writer_);
    if (!done) failure_ = done.error().copy();
    return done;
  }

  Status finish() {
    LETTERPRESS_TRY(attempt([this](stream::StreamWriter& writer) -> Status {
      if (has_open_group_ || has_open_entry_) {
        return Error(ErrorCode::kInvalidArgument,
                     "StreamOutput: finish() before the run has ended");
      }
      return writer.finish();
    }));
    has_finished_ = true;
    return Ok{};
  }

  std::uint64_t bytes_written() const noexcept { return writer_.bytes_written(); }

 private:
  stream::StreamWriter writer_;
  const std::optional<HashKey> key_;
  std::uint64_t block_count_ = 0;
  std::uint64_t number_end_ = 0;  // behind the greatest number
  bool has_open_group_ = false;
  bool has_open_entry_ = false;
  bool has_finished_ = false;
  std::optional<Error> failure_;
};

StreamOutput::StreamOutput(Write write, StreamOptions options)
    : state_(std::make_unique<State>(std::move(write), options)) {}
StreamOutput::~StreamOutput() = default;

Status StreamOutput::put_block(PressedBlock&& block) {
  return state_->attempt([&](stream::StreamWriter& writer) -> Status {
    LETTERPRESS_TRY(state_->check_ids(block));
    LETTERPRESS_TRY_ASSIGN(stream::Block own, with_ids(std::move(block)));
    state_->note_block(own.number);
    return writer.put_block(std::move(own));
  });
}

Status StreamOutput::put_borrowed(BorrowedBlock&& block) {
  return state_->attempt([&](stream::StreamWriter& writer) -> Status {
    if (block.ids.empty() || block.ids.size() != block.lengths.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   "StreamOutput: a borrowed block has one id and one length for each chunk");
    }
    state_->note_block(block.number);
    stream::Block own;
    own.number = block.number;
    own.kind = block.kind;
    own.ids = std::move(block.ids);
    own.lengths = std::move(block.lengths);
    own.is_borrowed = true;
    return writer.put_borrowed(std::move(own));
  });
}

Status StreamOutput::put_part(PressedPart&& part) {
  return state_->attempt([&](stream::StreamWriter& writer) -> Status {
    if (part.is_first && !stream::is_valid_path(part.entry.path)) {
      return Error(ErrorCode::kInvalidArgument,
                   "StreamOutput: \"" + part.entry.path + "\" is no path of an entry");
    }
    state_->note_part(part.is_last);
    stream::PressedEntry entry;
    entry.entry = std::move(part.entry);
    entry.raw_bytes = part.raw_bytes;
    entry.content = std::move(part.recipe);
    entry.is_first = part.is_first;
    entry.is_last = part.is_last;
    entry.is_abandoned = part.is_abandoned;
    return writer.put_entry(std::move(entry));
  });
}

Status StreamOutput::put_moved(const std::string& from, const std::string& to) {
  return state_->attempt([&](stream::StreamWriter& writer) {
    state_->note_part(true);
    return writer.put_moved({from, to});
  });
}

Status StreamOutput::end_group() {
  return state_->attempt(
      [this](stream::StreamWriter& writer) { return state_->end_group(writer); });
}

Status StreamOutput::finish() { return state_->finish(); }

std::uint64_t StreamOutput::bytes_written() const noexcept { return state_->bytes_written(); }

}  // namespace letterpress
