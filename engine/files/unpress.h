// SPDX-License-Identifier: Apache-2.0
// The way back from an interchange stream to files.
//
//   LETTERPRESS_TRY_ASSIGN(UnpressReport report, unpress(input, {.to = "/srv/back"}));
//   if (report.fault) ...   // the stream is not whole; what could be restored is
//
// Blocks that later entries may need are kept, still compressed, in an unnamed spool file in the
// destination; or left where they are, if the input is a file that can seek. Memory: 24 bytes a
// block in a table, 64 MiB of opened blocks, two frames, what `earlier` needs, and for links, moves
// and folders 64 MiB and 64 times the stream at most (else kLimitExceeded). Every byte written was
// checked. What cannot be rebuilt is left out and named. A stream that is cut short or damaged is
// no error of this call: the report says how much of it was whole, and that much is there. An error
// is one of the input, the destination or the arguments.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "base/file.h"
#include "letterpress/chunk.h"
#include "stream/earlier_streams.h"
#include "stream/source.h"
#include "stream/stream_reader.h"

namespace letterpress::files {

struct UnpressOptions {
  std::string to;  // the spool file is here, too
  bool into = false;
  bool resume = false;  // go on with a call that was interrupted: see files/restorer.h
  // Set: no tree is made, and the content of the stream's only file goes here.
  std::function<Status(ByteView)> single_output;
  std::optional<HashKey> digest_key;          // for a keyed stream
  stream::EarlierStreams* earlier = nullptr;  // have the chunks that this one borrows
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const stream::Problem&)> on_problem;
  std::function<void(std::uint64_t stream_bytes, std::uint64_t raw_bytes)> on_progress;
};

struct UnpressReport {
  std::uint64_t entries = 0;  // restored, those too that were there
  std::uint64_t there = 0;    // files of an interrupted run
  std::uint64_t raw_bytes = 0;
  std::uint64_t stream_bytes = 0;        // of whole frames
  std::uint64_t input_bytes = 0;         // that were read: more, if the stream ends inside a frame
  std::uint64_t groups = 0;              // that ended
  std::uint64_t group_bytes = 0;         // of the stream, up to the end of the last of them
  std::uint64_t damaged = 0;             // entries that could not be rebuilt
  std::uint64_t unmade = 0;              // entries that the destination did not take
  std::uint64_t missing_chunks = 0;      // that the stream borrows and nobody has
  std::optional<ChunkId> missing_chunk;  // the first of them
  bool has_header = false;               // nothing was made without
  bool is_complete = false;              // the stream was read to its end frame
  std::optional<stream::StreamFault> fault;  // the first
};

Result<UnpressReport> unpress(File& input, const UnpressOptions& options);

}  // namespace letterpress::files
