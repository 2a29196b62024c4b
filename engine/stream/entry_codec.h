// SPDX-License-Identifier: Apache-2.0
// Metadata as bytes, shared by stream frames and a vault's tree (docs/STREAM.md, "Metadata").
#pragma once

#include "base/byte_cursor.h"
#include "letterpress/result.h"
#include "stream/entry.h"

namespace letterpress::stream {

void append_metadata(Bytes& out, const Metadata& metadata);
// kCorrupt if a field is out of its limits; the cursor is then anywhere.
Result<Metadata> read_metadata(ByteCursor& cursor);

void append_text(Bytes& out, std::string_view text);  // varint length, then the bytes
std::string read_text(ByteCursor& cursor);            // on failure empty, and the cursor says so

}  // namespace letterpress::stream
