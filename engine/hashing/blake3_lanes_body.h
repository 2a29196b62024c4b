// SPDX-License-Identifier: Apache-2.0
// The body of a lanes kernel, the same for vectors of any width. A kernel file describes its
// vectors in a struct `Isa` inside its unnamed namespace:
//   Vector                  a GCC vector of std::uint32_t, one for each lane
//   rotate_right<n>(v)      for n = 16, 12, 8, 7
//   load_block(m, blocks)   the 16 words of every lane's block, transposed
// Everything here is a template of that local type and so has internal linkage: code compiled for
// one CPU never serves another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hashing/blake3_compress.h"
#include "hashing/blake3_lanes.h"

namespace letterpress::hashing {

template <class Isa>
[[gnu::always_inline]] inline typename Isa::Vector load_row(const std::uint32_t* row) {
  typename Isa::Vector vector;
  __builtin_memcpy(&vector, row, sizeof vector);
  return vector;
}

// Makes the compiler read the words where they are added, instead of keeping some in registers and
// the state, which is used more often, on the stack.
template <class Vector>
[[gnu::always_inline]] inline void keep_in_memory(const Vector (&m)[16]) {
  asm volatile("" : : "r"(m) : "memory");
}

// The word is added to `a` before `b`, which is known last.
template <class Isa, class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_lanes(Vector& a, Vector& b, Vector& c, Vector& d,
                                             const Vector& x, const Vector& y) {
  a = (a + x) + b;
  d = Isa::template rotate_right<16>(d ^ a);
  c += d;
  b = Isa::template rotate_right<12>(b ^ c);
  a = (a + y) + b;
  d = Isa::template rotate_right<8>(d ^ a);
  c += d;
  b = Isa::template rotate_right<7>(b ^ c);
}

template <class Isa, std::size_t kRound, class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_lanes_round(Vector (&v)[16], const Vector (&m)[16]) {
  constexpr const auto& s = kSchedule.word[kRound];
  keep_in_memory(m);
  mix_lanes<Isa>(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
  mix_lanes<Isa>(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
  mix_lanes<Isa>(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
  mix_lanes<Isa>(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
  keep_in_memory(m);
  mix_lanes<Isa>(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
  mix_lanes<Isa>(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
  mix_lanes<Isa>(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
  mix_lanes<Isa>(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

template <class Isa>
[[gnu::always_inline]] inline void compress_lanes(Lanes& lanes, std::size_t block_count) noexcept {
  using Vector = typename Isa::Vector;
  Vector value[8];
  for (std::size_t i = 0; i < 8; ++i) value[i] = load_row<Isa>(lanes.value[i]);
  for (std::size_t block = 0; block < block_count; ++block) {
    const bool is_last = block + 1 == block_count;
    Vector flags = load_row<Isa>(lanes.flags);
    if (block == 0) flags |= load_row<Isa>(lanes.flags_first);
    if (is_last) flags |= load_row<Isa>(lanes.flags_last);

    // Inputs mostly lie one after the other: then the next leaf of a lane is a row of leaves ahead.
    constexpr std::size_t kAhead = sizeof(Vector) / sizeof(std::uint32_t) * kLeafBytes;
    for (std::size_t lane = 0; lane < sizeof(Vector) / sizeof(std::uint32_t); ++lane) {
      __builtin_prefetch(lanes.blocks[lane] + block * kBlockBytes + kAhead);
    }
    Vector m[16];
    Isa::load_block(m, is_last ? lanes.block_last : lanes.blocks,
                    is_last ? 0 : block * kBlockBytes);
    Vector v[16];
    for (std::size_t i = 0; i < 8; ++i) v[i] = value[i];
    for (std::size_t i = 0; i < 4; ++i) v[8 + i] = Vector{} + kInitialValue[i];
    v[12] = load_row<Isa>(lanes.counter_low);
    v[13] = load_row<Isa>(lanes.counter_high);
    v[14] = is_last ? load_row<Isa>(lanes.bytes_last)
                    : Vector{} + static_cast<std::uint32_t>(kBlockBytes);
    v[15] = flags;
    mix_lanes_round<Isa, 0>(v, m);
    mix_lanes_round<Isa, 1>(v, m);
    mix_lanes_round<Isa, 2>(v, m);
    mix_lanes_round<Isa, 3>(v, m);
    mix_lanes_round<Isa, 4>(v, m);
    mix_lanes_round<Isa, 5>(v, m);
    mix_lanes_round<Isa, 6>(v, m);
    for (std::size_t i = 0; i < 8; ++i) value[i] = v[i] ^ v[i + 8];
  }
  for (std::size_t i = 0; i < 8; ++i) __builtin_memcpy(lanes.value[i], &value[i], sizeof value[i]);
}

}  // namespace letterpress::hashing
