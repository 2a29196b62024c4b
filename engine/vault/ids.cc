// SPDX-License-Identifier: Apache-2.0
#include "vault/ids.h"

#include <sys/random.h>

#include <cerrno>

#include "base/file.h"

namespace letterpress::vault {

Status fill_random(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(errno, "random numbers from the system");
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return Ok{};
}

}  // namespace letterpress::vault
