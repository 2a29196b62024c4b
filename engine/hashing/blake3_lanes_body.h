// SPDX-License-Identifier: Apache-2.0
// The body of a lanes kernel, the same for vectors of any width. A kernel file describes its
// vectors in a struct `Isa` inside its unnamed namespace:
//   Vector                  a GCC vector of std::uint32_t, one for each lane
//   rotate_right<n>(v)      for n = 16, 12, 8, 7
//   load_block(m, blocks)   the 16 words of every lane's block, transposed
//   kHoldsTwoStates         whether the CPU has registers for the states of two vectors of lanes
// An instruction waits for the one before it, so that the lanes of one vector leave half of the CPU
// idle: a kernel for two vectors side by side is faster than two calls of one for one.
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

// Makes the compiler read words where they are used, instead of keeping some in registers and what
// is used more often on the stack.
template <class Vectors>
[[gnu::always_inline]] inline void keep_in_memory(const Vectors& vectors) {
  asm volatile("" : : "r"(&vectors) : "memory");
}

// The i-th of the four mixes in half of a round: kHalf 0 has the columns of the state, 1 its
// diagonals.
template <class Vector>
struct Mix {
  Vector& a;
  Vector& b;
  Vector& c;
  Vector& d;
  const Vector& x;
  const Vector& y;
};
template <std::size_t kRound, std::size_t kHalf, class Vector>
[[gnu::always_inline]] inline Mix<Vector> mix_of(Vector (&v)[16], const Vector (&m)[16],
                                                 std::size_t i) {
  constexpr const std::uint8_t* s = kSchedule.word[kRound] + 8 * kHalf;
  return {
      v[i],        v[4 + (i + kHalf) % 4], v[8 + (i + 2 * kHalf) % 4], v[12 + (i + 3 * kHalf) % 4],
      m[s[2 * i]], m[s[2 * i + 1]]};
}

// The word is added to `a` before `b`, which is known last.
template <class Isa, class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_lanes(const Mix<Vector>& of) {
  of.a = (of.a + of.x) + of.b;
  of.d = Isa::template rotate_right<16>(of.d ^ of.a);
  of.c += of.d;
  of.b = Isa::template rotate_right<12>(of.b ^ of.c);
  of.a = (of.a + of.y) + of.b;
  of.d = Isa::template rotate_right<8>(of.d ^ of.a);
  of.c += of.d;
  of.b = Isa::template rotate_right<7>(of.b ^ of.c);
}

// All mixes of two states, step by step: one never waits for the one before it.
template <class Isa, std::size_t kRound, std::size_t kHalf, class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_two_halves(Vector (&v)[2][16], const Vector (&m)[2][16]) {
  const auto each = [&](auto step) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) step(mix_of<kRound, kHalf>(v[i / 4], m[i / 4], i % 4));
  };
  using Of = Mix<Vector>;
  each([](Of of) { of.a += of.x; });
  each([](Of of) { of.a += of.b; });
  each([](Of of) { of.d = Isa::template rotate_right<16>(of.d ^ of.a); });
  each([](Of of) { of.c += of.d; });
  each([](Of of) { of.b = Isa::template rotate_right<12>(of.b ^ of.c); });
  each([](Of of) { of.a += of.y; });
  each([](Of of) { of.a += of.b; });
  each([](Of of) { of.d = Isa::template rotate_right<8>(of.d ^ of.a); });
  each([](Of of) { of.c += of.d; });
  each([](Of of) { of.b = Isa::template rotate_right<7>(of.b ^ of.c); });
}

template <class Isa, std::size_t kRound, std::size_t kHalf, std::size_t kVectors,
          class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_half(Vector (&v)[kVectors][16],
                                            const Vector (&m)[kVectors][16]) {
  keep_in_memory(m);
  if constexpr (kVectors == 2 && Isa::kHoldsTwoStates) {
    mix_two_halves<Isa, kRound, kHalf>(v, m);
  } else {
    for (std::size_t i = 0; i < kVectors; ++i) {
      // One state fits the registers. The other waits in memory, and the CPU, which looks far
      // ahead, begins on it while this one's instructions wait for each other.
      if constexpr (kVectors > 1) keep_in_memory(v);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) mix_lanes<Isa>(mix_of<kRound, kHalf>(v[i], m[i], j));
    }
  }
}

template <class Isa, std::size_t kRound, std::size_t kVectors, class Vector = typename Isa::Vector>
[[gnu::always_inline]] inline void mix_round(Vector (&v)[kVectors][16],
                                             const Vector (&m)[kVectors][16]) {
  mix_half<Isa, kRound, 0>(v, m);
  mix_half<Isa, kRound, 1>(v, m);
}

// Compresses in the lanes of the first kVectors vectors of each row.
template <class Isa, std::size_t kVectors>
[[gnu::always_inline]] inline void compress_lanes(Lanes& lanes, std::size_t block_count) noexcept {
  using Vector = typename Isa::Vector;
  constexpr std::size_t kVectorLanes = sizeof(Vector) / sizeof(std::uint32_t);
  constexpr std::size_t kLanes = kVectors * kVectorLanes;
  for (std::size_t block = 0; block < block_count; ++block) {
    const bool is_last = block + 1 == block_count;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      __builtin_prefetch(lanes.ahead[lane] + block * kBlockBytes);
    }
    Vector m[kVectors][16];
    Vector v[kVectors][16];
    for (std::size_t n = 0; n < kVectors; ++n) {
      const std::size_t first = n * kVectorLanes;
      Isa::load_block(m[n], (is_last ? lanes.block_last : lanes.blocks) + first,
                      is_last ? 0 : block * kBlockBytes);
    }
    keep_in_memory(m);
#pragma GCC unroll 2
    for (std::size_t n = 0; n < kVectors; ++n) {
      const std::size_t first = n * kVectorLanes;
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i) v[n][i] = load_row<Isa>(lanes.value[i] + first);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) v[n][8 + i] = Vector{} + kInitialValue[i];
      v[n][12] = load_row<Isa>(lanes.counter_low + first);
      v[n][13] = load_row<Isa>(lanes.counter_high + first);
      v[n][14] = is_last ? load_row<Isa>(lanes.bytes_last + first)
                         : Vector{} + static_cast<std::uint32_t>(kBlockBytes);
      v[n][15] = load_row<Isa>(lanes.flags + first);
      if (block == 0) v[n][15] |= load_row<Isa>(lanes.flags_first + first);
      if (is_last) v[n][15] |= load_row<Isa>(lanes.flags_last + first);
    }
    mix_round<Isa, 0>(v, m);
    mix_round<Isa, 1>(v, m);
    mix_round<Isa, 2>(v, m);
    mix_round<Isa, 3>(v, m);
    mix_round<Isa, 4>(v, m);
    mix_round<Isa, 5>(v, m);
    mix_round<Isa, 6>(v, m);
#pragma GCC unroll 2
    for (std::size_t n = 0; n < kVectors; ++n) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i) {
        const Vector value = v[n][i] ^ v[n][i + 8];
        __builtin_memcpy(lanes.value[i] + n * kVectorLanes, &value, sizeof value);
      }
    }
  }
}

}  // namespace letterpress::hashing
