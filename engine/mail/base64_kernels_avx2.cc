// SPDX-License-Identifier: Apache-2.0
// Eight quanta in a vector of 32 bytes. Compiled for the avx2 tier: see cmake/Kernels.cmake.
// After W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions", ACM
// Transactions on the Web 12 (3), 2018, doi:10.1145/3132709.
#include <immintrin.h>

#include "mail/base64_alphabet.h"
#include "mail/base64_kernels_body.h"

namespace letterpress::mail {
namespace {

// Tables of 16 bytes for lookups by a nibble.
struct NibbleTables {
  // A character is bad if the classes of its high nibble and those in which its low nibble is bad
  // have a bit in common.
  alignas(16) std::uint8_t class_of_high[16];
  alignas(16) std::uint8_t bad_for_low[16];
  // What to add to a character for its value, by its high nibble. `/` and `+` have the same high
  // nibble; `/` uses the entry below it.
  alignas(16) std::uint8_t to_value[16];
};

constexpr NibbleTables make_nibble_tables() {
  // High nibbles with the same low ones: {2}, {3}, {4, 6}, {5, 7}, those of no character.
  constexpr std::uint8_t kClasses[16] = {16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16};
  NibbleTables tables{};
  for (unsigned high = 0; high < 16; ++high) {
    tables.class_of_high[high] = kClasses[high];
    for (unsigned low = 0; low < 16; ++low) {
      const unsigned character = high << 4 | low;
      const std::uint8_t value = kBase64Values.of[character];
      if (value == kNotBase64) {
        tables.bad_for_low[low] |= kClasses[high];
      } else {
        tables.to_value[character == '/' ? 1 : high] = static_cast<std::uint8_t>(value - character);
      }
    }
  }
  return tables;
}

constexpr NibbleTables kNibbles = make_nibble_tables();

// What to add to a value for its character, by the value's kind: capitals, small letters, then from
// 52 on each value by itself, which are the digits, + and /.
struct KindTable {
  alignas(16) std::uint8_t to_character[16];
};

constexpr KindTable make_kind_table() {
  KindTable table{};
  for (int kind = 0; kind < 14; ++kind) {
    const int value = kind == 0 ? 0 : kind == 1 ? 26 : kind + 50;
    table.to_character[kind] = static_cast<std::uint8_t>(kBase64Alphabet[value] - value);
  }
  return table;
}

constexpr KindTable kKinds = make_kind_table();

using Vector = __m256i;

[[gnu::always_inline]] inline __m128i load_half(const std::uint8_t* from) {
  __m128i half;
  __builtin_memcpy(&half, from, sizeof half);
  return half;
}

[[gnu::always_inline]] inline Vector load(const std::uint8_t* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

[[gnu::always_inline]] inline Vector table(const std::uint8_t (&entries)[16]) {
  return _mm256_broadcastsi128_si256(load_half(entries));
}

[[gnu::always_inline]] inline Vector high_nibbles(Vector v) {
  return _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi8(0x0f));
}

struct Codec {
  static constexpr std::size_t kQuanta = 8;

  [[gnu::always_inline]] static inline bool decode(const std::uint8_t* text,
                                                   std::uint8_t* decoded) {
    const Vector v = load(text);
    const Vector high = high_nibbles(v);
    if (_mm256_testz_si256(classes(high), bad_classes(v)) == 0) return false;
    const Vector slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
    const Vector add = _mm256_shuffle_epi8(table(kNibbles.to_value), _mm256_add_epi8(high, slash));
    // Four values of 6 bits into 2 of 12, those into one of 24, which is turned to big-endian.
    const Vector twelve =
        _mm256_maddubs_epi16(_mm256_add_epi8(v, add), _mm256_set1_epi32(0x01400140));
    const Vector words = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
    const Vector bytes = _mm256_shuffle_epi8(
        words, _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6,
                                5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    const Vector joined =
        _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    const __m128i first = _mm256_castsi256_si128(joined);
    const long long rest = _mm_cvtsi128_si64(_mm256_extracti128_si256(joined, 1));
    __builtin_memcpy(decoded, &first, sizeof first);
    __builtin_memcpy(decoded + sizeof first, &rest, sizeof rest);
    return true;
  }

  [[gnu::always_inline]] static inline bool decode_part(const std::uint8_t* text,
                                                        std::size_t quanta, std::uint8_t* decoded) {
    return kBase64Scalar.decode_quanta(text, quanta, decoded) == quanta;
  }

  [[gnu::always_inline]] static inline void encode(const std::uint8_t* decoded,
                                                   std::uint8_t* text) {
    // Four quanta in each half. The second half is read from 4 bytes before it, to stay inside.
    const Vector bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(load_half(decoded)),
                                                 load_half(decoded + 8), 1);
    // Bytes 0, 1, 2 of a quantum as 1, 0, 2, 1: two words, with 12 of the 24 bits in each.
    const Vector words = _mm256_shuffle_epi8(
        bytes, _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7,
                                9, 8, 11, 10, 12, 11, 14, 13, 15, 14));
    // Multiplying shifts each word by a number of its own.
    const Vector even = _mm256_mulhi_epu16(_mm256_and_si256(words, _mm256_set1_epi32(0x0fc0fc00)),
                                           _mm256_set1_epi32(0x04000040));
    const Vector odd = _mm256_mullo_epi16(_mm256_and_si256(words, _mm256_set1_epi32(0x003f03f0)),
                                          _mm256_set1_epi32(0x01000010));
    const Vector values = _mm256_or_si256(even, odd);
    // 0 for capitals, 1 for small letters, 2 and so on for each value from 52.
    const Vector kind = _mm256_sub_epi8(_mm256_subs_epu8(values, _mm256_set1_epi8(51)),
                                        _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25)));
    const Vector characters =
        _mm256_add_epi8(values, _mm256_shuffle_epi8(table(kKinds.to_character), kind));
    __builtin_memcpy(text, &characters, sizeof characters);
  }

  [[gnu::always_inline]] static inline void encode_part(const std::uint8_t* decoded,
                                                        std::size_t quanta, std::uint8_t* text) {
    kBase64Scalar.encode_quanta(decoded, quanta, text);
  }

  [[gnu::always_inline]] static inline std::size_t good_characters(const std::uint8_t* text) {
    const Vector v = load(text);
    const Vector bad = _mm256_and_si256(classes(high_nibbles(v)), bad_classes(v));
    const Vector good = _mm256_cmpeq_epi8(bad, _mm256_setzero_si256());
    return _tzcnt_u64(~std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(good))});
  }

 private:
  [[gnu::always_inline]] static inline Vector classes(Vector high) {
    return _mm256_shuffle_epi8(table(kNibbles.class_of_high), high);
  }

  [[gnu::always_inline]] static inline Vector bad_classes(Vector v) {
    return _mm256_shuffle_epi8(table(kNibbles.bad_for_low),
                               _mm256_and_si256(v, _mm256_set1_epi8(0x0f)));
  }
};

}  // namespace

constinit const Base64Kernel kBase64Avx2 = {CpuTier::kAvx2,          prefix_by<Codec>,
                                            decode_quanta_by<Codec>, encode_quanta_by<Codec>,
                                            decode_lines_by<Codec>,  encode_lines_by<Codec>};

}  // namespace letterpress::mail
