// SPDX-License-Identifier: Apache-2.0
// Presses entries that the input makes up into a stream, and reads it back; then reads it damaged,
// with checksums that are right again.
// Invariants: every entry comes back, byte for byte, with its metadata; the stream's totals are
// what was put in; blocks come before the entries that need them; pressing again gives the same
// stream; a damaged one ends with an error that says why, or is read to its end.
#include <map>

#include "made_blocks.h"
#include "made_frames.h"
#include "made_source.h"
#include "pipeline/press.h"
#include "require.h"
#include "stream/stream_reader.h"
#include "stream/stream_writer.h"

namespace {

namespace pipeline = letterpress::pipeline;
namespace stream = letterpress::stream;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::MadeEntry;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

Bytes pressed(const std::vector<MadeEntry>& entries, const pipeline::PressOptions& options) {
  letterpress::fuzz::MadeSource source(entries);
  letterpress::index::ChunkIndex index;
  Bytes out;
  stream::StreamWriter writer({false, 0, options.cuts.chunk_bytes_min, options.cuts.chunk_bytes_avg,
                               options.cuts.chunk_bytes_max},
                              [&](ByteView bytes) -> Status {
                                append(out, bytes);
                                return Ok{};
                              });
  const auto report = take(pipeline::press(source, index, options, writer));
  take(writer.finish());
  require(report.totals.entries == entries.size());
  return out;
}

struct Played {
  std::map<std::string, MadeEntry> entries;  // that came back whole
  bool is_whole = false;
};

// At most so much of a hostile stream is rebuilt.
constexpr std::size_t kRebuiltBytesMax = 32 << 20;

Played play(ByteView rest) {
  Played played;
  stream::StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), rest.size());
    std::copy_n(rest.begin(), count, into.begin());
    rest = rest.subspan(count);
    return count;
  });
  if (!succeeds(reader.read_header())) return played;
  letterpress::fuzz::MadeBlocks blocks;
  stream::Rebuilder rebuilder(blocks, nullptr);
  MadeEntry open;
  bool is_good = true;
  std::size_t rebuilt_bytes = 0;
  while (true) {
    Result<stream::StreamEvent> event = reader.next();
    if (!succeeds(event)) return played;
    if (std::holds_alternative<stream::StreamEnd>(*event)) {
      played.is_whole = true;
      return played;
    }
    if (const auto* block = std::get_if<stream::EncodedBlock>(&*event)) {
      blocks.put_encoded(block->bytes);
    }
    auto* const record = std::get_if<stream::EntryRecord>(&*event);
    if (record == nullptr || rebuilt_bytes > kRebuiltBytesMax) continue;
    if (record->is_first) {
      open = {std::move(record->entry), {}};
      is_good = true;
    }
    is_good = is_good && !record->is_abandoned &&
              succeeds(rebuilder.rebuild(record->recipe, [&](ByteView bytes) -> Status {
                append(open.bytes, bytes);
                rebuilt_bytes += bytes.size();
                return Ok{};
              }));
    if (record->is_last && is_good) played.entries[open.entry.path] = open;
  }
}

void check_back(const std::vector<MadeEntry>& entries, ByteView bytes) {
  const Played played = play(bytes);
  require(played.is_whole && played.entries.size() == entries.size());
  for (const MadeEntry& made : entries) {
    const auto back = played.entries.find(made.entry.path);
    require(back != played.entries.end());
    require(back->second.bytes == made.bytes && back->second.entry.metadata == made.entry.metadata);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  pipeline::PressOptions options;
  options.threads = 1;
  options.level = static_cast<int>(input.from_to(1, 3));
  options.cuts = {256, 1024, 4096};
  if (input.flag()) options.block_chunks_max = 1 + input.size_up_to(3);
  const bool is_damaged = input.flag();
  Bytes changes;
  if (is_damaged) append(changes, input.take(16));
  const std::vector<MadeEntry> entries = letterpress::fuzz::made_entries(input);
  Bytes bytes = pressed(entries, options);
  check_back(entries, bytes);
  if (is_damaged) {
    FuzzInput change_input(changes);
    Bytes frames = letterpress::fuzz::frames_of(bytes);
    letterpress::fuzz::damage(change_input, frames);
    static_cast<void>(play(letterpress::fuzz::sealed_frames(frames)));
  } else {
    require(pressed(entries, options) == bytes);
  }
  return 0;
}
