// SPDX-License-Identifier: Apache-2.0
#include "hashing/blake3_compress.h"

#include <bit>
#include <utility>

#include "base/endian.h"

namespace letterpress::hashing {
namespace {

using Word = std::uint32_t;

// The words of the state and of the message are locals with constant indices, so that the state
// stays in registers: hence the templates and the forced inlining.
[[gnu::always_inline]] inline void mix(Word& a, Word& b, Word& c, Word& d, Word x, Word y) {
  a += b + x;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 12);
  a += b + y;
  d = std::rotr(d ^ a, 8);
  c += d;
  b = std::rotr(b ^ c, 7);
}

template <std::size_t kRound>
[[gnu::always_inline]] inline void mix_round(Word (&v)[16], const Word (&m)[16]) {
  constexpr const auto& s = kSchedule.word[kRound];
  mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
  mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
  mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
  mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
  mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
  mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
  mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
  mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

template <std::size_t... kRounds>
[[gnu::always_inline]] inline void mix_rounds(Word (&v)[16], const Word (&m)[16],
                                              std::index_sequence<kRounds...>) {
  (mix_round<kRounds>(v, m), ...);
}

}  // namespace

void compress(std::uint32_t (&value)[8], const BlockInput& block) noexcept {
  Word m[16];
  for (std::size_t i = 0; i < 16; ++i) m[i] = load_le<Word>(block.bytes + 4 * i);
  Word v[16] = {value[0],
                value[1],
                value[2],
                value[3],
                value[4],
                value[5],
                value[6],
                value[7],
                kInitialValue[0],
                kInitialValue[1],
                kInitialValue[2],
                kInitialValue[3],
                static_cast<Word>(block.counter),
                static_cast<Word>(block.counter >> 32),
                block.byte_count,
                block.flags};
  mix_rounds(v, m, std::make_index_sequence<7>{});
  for (std::size_t i = 0; i < 8; ++i) value[i] = v[i] ^ v[i + 8];
}

}  // namespace letterpress::hashing
