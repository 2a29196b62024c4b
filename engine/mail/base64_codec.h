// SPDX-License-Identifier: Apache-2.0
// Encodes and decodes whole quanta of base64 (RFC 4648, section 4): 4 characters for 3 bytes.
//
//   const std::size_t done = decode_quanta(text, quanta_max, decoded);   // 3 * done bytes written
//
// No lines, no padding: those are base64_transform.h's. This is the seam for SIMD kernels; each
// must give what the scalar code gives. Pure functions, any thread, no allocation, linear.
#pragma once

#include <cstddef>
#include <cstdint>

namespace letterpress::mail {

// The value of a base64 character, 0 to 63, or kNotBase64.
inline constexpr std::uint8_t kNotBase64 = 0xff;
std::uint8_t base64_value(std::uint8_t character) noexcept;

// The character of a value of 0 to 63.
std::uint8_t base64_character(unsigned value) noexcept;

// How many of the first `size` characters at `text` are of the alphabet, up to the first that is
// not.
std::size_t base64_prefix(const std::uint8_t* text, std::size_t size) noexcept;

// Decodes up to `quanta_max` quanta and stops before the first that has a character outside the
// alphabet, `=` included. Returns how many it decoded. Reads 4 * quanta_max bytes at most, writes
// 3 bytes for each quantum it decoded and none after; `text` and `decoded` must not overlap.
std::size_t decode_quanta(const std::uint8_t* text, std::size_t quanta_max,
                          std::uint8_t* decoded) noexcept;

// Encodes `quanta` times 3 bytes into 4 characters each.
void encode_quanta(const std::uint8_t* decoded, std::size_t quanta, std::uint8_t* text) noexcept;

}  // namespace letterpress::mail
