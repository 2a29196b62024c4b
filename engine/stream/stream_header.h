// SPDX-License-Identifier: Apache-2.0
// The first frame of a stream: what a reader must know before the rest (docs/STREAM.md, "Header").
#pragma once

#include "base/bytes.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress::stream {

struct StreamHeader {
  bool is_keyed = false;
  // Tells keys apart without telling them: the first 8 bytes of the key's hash. Zero if not keyed.
  std::uint64_t key_check = 0;
  std::uint32_t chunk_bytes_min = 0;
  std::uint32_t chunk_bytes_avg = 0;
  std::uint32_t chunk_bytes_max = 0;
  friend bool operator==(const StreamHeader&, const StreamHeader&) = default;
};

// What a stream that is keyed with `key` has in its header.
std::uint64_t key_check_of(const HashKey& key) noexcept;

Bytes encode_stream_header(const StreamHeader& header);
// kUnsupported for a newer version, kCorrupt for what is no letterpress stream.
Result<StreamHeader> decode_stream_header(ByteView body);

// What a whole stream held; in its last frame.
struct StreamTotals {
  std::uint64_t entries = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t chunks = 0;
  friend bool operator==(const StreamTotals&, const StreamTotals&) = default;
};

}  // namespace letterpress::stream
