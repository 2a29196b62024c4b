// SPDX-License-Identifier: Apache-2.0
// A quick look that decides whether compressing a chunk can pay. Pure function; costs about a third
// of a microsecond.
#pragma once

#include "base/bytes.h"

namespace letterpress::codecs {

// True for bytes whose distribution is flat: images, archives, encrypted data. Chunks under
// 2 KiB are never called so: little is saved by it.
bool looks_incompressible(ByteView chunk) noexcept;

}  // namespace letterpress::codecs
