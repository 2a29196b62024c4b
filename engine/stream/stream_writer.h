// SPDX-License-Identifier: Apache-2.0
// Writes the interchange stream: a Sink whose calls become frames (docs/STREAM.md).
//
//   StreamWriter writer(header, [&](ByteView bytes) { return file.write(bytes); });
//   LETTERPRESS_TRY(press(source, options, writer));   // pipeline/press.h
//   LETTERPRESS_TRY(writer.finish());
//
// After an error from `output` the stream is cut short, as a reader will say, and the writer is of
// no further use. Not thread-safe. Buffers one frame, and entry records up to 256 KiB.
#pragma once

#include <functional>

#include "hashing/blake3.h"
#include "stream/frame.h"
#include "stream/sink.h"
#include "stream/stream_header.h"

namespace letterpress::stream {

class StreamWriter : public Sink {
 public:
  using Output = std::function<Status(ByteView)>;
  StreamWriter(const StreamHeader& header, Output output);

  Status put_block(Block&& block) override;
  Status put_borrowed(Block&& block) override;  // needs StreamHeader::borrows_chunks
  Status put_entry(PressedEntry&& entry) override;
  Status put_moved(Moved&& moved) override;
  Status end_group() override;
  // Writes the last frame. A stream without it is incomplete.
  Status finish();

  const StreamTotals& totals() const noexcept { return totals_; }
  std::uint64_t bytes_written() const noexcept { return bytes_written_; }
  std::uint64_t block_bytes_written() const noexcept { return block_bytes_written_; }
  // Of totals().chunks, those that the stream does not carry, and the bytes that they have.
  std::uint64_t borrowed_chunks() const noexcept { return borrowed_chunks_; }
  std::uint64_t borrowed_bytes() const noexcept { return borrowed_bytes_; }

 private:
  Status write_header();
  Status write_frame(FrameType type);
  Status write_full_entries();
  Status write_entries();

  StreamHeader header_;
  Output output_;
  StreamTotals totals_;
  hashing::Hasher sums_;  // over the checksums of all frames, in order
  codecs::BlockCodec codec_;
  Bytes records_;  // of entries, until they are worth a frame
  Bytes compressed_;
  Bytes body_;
  Bytes frame_;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t block_bytes_written_ = 0;
  std::uint64_t borrowed_chunks_ = 0;
  std::uint64_t borrowed_bytes_ = 0;
};

}  // namespace letterpress::stream
