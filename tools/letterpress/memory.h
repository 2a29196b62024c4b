// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace letterpress::cli {

// Call first in main().
void set_up_memory();

}  // namespace letterpress::cli
