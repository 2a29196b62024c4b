// SPDX-License-Identifier: Apache-2.0
// Tar archives (POSIX ustar and pax, GNU), as far as the mail in them has to be found: where the
// members are, and which of them are files. Names and times stay bytes like any other.
//
//   TarWalk walk;                                         // at the beginning of an archive
//   std::uint64_t at = walk.next_header(window, from);    // a good end for a segment
//   walk.pass(window.first(end));                         // goes on behind it
//
// Nothing here allocates; linear; whatever the bytes, nothing outside the view is read.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace letterpress::mail {

// Headers and contents take whole blocks.
inline constexpr std::size_t kTarBlockBytes = 512;

struct TarHeader {
  std::uint64_t content_bytes = 0;  // without what fills its last block
  bool is_file = false;             // false: the content, if any, is about another member

  std::uint64_t padded_bytes() const noexcept {
    return (content_bytes + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes;
  }
};

// Nothing if there is no whole block, or it has not the magic and the checksum of a header.
std::optional<TarHeader> read_tar_header(ByteView bytes) noexcept;

// Follows the headers of an archive from segment to segment.
class TarWalk {
 public:
  // The first header at or behind window[from]. It may lie behind the window; if the window ends
  // before that is known, what is returned does.
  std::uint64_t next_header(ByteView window, std::uint64_t from) const noexcept;

  void pass(ByteView bytes) noexcept;

  // 0 where the next byte begins a header.
  std::uint64_t bytes_to_header() const noexcept { return to_header_; }

 private:
  std::uint64_t to_header_ = 0;
};

}  // namespace letterpress::mail
