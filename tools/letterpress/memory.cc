// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/memory.h"

#include <malloc.h>

namespace letterpress::cli {

void set_up_memory() {
  constexpr int kTrimBytes = 16 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBufferBytes);
  ::mallopt(M_TRIM_THRESHOLD, kTrimBytes);
}

}  // namespace letterpress::cli
