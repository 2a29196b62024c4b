// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as an interchange stream, or frames of any types and bodies with right checksums,
// opens the blocks and rebuilds the entries.
// Invariants: every error has a message, and after an error nothing more is read; no entry has a
// path that leads out of its destination; parts of an entry are in order; nothing is given that is
// longer than the limits allow; the last frame counts what was there.
#include <algorithm>
#include <variant>

#include "fuzz_input.h"
#include "made_blocks.h"
#include "made_frames.h"
#include "require.h"
#include "stream/stream_reader.h"

namespace {

namespace stream = letterpress::stream;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

struct Seen {
  std::uint64_t blocks = 0;
  std::uint64_t entries = 0;
  std::uint64_t rebuilt_bytes = 0;
  bool is_inside_entry = false;
};

// So many bytes are rebuilt for one input: recipes may name the same chunk again and again.
constexpr std::uint64_t kRebuiltBytesMax = 16 << 20;

void take_entry(const stream::EntryRecord& record, stream::Rebuilder& rebuilder, Seen& seen) {
  require(record.is_first != seen.is_inside_entry);
  seen.is_inside_entry = !record.is_last;
  seen.entries += record.is_first ? 1 : 0;
  if (record.is_first) {
    require(letterpress::is_valid_path(record.entry.path));
    require(record.entry.path.size() <= letterpress::kPathBytesMax);
    require(stream::is_valid_target(record.entry.metadata));
  }
  if (seen.rebuilt_bytes > kRebuiltBytesMax) return;
  static_cast<void>(succeeds(rebuilder.rebuild(record.recipe, [&](ByteView bytes) -> Status {
    require(!bytes.empty() && bytes.size() <= letterpress::kSegmentBytesMax);
    seen.rebuilt_bytes += bytes.size();
    if (seen.rebuilt_bytes <= kRebuiltBytesMax) return Ok{};
    return letterpress::Error(letterpress::ErrorCode::kCancelled, "enough");
  })));
}

void read_all(ByteView rest) {
  stream::StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), rest.size());
    std::copy_n(rest.begin(), count, into.begin());
    rest = rest.subspan(count);
    return count;
  });
  if (!succeeds(reader.read_header())) return;
  letterpress::fuzz::MadeBlocks blocks;
  stream::Rebuilder rebuilder(blocks, nullptr);
  Seen seen;
  while (true) {
    Result<stream::StreamEvent> event = reader.next();
    if (!succeeds(event)) return;
    if (const auto* block = std::get_if<stream::EncodedBlock>(&*event)) {
      ++seen.blocks;
      blocks.put_encoded(block->bytes);
    } else if (std::holds_alternative<stream::BorrowedBlock>(*event)) {
      ++seen.blocks;  // whose chunks nobody has
    } else if (const auto* record = std::get_if<stream::EntryRecord>(&*event)) {
      take_entry(*record, rebuilder, seen);
    } else if (const auto* moved = std::get_if<stream::Moved>(&*event)) {
      require(letterpress::is_valid_path(moved->from) && letterpress::is_valid_path(moved->to));
    } else if (const auto* end = std::get_if<stream::StreamEnd>(&*event)) {
      require(!seen.is_inside_entry && end->totals.blocks == seen.blocks &&
              end->totals.entries == seen.entries);
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  letterpress::fuzz::FuzzInput input({data, size});
  const bool is_raw = input.up_to(15) == 15;
  const ByteView bytes = input.rest();
  read_all(is_raw ? bytes : ByteView(letterpress::fuzz::sealed_frames(bytes)));
  return 0;
}
