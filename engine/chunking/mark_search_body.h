// SPDX-License-Identifier: Apache-2.0
// The body of a vector kernel of the mark search, the same for vectors of any width. A kernel file
// describes its vectors in a struct `Isa` inside its unnamed namespace:
//   Vector                   a GCC vector of bytes
//   kVectors                 so many are worked on side by side, because each waits for its own
//                            results most of the time
//   Lanes                    a set of lanes, with & and |; bits_of(lanes) has one bit for each
//   load(from)
//   hash_4(newest)           h_4 xor kHash4Offset; newest[lane] is the newest of a lane's bytes
//   times<factor>(v)         the product of each lane and a constant, in GF(2^8)
//   shift_in<n>(v, before)   v moved up by n lanes, and into its low lanes the last n of `before`;
//                            n is 4, 8, 16 or kLanes - 28
//   lanes_equal(v, w)        the lanes where v and w are equal
// Everything here is a template of that local type and so has internal linkage: code compiled for
// one CPU never serves another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunking/mark_search_kernels.h"
#include "chunking/window_hash.h"

namespace letterpress::chunking {

template <class Isa>
class MarkSearch {
 public:
  MarkSearch() = delete;

  // find_mark_scalar() for ranges of any length.
  [[gnu::always_inline]] static inline std::size_t find(const std::uint8_t* bytes, std::size_t from,
                                                        std::size_t to, unsigned bits) noexcept {
    if (to < from + kStep) return find_mark_scalar(bytes, from, to, bits);
    const Target target = target_of(bits);
    while (to - from >= kStep) {
      // The mark of 32 zeros is 0: no position of a run of zeros is marked.
      if (bytes[from] == 0 && is_zero_window(bytes + from)) {
        from = skip_zeros(bytes, from, to);
        if (from == to) return to;
        ++from;
        continue;
      }
      const std::size_t steps_left = (to - from) / kStep;
      const std::size_t block_end =
          from + kStep * (steps_left < kBlockSteps ? steps_left : kBlockSteps);
      for (Hashes hashes = warm_up(bytes + from - 1); from < block_end; from += kStep) {
        for (std::size_t line = 0; line < kStep; line += 64) {
          __builtin_prefetch(bytes + from + line + kPrefetchBytes);
        }
        const std::size_t lane = first_mark(bytes + from - 1, hashes, target);
        if (lane < kStep) [[unlikely]]
          return from + lane;
      }
    }
    if (from == to) return to;
    // The last step ends at `to`: its first lanes are looked at again, and are not marked.
    from = to - kStep;
    Hashes hashes = warm_up(bytes + from - 1);
    return from + first_mark(bytes + from - 1, hashes, target);
  }

 private:
  using Vector = typename Isa::Vector;
  using Lanes = typename Isa::Lanes;
  static constexpr std::size_t kLanes = sizeof(Vector);
  static constexpr std::size_t kVectors = Isa::kVectors;
  static constexpr std::size_t kStep = kVectors * kLanes;  // positions
  static constexpr std::size_t kBlockSteps = 4096 / kStep;
  // Beyond the bytes that the next chunk skips by default, so that it does not wait for its first.
  static constexpr std::size_t kPrefetchBytes = 6144;

  // Of one vector of positions; the next vector needs them.
  struct Hashes {
    Vector h4, h8, h16;
  };

  // What the offset of hash_4() makes of the other hashes.
  static constexpr std::uint8_t kOffset4 = Isa::kHash4Offset;
  static constexpr std::uint8_t kOffset8 = kOffset4 ^ kTimesPowerOfTwo[4][kOffset4];
  static constexpr std::uint8_t kOffset16 = kOffset8 ^ kTimesPowerOfTwo[8][kOffset8];
  static constexpr std::uint8_t kOffset32 = kOffset16 ^ kTimesPowerOfTwo[16][kOffset16];

  // The bits of h_16 and h_8 that count, and their values.
  struct Target {
    Vector mask_16, value_16, mask_8, value_8;
  };

  [[gnu::always_inline]] static inline Target target_of(unsigned bits) noexcept {
    const std::uint32_t mask = 0xffffffU << (kMarkBits - bits);
    const std::uint32_t value =
        mask & (kTarget ^ (std::uint32_t{kOffset16} << 8 | std::uint32_t{kOffset8}));
    return {Vector{} + static_cast<std::uint8_t>(mask >> 8),
            Vector{} + static_cast<std::uint8_t>(value >> 8),
            Vector{} + static_cast<std::uint8_t>(mask),
            Vector{} + static_cast<std::uint8_t>(value)};
  }

  // h_2k from h_k, of one vector and of the one before it.
  template <std::size_t k>
  [[gnu::always_inline]] static inline Vector doubled(Vector hash, Vector before) noexcept {
    constexpr std::uint8_t kFactor = kTimesPowerOfTwo[k][1];
    return hash ^ Isa::template times<kFactor>(Isa::template shift_in<k>(hash, before));
  }

  // The hashes of the vector before the one of `newest`, as far as that needs them: from the 31
  // bytes before newest[0].
  [[gnu::always_inline]] static inline Hashes warm_up(const std::uint8_t* newest) noexcept {
    const Vector zero{};
    const Vector h4 = Isa::template shift_in<kLanes - 28>(Isa::hash_4(newest - 28), zero);
    const Vector h8 = doubled<4>(h4, zero);
    return Hashes{h4, h8, doubled<8>(h8, zero)};
  }

  // The first of kStep positions that is marked, or kStep. The newest byte before position 0 is
  // newest[0].
  [[gnu::always_inline]] static inline std::size_t first_mark(const std::uint8_t* newest,
                                                              Hashes& hashes,
                                                              const Target& target) noexcept {
    constexpr std::uint8_t kValue32 = kTargetOfH32 ^ kOffset32;
    Vector h4[kVectors + 1], h8[kVectors + 1], h16[kVectors + 1];
    Lanes marks[kVectors];
    h4[0] = hashes.h4;
    h8[0] = hashes.h8;
    h16[0] = hashes.h16;
    for (std::size_t i = 1; i <= kVectors; ++i) h4[i] = Isa::hash_4(newest + (i - 1) * kLanes);
    for (std::size_t i = 1; i <= kVectors; ++i) h8[i] = doubled<4>(h4[i], h4[i - 1]);
    for (std::size_t i = 1; i <= kVectors; ++i) h16[i] = doubled<8>(h8[i], h8[i - 1]);
    for (std::size_t i = 1; i <= kVectors; ++i) {
      // With h_16, there are hardly more candidates than marks.
      marks[i - 1] = Isa::lanes_equal(doubled<16>(h16[i], h16[i - 1]), Vector{} + kValue32) &
                     Isa::lanes_equal(h16[i] & target.mask_16, target.value_16);
    }
    hashes = Hashes{h4[kVectors], h8[kVectors], h16[kVectors]};
    Lanes any = marks[0];
    for (std::size_t i = 1; i < kVectors; ++i) any |= marks[i];
    if (Isa::bits_of(any) == 0) [[likely]]
      return kStep;
    for (std::size_t i = 0; i < kVectors; ++i) {
      const Lanes exact = marks[i] & Isa::lanes_equal(h8[i + 1] & target.mask_8, target.value_8);
      const std::uint64_t bits = Isa::bits_of(exact);
      if (bits != 0) return i * kLanes + static_cast<std::size_t>(__builtin_ctzll(bits));
    }
    return kStep;
  }

  [[gnu::always_inline]] static inline bool is_zero_window(const std::uint8_t* position) noexcept {
    std::uint64_t words[kWindowBytes / 8];
    __builtin_memcpy(words, position - kWindowBytes, kWindowBytes);
    return (words[0] | words[1] | words[2] | words[3]) == 0;
  }

  // The first byte in [from, to) that is not zero, else `to`.
  [[gnu::always_inline]] static inline std::size_t skip_zeros(const std::uint8_t* bytes,
                                                              std::size_t from,
                                                              std::size_t to) noexcept {
    constexpr std::uint64_t kAll = ~std::uint64_t{0} >> (64 - kLanes);
    for (; to - from >= kLanes; from += kLanes) {
      const std::uint64_t zeros = Isa::bits_of(Isa::lanes_equal(Isa::load(bytes + from), Vector{}));
      if (zeros != kAll) return from + static_cast<std::size_t>(__builtin_ctzll(~zeros));
    }
    while (from < to && bytes[from] == 0) ++from;
    return from;
  }
};

}  // namespace letterpress::chunking
