// SPDX-License-Identifier: Apache-2.0
// Sixteen quanta in a vector of 64 bytes, by the byte permutations of AVX-512 VBMI. After W. Mula
// and D. Lemire, "Base64 encoding and decoding at almost the speed of a memory copy", Software:
// Practice and Experience 50 (2), 2020, doi:10.1002/spe.2777.
//
// `Isa` is a struct of an unnamed namespace with the few instructions this needs, so that a test
// can emulate them on any CPU. `Vector` is 64 bytes:
//   load(from), store(v, to)
//   load_some(from, n, fill), store_some(v, to, n), store_48(v, to)
//   permute(index, table)          byte index[i] % 64 of the table
//   permute_two(low, index, high)  byte index[i] % 128 of both
//   multishift(shifts, v)          in each 8 bytes: 8 bits from bit shifts[i] on, going round
//   join(v)                        four values of 6 bits as a word, the first highest
//   either(a, b), top_bits(v)      a | b; bit 7 of each byte
#pragma once

#include "mail/base64_alphabet.h"
#include "mail/base64_kernels_body.h"

namespace letterpress::mail {

struct VbmiTables {
  alignas(64) std::uint8_t values[128];  // of characters; bit 7 says that it is none
  alignas(64) std::uint8_t characters[64];
  alignas(64) std::uint8_t big_endian[64];  // the 24 bits of each word as 3 bytes, all together
  alignas(64) std::uint8_t spread[64];      // 3 bytes as 4: bytes 1, 0, 2, 1
  alignas(64) std::uint8_t shifts[64];      // where the 6 bits of each value lie in them
};

constexpr VbmiTables make_vbmi_tables() {
  constexpr std::uint8_t kSpread[4] = {1, 0, 2, 1};
  constexpr std::uint8_t kShifts[8] = {10, 4, 22, 16, 42, 36, 54, 48};
  VbmiTables tables{};
  for (std::size_t i = 0; i < 128; ++i) tables.values[i] = kBase64Values.of[i];
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t quantum = i / 4;
    tables.characters[i] = static_cast<std::uint8_t>(kBase64Alphabet[i]);
    if (i < 48) tables.big_endian[i] = static_cast<std::uint8_t>(4 * (i / 3) + 2 - i % 3);
    tables.spread[i] = static_cast<std::uint8_t>(3 * quantum + kSpread[i % 4]);
    tables.shifts[i] = kShifts[i % 8];
  }
  return tables;
}

constexpr VbmiTables kVbmi = make_vbmi_tables();

template <class Isa>
struct VbmiCodec {
  using Vector = typename Isa::Vector;

  static constexpr std::size_t kQuanta = 16;

  [[gnu::always_inline]] static inline bool decode(const std::uint8_t* text,
                                                   std::uint8_t* decoded) {
    const Vector v = Isa::load(text);
    const Vector values = values_of(v);
    if (bad_characters(v, values) != 0) return false;
    Isa::store_48(bytes_of(values), decoded);
    return true;
  }

  [[gnu::always_inline]] static inline bool decode_part(const std::uint8_t* text,
                                                        std::size_t quanta, std::uint8_t* decoded) {
    const Vector v = Isa::load_some(text, 4 * quanta, 'A');
    const Vector values = values_of(v);
    if (bad_characters(v, values) != 0) return false;
    Isa::store_some(bytes_of(values), decoded, 3 * quanta);
    return true;
  }

  [[gnu::always_inline]] static inline void encode(const std::uint8_t* decoded,
                                                   std::uint8_t* text) {
    Isa::store(characters_of(Isa::load_some(decoded, 3 * kQuanta, 0)), text);
  }

  [[gnu::always_inline]] static inline void encode_part(const std::uint8_t* decoded,
                                                        std::size_t quanta, std::uint8_t* text) {
    Isa::store_some(characters_of(Isa::load_some(decoded, 3 * quanta, 0)), text, 4 * quanta);
  }

  [[gnu::always_inline]] static inline std::size_t good_characters(const std::uint8_t* text) {
    const Vector v = Isa::load(text);
    const std::uint64_t bad = bad_characters(v, values_of(v));
    return bad == 0 ? 64 : static_cast<std::size_t>(__builtin_ctzll(bad));
  }

 private:
  [[gnu::always_inline]] static inline Vector values_of(const Vector& v) {
    return Isa::permute_two(Isa::load(kVbmi.values), v, Isa::load(kVbmi.values + 64));
  }

  // Those that have no value, and those above the table, of which it saw 7 bits only.
  [[gnu::always_inline]] static inline std::uint64_t bad_characters(const Vector& v,
                                                                    const Vector& values) {
    return Isa::top_bits(Isa::either(v, values));
  }

  [[gnu::always_inline]] static inline Vector bytes_of(const Vector& values) {
    return Isa::permute(Isa::load(kVbmi.big_endian), Isa::join(values));
  }

  // A value is the lower 6 bits of what multishift() takes; permute() looks at no more.
  [[gnu::always_inline]] static inline Vector characters_of(const Vector& bytes) {
    const Vector spread = Isa::permute(Isa::load(kVbmi.spread), bytes);
    const Vector values = Isa::multishift(Isa::load(kVbmi.shifts), spread);
    return Isa::permute(values, Isa::load(kVbmi.characters));
  }
};

}  // namespace letterpress::mail
