// SPDX-License-Identifier: Apache-2.0
// The first frame of a stream: what a reader must know before the rest (docs/STREAM.md, "Header").
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"
#include "stream/fault.h"

namespace letterpress::stream {

// Features that a header names when a reader must know them (docs/STREAM.md, "Versions").
inline constexpr std::string_view kFeatureBorrowedChunks = "borrowed-chunks";

struct StreamHeader {
  bool is_keyed = false;
  // Tells keys apart without telling them: the first 8 bytes of the key's hash. Zero if not keyed.
  std::uint64_t key_check = 0;
  std::uint32_t chunk_bytes_min = 0;
  std::uint32_t chunk_bytes_avg = 0;
  std::uint32_t chunk_bytes_max = 0;
  // Whether the stream relies on chunks that it does not carry.
  bool borrows_chunks = false;
  friend bool operator==(const StreamHeader&, const StreamHeader&) = default;
};

// What a stream that is keyed with `key` has in its header.
std::uint64_t key_check_of(const HashKey& key) noexcept;

// Why a reader with this key, or with none, must not read the stream: kKeyNeeded, kWrongKey. A
// stream without a key is wrong for who has one: who can replace a stream must not get past the key
// by leaving it out.
std::optional<StreamFault> find_key_fault(const StreamHeader& header,
                                          const std::optional<HashKey>& key);

Bytes encode_stream_header(const StreamHeader& header);
// kUnsupported for a newer version or a feature that this one lacks, kCorrupt for what is no
// letterpress stream. `fault` is set with an error.
Result<StreamHeader> decode_stream_header(ByteView body, Fault& fault);

// What a whole stream held; in its last frame.
struct StreamTotals {
  std::uint64_t entries = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t chunks = 0;
  friend bool operator==(const StreamTotals&, const StreamTotals&) = default;
};

}  // namespace letterpress::stream
