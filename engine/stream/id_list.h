// SPDX-License-Identifier: Apache-2.0
// The ids of chunks as text, to ask a receiver what it has (docs/STREAM.md, "Id list").
//
//   IdListWriter list(header, output);                 // a Sink: writes the id of every new chunk
//   LETTERPRESS_TRY(press(source, index, options, list));
//   LETTERPRESS_TRY(list.finish());
//
//   LETTERPRESS_TRY_ASSIGN(index::ChunkIndex has, read_id_list(file, header));
//
// Of the header it matters whether it is keyed, and with which key. Neither is thread-safe.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"
#include "index/chunk_index.h"
#include "stream/sink.h"
#include "stream/stream_header.h"

namespace letterpress::stream {

class IdListWriter : public Sink {
 public:
  using Output = std::function<Status(ByteView)>;
  IdListWriter(const StreamHeader& header, Output output);

  Status put_block(Block&& block) override;
  Status put_borrowed(Block&& /*block*/) override { return Ok{}; }
  Status put_entry(PressedEntry&& /*entry*/) override { return Ok{}; }
  Status put_moved(Moved&& /*moved*/) override { return Ok{}; }
  Status end_group() override { return Ok{}; }
  Status finish();

  std::uint64_t count() const noexcept { return count_; }

 private:
  Status write();

  Output output_;
  std::string text_;  // not written yet
  std::uint64_t count_ = 0;
};

// The places in the index do not count. kInvalidArgument, with the line, if it is no such list or
// one of another key. Memory: 24 bytes an id.
Result<index::ChunkIndex> read_id_list(File& file, const StreamHeader& header);

}  // namespace letterpress::stream
