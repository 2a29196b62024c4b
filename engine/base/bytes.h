// SPDX-License-Identifier: Apache-2.0
// The byte types of the engine: a view, and buffers that own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace letterpress {

using ByteView = std::span<const std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

// What resize() adds has no value until it is written. For what a stage of the hot path fills: to
// set it to zero first costs as much as to fill it.
template <class Byte>
struct UnsetAllocator : std::allocator<Byte> {
  template <class Other>
  struct rebind {
    using other = UnsetAllocator<Other>;
  };
  void construct(Byte* at) noexcept { ::new (static_cast<void*>(at)) Byte; }
  void construct(Byte* at, Byte byte) noexcept { ::new (static_cast<void*>(at)) Byte(byte); }
};
using UnsetBytes = std::vector<std::uint8_t, UnsetAllocator<std::uint8_t>>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// The standard library copies at once only what has its own allocator.
inline void append(UnsetBytes& out, ByteView bytes) {
  if (bytes.empty()) return;
  const std::size_t old_size = out.size();
  out.resize(old_size + bytes.size());
  std::memcpy(out.data() + old_size, bytes.data(), bytes.size());
}

}  // namespace letterpress
