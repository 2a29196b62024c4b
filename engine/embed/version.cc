// SPDX-License-Identifier: Apache-2.0
#include "letterpress/version.h"

namespace letterpress {

// LETTERPRESS_VERSION is the build's; a test compares it with the headers'.
const char* version() noexcept { return LETTERPRESS_VERSION; }

}  // namespace letterpress
