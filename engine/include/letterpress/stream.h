// SPDX-License-Identifier: Apache-2.0
// Streams (docs/STREAM.md): what a run gives as bytes on their way, and back to who keeps it.
//
//   letterpress::StreamOutput stream([&](std::span<const std::uint8_t> bytes) {
//     return pipe.write(bytes);
//   });
//   LETTERPRESS_TRY_ASSIGN(auto press, letterpress::Press::open({}, stream));
//   LETTERPRESS_TRY(press.add_path("mail", folder));
//   LETTERPRESS_TRY(press.finish());
//   LETTERPRESS_TRY(stream.finish());              // a stream without its end is cut short
//
//   letterpress::StreamInput input([&](std::span<std::uint8_t> into) { return pipe.read(into); });
//   LETTERPRESS_TRY(input.read_to(store));         // a Receiver, as a Press has one
//
// The bytes of a stream follow from the input, the options and the keys alone. What comes out of
// one is checked: frames, blocks, ids, records, the shape of recipes; not their digests, which
// letterpress/rebuild.h checks when it makes an entry again. A stream that is truncated, reordered,
// repeated or hostile gives kCorrupt, one of a newer version kUnsupported, with the offset in the
// text and in position(); what came up to the last end_group() is whole, and can be kept.
//
// Threads: each is used by one thread at a time. Memory: two frames, at most 16 MiB, and a block
// that is opened to check its ids.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "letterpress/api.h"
#include "letterpress/chunk.h"
#include "letterpress/press.h"
#include "letterpress/result.h"

namespace letterpress {

struct StreamOptions {
  std::optional<HashKey> key = std::nullopt;  // of ids and digests, if they are keyed
  // Writing: whether the run has PressOptions::known_ids. A stream that borrows nothing is another
  // one with this than without.
  bool borrows_chunks = false;
};

// A Receiver that writes a stream. The run must number its blocks from 0
// (PressOptions::first_block_number), and have StreamOptions::key for both, ids and digests: other
// numbers and ids end it with kInvalidArgument; a digest key that is another shows only as a file
// that does not come back.
class LETTERPRESS_API StreamOutput final : public Receiver {
 public:
  // Takes the next bytes of the stream. Its errors end the run, and come back unchanged.
  using Write = std::function<Status(std::span<const std::uint8_t>)>;
  explicit StreamOutput(Write write, StreamOptions options = {});
  StreamOutput(StreamOutput&&) = delete;
  ~StreamOutput() override;

  Status put_block(PressedBlock&& block) override;
  Status put_part(PressedPart&& part) override;
  Status put_moved(const std::string& from, const std::string& to) override;
  Status end_group() override;
  Status put_borrowed(BorrowedBlock&& block) override;
  // The last frame, once Press::finish() has succeeded. kInvalidArgument if it was written before,
  // or the run is in the middle of a group. Never after a run that failed or was cancelled: without
  // the last frame every reader knows that the stream is cut short.
  Status finish();

  std::uint64_t bytes_written() const noexcept;

 private:
  class LETTERPRESS_INSIDE State;
  std::unique_ptr<State> state_;
};

// How far a stream was read, and how much of it was whole.
struct StreamPosition {
  std::uint64_t bytes = 0;        // up to the end of the last whole frame
  std::uint64_t group_bytes = 0;  // up to the end of the last whole group
  std::uint64_t groups = 0;
  std::uint64_t entries = 0;    // that were complete, without abandoned ones
  std::uint64_t raw_bytes = 0;  // of all parts
  bool is_complete = false;     // up to the end of the stream
  // docs/STREAM.md, "Errors": the name of what is wrong with the stream; empty if nothing is, or it
  // was an error of Read or of the receiver. The offset is that of the frame. Valid for ever, and
  // with a zero byte behind it.
  std::string_view error_name = {};
  std::uint64_t error_offset = 0;
};

class LETTERPRESS_API StreamInput {
 public:
  // Fills what it is given with the next bytes of the stream, fewer only at their end; gives how
  // many. Its errors come back unchanged.
  using Read = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;
  explicit StreamInput(Read read, StreamOptions options = {});
  StreamInput(StreamInput&&) noexcept;
  StreamInput& operator=(StreamInput&&) noexcept;
  ~StreamInput();

  // Reads the stream to its end, once, and gives what is in it, as a Press would: blocks, parts,
  // moves and group ends, in order, and borrowed blocks for chunks that the stream leaves out
  // (`letterpress press --known`). find_stored() is not called. Errors of the receiver come back
  // unchanged.
  Status read_to(Receiver& receiver);

  const StreamPosition& position() const noexcept;

 private:
  class LETTERPRESS_INSIDE State;
  std::unique_ptr<State> state_;
};

}  // namespace letterpress
