// SPDX-License-Identifier: Apache-2.0
// The headers of a tar archive in POSIX's pax format.
//
//   append_tar_header(out, entry, size_bytes);   // then the content, then
//   append_tar_filling(out, size_bytes);         // up to the next block; and behind the last entry
//   append_tar_end(out, archive_bytes);
//
// Names and link targets are bytes. They stand in the header itself where they fit, whatever bytes
// they are; longer ones are in a pax header, marked as binary where they are no UTF-8. Owners are
// numbers. What the old fields cannot hold (fractions of seconds, times before 1970, sizes from
// 8 GiB on, ids from 2^21 on) is in a pax header too.
//
// libarchive writes such archives as well, but converts names with the process's locale, which a
// library must not set: without, it marks every name outside of ASCII as binary, and GNU tar
// complains of each; and 3.6 turns -4.75 seconds into -5.25.
// Pure functions of their arguments; any thread.
#pragma once

#include "base/bytes.h"
#include "stream/entry.h"

namespace letterpress::exports {

inline constexpr std::size_t kTarBlockBytes = 512;
// Tapes were written in records, and readers still expect whole ones.
inline constexpr std::size_t kTarRecordBytes = 20 * kTarBlockBytes;

// `size_bytes` is of a file's content; 0 for all else.
void append_tar_header(Bytes& out, const stream::Entry& entry, std::uint64_t size_bytes);

constexpr std::size_t tar_filling_bytes(std::uint64_t size_bytes) noexcept {
  return static_cast<std::size_t>((kTarBlockBytes - size_bytes % kTarBlockBytes) % kTarBlockBytes);
}
void append_tar_filling(Bytes& out, std::uint64_t size_bytes);

// `archive_bytes`: how long the archive is without.
void append_tar_end(Bytes& out, std::uint64_t archive_bytes);

}  // namespace letterpress::exports
