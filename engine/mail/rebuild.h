// SPDX-License-Identifier: Apache-2.0
// Makes original bytes from stored bytes: what a restore does, and what the splitter checks with.
//
//   LETTERPRESS_TRY(rebuild(transform, layout, stored, raw_bytes, out));
//
// Appends raw_bytes bytes. Pure functions; any thread; linear in raw_bytes and the layout.
// kCorrupt, with `out` as it was, if the stored bytes do not make exactly raw_bytes bytes or the
// transform is unknown. Nothing that a damaged store can hold makes them write or allocate more
// than raw_bytes and what that grows to.
#pragma once

#include "base/bytes.h"
#include "letterpress/result.h"
#include "mail/splitter.h"

namespace letterpress::mail {

// `layout` is empty but for Transform::kBase64. raw_bytes is at most kSegmentBytesMax, else
// kCorrupt.
Status rebuild(Transform transform, ByteView layout, ByteView stored, std::size_t raw_bytes,
               UnsetBytes& out);

}  // namespace letterpress::mail
