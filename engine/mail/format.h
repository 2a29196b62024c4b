// SPDX-License-Identifier: Apache-2.0
// What an entry's bytes are, told by content and never by name. A wrong guess may cost ratio, never
// a byte.
//
//   const Format format = recognise(first_bytes);
//
// Pure functions; any thread; they read nothing outside the view and allocate nothing; linear time.
#pragma once

#include "base/bytes.h"

namespace letterpress::mail {

enum class Format : std::uint8_t { kPlain, kMessage, kMbox, kTar };

// As many of an entry's first bytes as recognise() wants; fewer if the entry is shorter.
inline constexpr std::size_t kRecogniseBytes = 64 * 1024;

Format recognise(ByteView first_bytes) noexcept;

// Where the segment that starts at window[0] ends: the first good border at or after `from` and
// after 0, else window.size(). In an mbox a border is the start of a message or, if there is none,
// the last start of a line; in a message the first start of a line. A window that does not end
// where its entry ends should be longer than `from` by the longest message that is to stay whole.
// Requires from <= window.size(). Not for plain data, whose borders are cut points, nor for tar
// archives, whose borders TarWalk (mail/tar.h) finds: window.size().
std::size_t segment_end(ByteView window, std::size_t from, Format format) noexcept;

// Whether an mbox message begins at window[at]: what segment_end() found is such a start, or the
// best there was. Looks at the line before and at this one. False at the end of the window.
bool is_message_start(ByteView window, std::size_t at) noexcept;

}  // namespace letterpress::mail
