// SPDX-License-Identifier: Apache-2.0
// The boundary of a multipart, and the lines that it makes (RFC 2046, section 5.1.1).
//
//   if (match_boundary(line, boundary) == BoundaryMatch::kDelimiter) ...
//
// Plain values of fixed size; pure functions; any thread.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "mail/limits.h"

namespace letterpress::mail {

struct Boundary {
  std::uint8_t size = 0;   // 0 also if it is longer than kBoundaryBytesMax
  bool is_digest = false;  // of a multipart/digest, whose parts are messages by default
  std::array<char, kBoundaryBytesMax> bytes{};

  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

enum class BoundaryMatch : std::uint8_t {
  kNone,
  kDelimiter,  // a part begins
  kClose,      // the multipart ends
};

// `line` begins with `--`; it may have its line ending. Linear in the shorter of the two, and in
// the blanks that follow.
BoundaryMatch match_boundary(std::string_view line, const Boundary& boundary) noexcept;

}  // namespace letterpress::mail
