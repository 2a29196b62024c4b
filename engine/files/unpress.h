// SPDX-License-Identifier: Apache-2.0
// The way back from an interchange stream to files.
//
//   LETTERPRESS_TRY_ASSIGN(UnpressReport report, unpress(input, {.to = "/srv/back"}));
//
// Blocks that later entries may need are kept, still compressed, in an unnamed spool file in the
// destination; or left where they are, if the input is a file that can seek. Memory: 24 bytes a
// block in a table, 64 MiB of opened blocks, two frames. Every byte written was checked. What
// cannot be rebuilt is left out and named; an error means that the stream itself ends or is damaged
// at the offset that it names: all entries before are there.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "base/file.h"
#include "letterpress/chunk.h"
#include "stream/source.h"
#include "stream/stream_reader.h"

namespace letterpress::files {

struct UnpressOptions {
  std::string to;  // the spool file is here, too
  bool into = false;
  // Set: no tree is made, and the content of the stream's only file goes here.
  std::function<Status(ByteView)> single_output;
  std::optional<HashKey> digest_key;  // for a keyed stream
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const stream::Problem&)> on_problem;
  std::function<void(std::uint64_t stream_bytes, std::uint64_t raw_bytes)> on_progress;
};

struct UnpressReport {
  std::uint64_t entries = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stream_bytes = 0;
  std::uint64_t damaged = 0;  // entries that could not be rebuilt
  std::uint64_t unmade = 0;   // entries that the destination did not take
};

Result<UnpressReport> unpress(File& input, const UnpressOptions& options);

}  // namespace letterpress::files
