// SPDX-License-Identifier: Apache-2.0
// Data that somebody made who knows the cut points: what is cut as often as can be, as seldom as
// can be, and what makes the search look twice.
#pragma once

#include <string>
#include <vector>

#include "chunking/cut_scan.h"
#include "chunking/generated_input.h"
#include "chunking/window_hash.h"

namespace letterpress::chunking::test {

// Changes three bytes before `position`, so that it has this mark. Each of them changes one of the
// hashes and not the shorter ones.
inline void set_mark(std::uint8_t* position, std::uint32_t mark) {
  for (const unsigned shift : {0U, 8U, 16U}) {
    std::uint8_t& byte = position[shift == 0 ? -1 : shift == 8 ? -9 : -17];
    while (((mark_of(position) ^ mark) >> shift & 0xff) != 0) ++byte;
  }
}

// Has the first `bits` bits of the target, and not the next.
inline std::uint32_t mark_with(unsigned bits) {
  return bits == kMarkBits ? kTarget : kTarget ^ 1U << (kMarkBits - 1 - bits);
}

struct ChosenInput {
  std::string name;
  Bytes bytes;
};

inline Bytes repeated(const Bytes& period, std::size_t size) {
  Bytes bytes;
  bytes.reserve(size + period.size());
  while (bytes.size() < size) append(bytes, period);
  bytes.resize(size);
  return bytes;
}

// A marked position, again and again, this far from the one before.
inline Bytes marked_every(std::size_t distance, unsigned bits, std::size_t size) {
  Bytes period = generated_input("random:21:" + std::to_string(distance));
  set_mark(period.data() + distance, mark_with(bits));
  return repeated(period, size);
}

// All of `size` bytes. Against the default sizes; other sizes get the same data.
inline std::vector<ChosenInput> chosen_inputs(std::size_t size) {
  const CutParams params;
  std::vector<ChosenInput> all;
  for (unsigned byte = 0; byte < 256; ++byte) {
    all.push_back({"byte_" + std::to_string(byte), Bytes(size, static_cast<std::uint8_t>(byte))});
  }
  for (std::size_t period = 2; period <= 64; ++period) {
    const std::string number = std::to_string(period);
    all.push_back({"period_" + number, generated_input("repeat:" + std::to_string(30 + period) +
                                                       ":" + number + ":" + std::to_string(size))});
  }
  // Cut at the first place that is allowed, at the last before the average, behind it, and never.
  all.push_back({"cut_at_min", marked_every(params.chunk_bytes_min, 24, size)});
  all.push_back({"cut_before_avg", marked_every(params.chunk_bytes_avg - 1, 24, size)});
  all.push_back({"cut_behind_avg", marked_every(params.chunk_bytes_avg + 1, 12, size)});
  all.push_back({"marks_every_32", marked_every(32, 24, size)});
  all.push_back({"marks_every_33", marked_every(33, 24, size)});
  // Marked with as many bits as one fewer than what is asked for before the average.
  all.push_back({"almost_every_32", marked_every(32, 15, size)});
  all.push_back({"almost_every_64", marked_every(64, 11, size)});
  // Runs of zeros that end as soon as they are noticed.
  Bytes zeros(40);
  zeros.back() = 1;
  all.push_back({"zeros_39_and_one", repeated(zeros, size)});
  zeros.resize(4096 + 33);
  zeros.back() = 1;
  all.push_back({"zeros_4128_and_one", repeated(zeros, size)});
  return all;
}

}  // namespace letterpress::chunking::test
