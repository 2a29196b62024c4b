// SPDX-License-Identifier: Apache-2.0
// The definition of the line search.
#include <cstring>

#include "mail/line_search.h"

namespace letterpress::mail {
namespace {

// What the end of the text cuts off is `size` < kUnbrokenBytes.
bool matters_in_body(const std::uint8_t* line, std::size_t size) noexcept {
  if (size >= 2 && line[0] == '-' && line[1] == '-') return true;
  if (size >= 2 && line[0] == 'F' && line[1] == 'r') return true;
  if (size < kUnbrokenBytes) return false;
  for (std::size_t i = 0; i < kUnbrokenBytes; ++i) {
    if (line[i] <= ' ' || line[i] > 0x7f) return false;
  }
  return true;
}

bool matters_in_header(const std::uint8_t* line, std::size_t size) noexcept {
  if (line[0] == ' ' || line[0] == '\t') return false;
  if (line[0] == 'C' || line[0] == 'c' || line[0] == '-') return true;
  std::size_t name = 0;
  while (name < size && line[name] > ' ' && line[name] < 0x7f && line[name] != ':') ++name;
  return name == 0 || name == size || line[name] != ':';
}

template <bool (*kMatters)(const std::uint8_t*, std::size_t) noexcept>
std::size_t find_line(const std::uint8_t* text, std::size_t from, std::size_t size) noexcept {
  std::size_t at = from;
  while (at < size && !kMatters(text + at, size - at)) {
    const void* end = std::memchr(text + at, '\n', size - at);
    if (end == nullptr) return size;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - text) + 1;
  }
  return at;
}

}  // namespace

constinit const LineKernel kLineScalar = {CpuTier::kScalar, find_line<matters_in_body>,
                                          find_line<matters_in_header>};

}  // namespace letterpress::mail
