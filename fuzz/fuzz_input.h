// SPDX-License-Identifier: Apache-2.0
// What a fuzzer gives, as the choices of a target: bytes from its front, numbers from its back, so
// that a mutation of one moves none of the others.
//
//   FuzzInput input({data, size});
//   const std::size_t border = input.up_to(100);      // 0 .. 100
//   const ByteView text = input.rest();               // what no number took
//
// At the end of the input every number is 0 and every view empty.
#pragma once

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"

namespace letterpress::fuzz {

class FuzzInput {
 public:
  explicit FuzzInput(ByteView bytes) noexcept : bytes_(bytes) {}

  bool is_empty() const noexcept { return bytes_.empty(); }
  std::size_t remaining() const noexcept { return bytes_.size(); }

  // A number of as many bytes as `largest` needs.
  std::uint64_t up_to(std::uint64_t largest) noexcept {
    std::uint64_t value = 0;
    for (std::uint64_t left = largest; left > 0 && !bytes_.empty(); left >>= 8) {
      value = value << 8 | bytes_.back();
      bytes_ = bytes_.first(bytes_.size() - 1);
    }
    return largest == UINT64_MAX ? value : value % (largest + 1);
  }
  std::size_t size_up_to(std::size_t largest) noexcept {
    return static_cast<std::size_t>(up_to(largest));
  }
  std::uint64_t from_to(std::uint64_t least, std::uint64_t largest) noexcept {
    return least + up_to(largest - least);
  }
  bool flag() noexcept { return (up_to(255) & 1) != 0; }

  // Fewer at the end.
  ByteView take(std::size_t count) noexcept {
    const ByteView taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  ByteView rest() noexcept { return take(bytes_.size()); }

 private:
  ByteView bytes_;
};

// An input may be a list of items, each behind its length in 2 bytes. The last may be cut short.
inline std::vector<ByteView> items_of(ByteView list) {
  std::vector<ByteView> items;
  while (list.size() > 2) {
    const std::size_t length = load_le<std::uint16_t>(list.data());
    list = list.subspan(2);
    items.push_back(list.first(std::min(length, list.size())));
    list = list.subspan(items.back().size());
  }
  return items;
}

inline void append_item(Bytes& list, ByteView item) {
  item = item.first(std::min<std::size_t>(item.size(), UINT16_MAX));
  append_le(list, static_cast<std::uint16_t>(item.size()));
  append(list, item);
}

}  // namespace letterpress::fuzz
