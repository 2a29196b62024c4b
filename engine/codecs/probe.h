// SPDX-License-Identifier: Apache-2.0
// A quick look that decides whether compressing a chunk can pay. Pure function; costs about 1 us.
#pragma once

#include "base/bytes.h"

namespace letterpress::codecs {

// True for bytes whose distribution is flat: images, archives, encrypted data. Short chunks are
// never called incompressible: their table would cost more than they.
bool looks_incompressible(ByteView chunk) noexcept;

}  // namespace letterpress::codecs
