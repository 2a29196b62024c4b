// SPDX-License-Identifier: Apache-2.0
// Knows the line that begins a message in an mbox file (RFC 4155 and what is found in the wild).
//
//   if (previous_line_is_blank && is_from_line(line)) ...
//
// Pure; any thread; reads kFromLineBytesMax bytes at most. A From_ line is `From `, a sender, which
// archives may have made "user at example.com", and a date: a time of day and a year are looked
// for.
#pragma once

#include "base/bytes.h"

namespace letterpress::mail {

// `line` begins at the start of a line; it may hold its line ending and more. A line that the view
// cuts off before its line ending is none.
bool is_from_line(ByteView line) noexcept;

}  // namespace letterpress::mail
