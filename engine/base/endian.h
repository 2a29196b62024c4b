// SPDX-License-Identifier: Apache-2.0
// Little-endian integers in byte buffers, whatever the alignment and the machine.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>

#include "base/bytes.h"

namespace letterpress {

template <std::unsigned_integral T>
T load_le(const std::uint8_t* from) noexcept {
  static_assert(std::endian::native == std::endian::little, "add a byte swap for this machine");
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <std::unsigned_integral T>
void store_le(std::uint8_t* to, T value) noexcept {
  static_assert(std::endian::native == std::endian::little, "add a byte swap for this machine");
  std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral T>
void append_le(Bytes& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_le(out.data() + at, value);
}

}  // namespace letterpress
