// SPDX-License-Identifier: Apache-2.0
// Damages bytes as a fuzzer's input says: bits, numbers, cuts, stretches that are gone or doubled.
//
//   Bytes file = good;
//   damage(input, file);           // up to 8 changes; none if the input is at its end
#pragma once

#include "fuzz_input.h"

namespace letterpress::fuzz {

inline void damage_once(FuzzInput& input, Bytes& bytes) {
  const auto what = input.up_to(6);
  const std::size_t at = bytes.empty() ? 0 : input.size_up_to(bytes.size() - 1);
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const std::size_t count = std::min(input.size_up_to(64), bytes.size() - at);
  const auto to = from + static_cast<std::ptrdiff_t>(count);
  if (bytes.empty()) {
    bytes.push_back(static_cast<std::uint8_t>(what));
  } else if (what == 0) {
    *from ^= static_cast<std::uint8_t>(1U << (count % 8));
  } else if (what == 1) {
    *from = static_cast<std::uint8_t>(input.up_to(255));
  } else if (what == 2) {
    bytes.resize(at);
  } else if (what == 3) {
    bytes.erase(from, to);
  } else if (what == 4) {
    const Bytes again(from, to);
    bytes.insert(to, again.begin(), again.end());
  } else if (what == 5) {
    std::fill(from, to, static_cast<std::uint8_t>(input.flag() ? 0xff : 0));
  } else {
    const ByteView given = input.take(count);
    bytes.insert(from, given.begin(), given.end());
  }
}

inline bool damage(FuzzInput& input, Bytes& bytes) {
  const auto count = input.up_to(8);
  for (std::uint64_t i = 0; i < count; ++i) damage_once(input, bytes);
  return count > 0;
}

}  // namespace letterpress::fuzz
