// SPDX-License-Identifier: Apache-2.0
// How the program uses memory: see operator_new.cc.
#pragma once

namespace letterpress::cli {

// From here on a buffer has pages of its own. A smaller one could not have a huge page.
inline constexpr int kLargeBufferBytes = 2 << 20;

// Call first in main().
void set_up_memory();

}  // namespace letterpress::cli
