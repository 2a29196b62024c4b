// SPDX-License-Identifier: Apache-2.0
// The marks of 16 positions at a time, in GCC vectors of 16 bytes: what every x86-64 and every
// AArch64 has. One table look-up a byte, which waits for the one before it, is slower by a third.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/endian.h"
#include "chunking/mark_search_kernels.h"
#include "chunking/window_hash.h"

namespace letterpress::chunking {
namespace {

using Vector = std::uint8_t __attribute__((vector_size(16)));
using SignedVector = std::int8_t __attribute__((vector_size(16)));

constexpr std::size_t kLanes = sizeof(Vector);
// Positions that share one pass over the bytes; a multiple of kLanes.
constexpr std::size_t kBlockPositions = 512;

Vector load(const std::uint8_t* from) noexcept {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

Vector twice(Vector v) noexcept {
  const auto carry = __builtin_bit_cast(Vector, __builtin_bit_cast(SignedVector, v) < 0);
  return (v + v) ^ (carry & 0x1d);
}

// In every lane the hash of 4 bytes, the newest of which is newest[lane].
Vector hash_4(const std::uint8_t* newest) noexcept {
  Vector hash = twice(load(newest - 3)) ^ load(newest - 2);
  hash = twice(hash) ^ load(newest - 1);
  return twice(hash) ^ load(newest);
}

// In every lane h_32, from the eight h_4 that make up the window: newest[lane] is the newest of
// them. h_32 is the sum of 2^(4k) * h_4[k]. The powers are, as sets of exponents of x below 8:
//   {0}  {4}  {4,3,2,0}  {7,6,3,2,0}  {6,3,2}  {7,5,4,2}  {7,3,2,1,0}  {4,3}
// and the sum is taken exponent by exponent, from the highest (Horner's rule).
Vector hash_32(const std::uint8_t* newest) noexcept {
  const Vector h0 = load(newest), h1 = load(newest - 4), h2 = load(newest - 8),
               h3 = load(newest - 12), h4 = load(newest - 16), h5 = load(newest - 20),
               h6 = load(newest - 24), h7 = load(newest - 28);
  const Vector h236 = h2 ^ h3 ^ h6;
  Vector hash = twice(h3 ^ h5 ^ h6) ^ (h3 ^ h4);  // 7, 6
  hash = twice(hash) ^ h5;                        // 5
  hash = twice(hash) ^ (h1 ^ h2) ^ (h5 ^ h7);     // 4
  hash = twice(hash) ^ (h236 ^ h4) ^ h7;          // 3
  hash = twice(hash) ^ (h236 ^ h4) ^ h5;          // 2
  hash = twice(hash) ^ h6;                        // 1
  return twice(hash) ^ (h236 ^ h0);               // 0
}

// is_marked() where h_32 is known to be right.
bool is_marked_below_h32(const std::uint8_t* position, unsigned bits) noexcept {
  const std::uint32_t low =
      std::uint32_t{window_hash<16>(position)} << 8 | window_hash<8>(position);
  return ((low ^ kTarget) & 0xffff) >> (kMarkBits - bits) == 0;
}

// The least marked position in [from, from + count), or from + count; `count` is a multiple of
// kLanes, at most kBlockPositions.
std::size_t find_mark_in_block(const std::uint8_t* bytes, std::size_t from, std::size_t count,
                               unsigned bits) noexcept {
  // h4[k] is of the bytes up to oldest_group[k]; the window of position p needs k from p to p + 28.
  const std::uint8_t* const oldest_group = bytes + from - 29;
  std::uint8_t h4[kBlockPositions + 28];
  for (std::size_t k = 0; k < count + 16; k += kLanes) {
    const Vector hash = hash_4(oldest_group + k);
    std::memcpy(h4 + k, &hash, sizeof hash);
  }
  const Vector hash = hash_4(oldest_group + count + 12);
  std::memcpy(h4 + count + 12, &hash, sizeof hash);

  for (std::size_t p = 0; p < count; p += kLanes) {
    std::uint64_t hits[2];
    const Vector is_hit = __builtin_bit_cast(Vector, hash_32(h4 + p + 28) == kTargetOfH32);
    std::memcpy(hits, &is_hit, sizeof hits);
    if ((hits[0] | hits[1]) == 0) [[likely]]
      continue;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t at = from + p + lane;
      if (is_hit[lane] != 0 && is_marked_below_h32(bytes + at, bits)) return at;
    }
  }
  return from + count;
}

bool is_zero_window(const std::uint8_t* position) noexcept {
  std::uint64_t any = 0;
  for (std::size_t i = 8; i <= kWindowBytes; i += 8) any |= load_le<std::uint64_t>(position - i);
  return any == 0;
}

// The first position at or after `from`, and before `to`, whose next byte is not zero, else `to`.
std::size_t skip_zeros(const std::uint8_t* bytes, std::size_t from, std::size_t to) noexcept {
  while (to - from >= 8 && load_le<std::uint64_t>(bytes + from) == 0) from += 8;
  while (from < to && bytes[from] == 0) ++from;
  return from;
}

}  // namespace

std::size_t find_mark_scalar(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                             unsigned bits) noexcept {
  while (from < to && to - from >= kLanes) {
    // The mark of 32 zeros is 0: no position of a run of zeros is marked.
    if (bytes[from] == 0 && is_zero_window(bytes + from)) {
      from = std::min(to, skip_zeros(bytes, from, to) + 1);
      continue;
    }
    const std::size_t count = std::min(kBlockPositions, (to - from) / kLanes * kLanes);
    const std::size_t at = find_mark_in_block(bytes, from, count, bits);
    if (at < from + count) return at;
    from += count;
  }
  while (from < to && !is_marked(bytes + from, bits)) ++from;
  return std::min(from, to);
}

}  // namespace letterpress::chunking
