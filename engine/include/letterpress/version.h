// SPDX-License-Identifier: Apache-2.0
// Which letterpress this is.
//
//   static_assert(letterpress::kVersionMajor == 0);   // of the headers
//   std::puts(letterpress::version());   // of the library that was loaded, as "0.1.0"
//
// Until 1.0 a new minor version may change the interface; the shared library's name changes with
// it. Formats have versions of their own (docs/STREAM.md).
#pragma once

#include "letterpress/api.h"

namespace letterpress {

// Of the headers.
inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionPatch = 0;

LETTERPRESS_API const char* version() noexcept;

}  // namespace letterpress
