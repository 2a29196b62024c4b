// SPDX-License-Identifier: Apache-2.0
// The loops of a base64 kernel, the same for vectors of any width. A kernel file describes its
// vectors in a struct `Codec` inside its unnamed namespace (or as a template of such a struct):
//   kQuanta                       quanta in a vector, at least 2
//   decode(text, decoded)         decodes them; false, and nothing written, on a bad character
//   decode_part(text, n, decoded) n < kQuanta quanta; false on a bad character
//   encode(decoded, text)         encodes kQuanta
//   encode_part(decoded, n, text) n < kQuanta quanta
//   good_characters(text)         how many of 4 * kQuanta precede the first bad one
// None of them touches a byte outside the quanta. Everything here is a template of that local type
// and so has internal linkage: code compiled for one CPU never serves another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mail/base64_kernels.h"

namespace letterpress::mail {

// How far ahead of itself the encoder has text fetched, to be written: stores of 64 bytes over the
// ends of cache lines wait for each line that they touch, and half of the speed is lost in memory.
inline constexpr std::size_t kAheadBytes = 2048;

// The ending is read and written with the characters before it, as the line's last 8 bytes: two
// quanta keep them inside the line.
inline constexpr std::size_t kLineQuantaMin = 2;

template <class Codec>
std::size_t prefix_by(const std::uint8_t* text, std::size_t size) noexcept {
  constexpr std::size_t kStep = 4 * Codec::kQuanta;
  std::size_t count = 0;
  while (size - count >= kStep) {
    const std::size_t good = Codec::good_characters(text + count);
    if (good != kStep) return count + good;
    count += kStep;  // not `good`, for which the next load would have to wait
  }
  return count + kBase64Scalar.prefix(text + count, size - count);
}

template <class Codec>
std::size_t decode_quanta_by(const std::uint8_t* text, std::size_t quanta_max,
                             std::uint8_t* decoded) noexcept {
  std::size_t done = 0;
  while (quanta_max - done >= Codec::kQuanta &&
         Codec::decode(text + 4 * done, decoded + 3 * done)) {
    done += Codec::kQuanta;
  }
  // The rest is less than a vector, or ends inside one.
  return done + kBase64Scalar.decode_quanta(text + 4 * done, quanta_max - done, decoded + 3 * done);
}

template <class Codec>
void encode_quanta_by(const std::uint8_t* decoded, std::size_t quanta,
                      std::uint8_t* text) noexcept {
  for (; quanta >= Codec::kQuanta; quanta -= Codec::kQuanta) {
    Codec::encode(decoded, text);
    decoded += 3 * Codec::kQuanta;
    text += 4 * Codec::kQuanta;
  }
  if (quanta != 0) Codec::encode_part(decoded, quanta, text);
}

// All quanta or false. The last vector may lie over the one before it.
template <class Codec>
[[gnu::always_inline]] inline bool decode_line(const std::uint8_t* text, std::size_t quanta,
                                               std::uint8_t* decoded) {
  const std::size_t last = quanta - Codec::kQuanta;
  for (std::size_t at = 0;; at += Codec::kQuanta) {
    if (at > last) at = last;
    if (!Codec::decode(text + 4 * at, decoded + 3 * at)) return false;
    if (at == last) return true;
  }
}

template <class Codec>
[[gnu::always_inline]] inline void encode_line(const std::uint8_t* decoded, std::size_t quanta,
                                               std::uint8_t* text) {
  const std::size_t last = quanta - Codec::kQuanta;
  for (std::size_t at = 0;; at += Codec::kQuanta) {
    if (at > last) at = last;
    Codec::encode(decoded + 3 * at, text + 4 * at);
    if (at == last) return;
  }
}

// Lines shorter than a vector in a loop of their own: what decode_part() calls would keep the
// constants of the other out of registers.
template <class Codec, bool kShort>
std::size_t decode_lines_of(const std::uint8_t* text, std::size_t lines_max,
                            const Base64Lines& lines, std::uint8_t* decoded) noexcept {
  const std::size_t quanta = lines.quanta;
  const std::size_t line_bytes = 4 * quanta + lines.ending_bytes;
  // The ending is compared in the top of a word; a shift by 64 would not give 0.
  const bool has_ending = lines.ending_bytes != 0;
  const std::size_t shift = has_ending ? 64 - 8 * lines.ending_bytes : 0;
  const std::uint64_t ending = has_ending ? lines.ending << shift : 0;
  const std::uint64_t mask = has_ending ? ~std::uint64_t{0} << shift : 0;
  std::size_t done = 0;
  for (; done < lines_max; ++done) {
    // Twice: a line is longer than what one fetches.
    __builtin_prefetch(text + kAheadBytes);
    __builtin_prefetch(text + kAheadBytes + 64);
    std::uint64_t line_end;
    __builtin_memcpy(&line_end, text + line_bytes - sizeof line_end, sizeof line_end);
    if ((line_end & mask) != ending) break;
    if constexpr (kShort) {
      if (!Codec::decode_part(text, quanta, decoded)) break;
    } else {
      if (!decode_line<Codec>(text, quanta, decoded)) break;
    }
    text += line_bytes;
    decoded += 3 * quanta;
  }
  return done;
}

template <class Codec, bool kShort>
void encode_lines_of(const std::uint8_t* decoded, std::size_t line_count, const Base64Lines& lines,
                     std::uint8_t* text) noexcept {
  const std::size_t quanta = lines.quanta;
  const std::size_t line_bytes = 4 * quanta + lines.ending_bytes;
  const std::size_t shift = lines.ending_bytes != 0 ? 64 - 8 * lines.ending_bytes : 0;
  const std::uint64_t ending = lines.ending << shift;
  for (; line_count > 0; --line_count) {
    __builtin_prefetch(text + kAheadBytes, 1);
    __builtin_prefetch(decoded + kAheadBytes / 4 * 3);
    // First: the characters overwrite what of these 8 bytes is not the ending.
    __builtin_memcpy(text + line_bytes - sizeof ending, &ending, sizeof ending);
    if constexpr (kShort) {
      Codec::encode_part(decoded, quanta, text);
    } else {
      encode_line<Codec>(decoded, quanta, text);
    }
    text += line_bytes;
    decoded += 3 * quanta;
  }
}

template <class Codec>
std::size_t decode_lines_by(const std::uint8_t* text, std::size_t lines_max,
                            const Base64Lines& lines, std::uint8_t* decoded) noexcept {
  if (lines.quanta < kLineQuantaMin) {
    return kBase64Scalar.decode_lines(text, lines_max, lines, decoded);
  }
  return lines.quanta < Codec::kQuanta
             ? decode_lines_of<Codec, true>(text, lines_max, lines, decoded)
             : decode_lines_of<Codec, false>(text, lines_max, lines, decoded);
}

template <class Codec>
void encode_lines_by(const std::uint8_t* decoded, std::size_t line_count, const Base64Lines& lines,
                     std::uint8_t* text) noexcept {
  if (lines.quanta < kLineQuantaMin) {
    return kBase64Scalar.encode_lines(decoded, line_count, lines, text);
  }
  return lines.quanta < Codec::kQuanta
             ? encode_lines_of<Codec, true>(decoded, line_count, lines, text)
             : encode_lines_of<Codec, false>(decoded, line_count, lines, text);
}

}  // namespace letterpress::mail
