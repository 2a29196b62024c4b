// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "embed/receiver_sink.h"
#include "hashing/blake3.h"
#include "letterpress/stream.h"
#include "stream/stream_reader.h"

namespace letterpress {

class StreamInput::State {
 public:
  State(Read read, const StreamOptions& options)
      : reader_([read = std::move(read)](std::span<std::uint8_t> into) -> Result<std::size_t> {
          LETTERPRESS_TRY_ASSIGN(const std::size_t got, read(into));
          if (got <= into.size()) return got;
          return Error(ErrorCode::kInvalidArgument, "Read gave more bytes than it was asked for");
        }),
        key_(options.key) {}

  Status run(Receiver& receiver);
  const StreamPosition& position() const noexcept { return position_; }

 private:
  Status read_header();
  Status read_groups(stream::Sink& sink);
  Status take(stream::StreamEvent&& event, stream::Sink& sink);
  Status take_block(stream::EncodedBlock&& block, stream::Sink& sink);
  static stream::Block table_of(stream::BlockView& view);
  Status take_record(stream::EntryRecord&& record, stream::Sink& sink);
  Status check_ids(const stream::BlockView& view, const stream::OpenBlock& block);
  Error wrong(stream::Fault fault, std::uint64_t offset, const std::string& message);
  Error error_of(Error&& error);

  stream::StreamReader reader_;
  const std::optional<HashKey> key_;
  codecs::BlockCodec codec_;
  bool has_begun_ = false;
  StreamPosition position_;
};

Error StreamInput::State::wrong(stream::Fault fault, std::uint64_t offset,
                                const std::string& message) {
  position_.error_name = stream::fault_name(fault);
  position_.error_offset = offset;
  return Error(stream::is_of_reader(fault) ? ErrorCode::kUnsupported : ErrorCode::kCorrupt,
               "stream, byte " + std::to_string(offset) + ": " + message + " (" +
                   std::string(position_.error_name) + ")");
}

// The reader's error: of the stream, or of Read.
Error StreamInput::State::error_of(Error&& error) {
  const std::optional<stream::StreamFault>& fault = reader_.fault();
  return fault ? wrong(fault->what, fault->offset, fault->message) : std::move(error);
}

Status StreamInput::State::read_header() {
  Result<stream::StreamHeader> header = reader_.read_header();
  if (!header) return error_of(std::move(header).error());
  if (const auto fault = stream::find_key_fault(*header, key_)) {
    return wrong(fault->what, fault->offset, fault->message);
  }
  return Ok{};
}

Status StreamInput::State::check_ids(const stream::BlockView& view,
                                     const stream::OpenBlock& block) {
  std::vector<ByteView> chunks;
  for (std::size_t i = 0; i < view.chunk_count(); ++i) chunks.push_back(block.chunk(i));
  std::vector<ChunkId> ids(chunks.size());
  hashing::hash_many(chunks, key_ ? &*key_ : nullptr, ids.data());
  if (ids == view.ids) return Ok{};
  return wrong(stream::Fault::kBadId, reader_.frame_offset(),
               "block " + std::to_string(view.number) + ": a chunk is not what its id says");
}

// The table of a block as a sink takes it.
stream::Block StreamInput::State::table_of(stream::BlockView& view) {
  stream::Block block;
  block.number = view.number;
  block.kind = view.kind;
  block.codec = view.codec;
  block.lengths.reserve(view.chunk_count());
  for (std::size_t i = 0; i < view.chunk_count(); ++i) {
    block.lengths.push_back(view.starts[i + 1] - view.starts[i]);
  }
  block.ids = std::move(view.ids);
  return block;
}

Status StreamInput::State::take_block(stream::EncodedBlock&& encoded, stream::Sink& sink) {
  stream::BlockView copy = encoded.view;
  const Result<stream::OpenBlock> opened = stream::open_block(std::move(copy), codec_);
  if (!opened) {
    return wrong(stream::Fault::kBadPayload, reader_.frame_offset(), opened.error().message());
  }
  LETTERPRESS_TRY(check_ids(encoded.view, *opened));
  stream::Block block = table_of(encoded.view);
  block.payload.assign(encoded.view.payload.begin(), encoded.view.payload.end());
  return sink.put_block(std::move(block));
}

Status StreamInput::State::take_record(stream::EntryRecord&& record, stream::Sink& sink) {
  if (!record.raw_bytes) {
    return wrong(stream::Fault::kBadRecipe, reader_.frame_offset(),
                 "the recipe of an entry is damaged");
  }
  if (record.block_end > reader_.blocks()) {
    return wrong(stream::Fault::kBadRecipe, reader_.frame_offset(),
                 "a recipe names a block that is not in the stream before it");
  }
  position_.raw_bytes += *record.raw_bytes;
  stream::PressedEntry entry;
  entry.entry = std::move(record.entry);
  entry.raw_bytes = *record.raw_bytes;
  entry.content.assign(record.recipe.begin(), record.recipe.end());
  entry.is_first = record.is_first;
  entry.is_last = record.is_last;
  entry.is_abandoned = record.is_abandoned;
  LETTERPRESS_TRY(sink.put_entry(std::move(entry)));
  if (record.is_last && !record.is_abandoned) ++position_.entries;
  return Ok{};
}

Status StreamInput::State::take(stream::StreamEvent&& event, stream::Sink& sink) {
  if (auto* block = std::get_if<stream::EncodedBlock>(&event)) {
    return take_block(std::move(*block), sink);
  }
  if (auto* block = std::get_if<stream::BorrowedBlock>(&event)) {
    return sink.put_borrowed(table_of(block->view));
  }
  if (auto* record = std::get_if<stream::EntryRecord>(&event)) {
    return take_record(std::move(*record), sink);
  }
  if (auto* moved = std::get_if<stream::Moved>(&event)) return sink.put_moved(std::move(*moved));
  if (std::holds_alternative<stream::GroupEnd>(event)) return sink.end_group();
  position_.is_complete = std::holds_alternative<stream::StreamEnd>(event);
  return Ok{};
}

Status StreamInput::State::read_groups(stream::Sink& sink) {
  while (!position_.is_complete) {
    Result<stream::StreamEvent> event = reader_.next();
    if (!event) return error_of(std::move(event).error());
    LETTERPRESS_TRY(take(*std::move(event), sink));
  }
  return Ok{};
}

Status StreamInput::State::run(Receiver& receiver) {
  if (std::exchange(has_begun_, true)) {
    return Error(ErrorCode::kInvalidArgument, "StreamInput: read_to() was called before");
  }
  embed::ReceiverSink sink(receiver);
  Status done = read_header();
  if (done) done = read_groups(sink);
  position_.bytes = reader_.offset();
  position_.group_bytes = reader_.group_offset();
  position_.groups = reader_.groups();
  return done;
}

StreamInput::StreamInput(Read read, StreamOptions options)
    : state_(std::make_unique<State>(std::move(read), options)) {}
StreamInput::StreamInput(StreamInput&&) noexcept = default;
StreamInput& StreamInput::operator=(StreamInput&&) noexcept = default;
StreamInput::~StreamInput() = default;

Status StreamInput::read_to(Receiver& receiver) { return state_->run(receiver); }

const StreamPosition& StreamInput::position() const noexcept { return state_->position(); }

}  // namespace letterpress
