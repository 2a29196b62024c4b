// SPDX-License-Identifier: Apache-2.0
// Stores CRLF text as LF text, so that the same mail from two servers is the same bytes.
//
// Text qualifies if it has a line feed and a carriage return stands before every one; those
// carriage returns are dropped, and putting one before every line feed gives the text back
// (docs/STREAM.md, "Transforms"). Pure functions; any thread; linear.
#pragma once

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::mail {

// Appends `text` without them and gives true; or gives false, with `stored` as it was.
bool undo_crlf(ByteView text, UnsetBytes& stored);

// Appends raw_bytes bytes. kCorrupt, with `out` as it was, if `stored` does not make exactly as
// many.
Status redo_crlf(ByteView stored, std::size_t raw_bytes, UnsetBytes& out);

// Whether redo_crlf() would give exactly `text`.
bool redoes_crlf(ByteView stored, ByteView text) noexcept;

}  // namespace letterpress::mail
