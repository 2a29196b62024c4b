// SPDX-License-Identifier: Apache-2.0
// Frames of the interchange stream (docs/STREAM.md): type, length, body, checksum.
#pragma once

#include <array>

#include "base/bytes.h"

namespace letterpress::stream {

// Part of the format; do not change values.
enum class FrameType : std::uint8_t {
  kHeader = 'H',
  kBlock = 'B',
  kBorrowed = 'K',
  kEntries = 'E',
  kGroupEnd = 'G',
  kEnd = 'Z',
};

inline constexpr std::array<std::uint8_t, 8> kStreamMagic = {'L', 'P', 'S', 'T',
                                                             'R', 'E', 'A', 'M'};
inline constexpr std::uint16_t kStreamVersion = 1;

inline constexpr std::size_t kFrameHeadBytes = 8;  // type 1 + zero 3 + body length 4
inline constexpr std::size_t kFrameSumBytes = 8;   // XXH3-64 over head and body
// Entry records of a group, before they are compressed together. One record may be larger: a recipe
// of up to 8 MiB.
inline constexpr std::size_t kEntriesBytesTarget = 256 * 1024;
inline constexpr std::size_t kEntriesBytesMax = 8 * 1024 * 1024;
// Bits of a record's first byte.
inline constexpr std::uint8_t kRecordFirst = 1;      // path and metadata follow
inline constexpr std::uint8_t kRecordLast = 2;       // the entry is complete
inline constexpr std::uint8_t kRecordAbandoned = 4;  // with last: forget the entry
inline constexpr std::uint8_t kRecordMoved = 8;      // alone: two paths, from and to
inline constexpr std::size_t kHeaderBodyBytesMin = 32;
inline constexpr std::size_t kHeaderBodyBytesMax = 4096;
// A block of 65,536 chunks: 4 MiB of payload, 2 MiB of ids, 192 KiB of lengths, and its head.
inline constexpr std::size_t kFrameBodyBytesMax = 8 * 1024 * 1024;

// Appends head and checksum around `body`.
void append_frame(FrameType type, ByteView body, Bytes& out);

struct FrameHead {
  std::uint8_t type;
  std::uint32_t body_bytes;
  bool is_valid;  // type is a letter, its zero bytes are zero, and the length is in its limit
};
FrameHead decode_frame_head(ByteView head) noexcept;  // kFrameHeadBytes

// Whether a reader that does not know the type passes over the frame: its letter is a small one.
inline bool is_optional_frame(std::uint8_t type) noexcept { return type >= 'a' && type <= 'z'; }

std::uint64_t frame_sum(ByteView head_and_body) noexcept;

}  // namespace letterpress::stream
