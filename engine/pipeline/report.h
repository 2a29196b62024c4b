// SPDX-License-Identifier: Apache-2.0
// What a run has done so far. Plain counts; the same for any thread count.
#pragma once

#include <array>
#include <cstdint>

#include "base/limits.h"
#include "letterpress/chunk.h"

namespace letterpress::pipeline {

struct PressTotals {
  std::uint64_t entries = 0;  // of every type
  std::uint64_t files = 0;
  std::uint64_t files_read = 0;
  std::uint64_t files_unchanged = 0;  // not read, or read and found to be as stored
  std::uint64_t messages = 0;         // in what was read
  std::uint64_t raw_bytes = 0;        // read
  std::uint64_t known_bytes = 0;      // of files that were not read
  std::uint64_t base64_bytes = 0;     // of raw_bytes, undone
  std::uint64_t groups = 0;

  struct OfKind {
    std::uint64_t chunks = 0;  // cut
    std::uint64_t chunk_bytes = 0;
    std::uint64_t new_chunks = 0;    // not stored before
    std::uint64_t new_bytes = 0;     // before compression
    std::uint64_t stored_bytes = 0;  // after it, without tables
  };
  std::array<OfKind, kKindCount> kinds{};
};

}  // namespace letterpress::pipeline
