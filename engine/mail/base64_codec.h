// SPDX-License-Identifier: Apache-2.0
// Encodes and decodes whole quanta of base64 (RFC 4648, section 4): 4 characters for 3 bytes, by
// themselves or in lines of one length.
//
//   const std::size_t done = decode_quanta(text, quanta_max, decoded);   // 3 * done bytes written
//
// No padding and no uneven lines: those are base64_transform.h's. Runs the kernel of the best tier
// of this CPU (base64_kernels.h). Pure functions, any thread, no allocation, linear. Text and
// decoded bytes must not overlap.
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
// alphabet, `=` included. Returns how many it decoded. Reads no more than 4 * quanta_max bytes and
// writes no more than 3 * quanta_max; what it leaves behind the decoded bytes is unspecified.
std::size_t decode_quanta(const std::uint8_t* text, std::size_t quanta_max,
                          std::uint8_t* decoded) noexcept;

// Encodes `quanta` times 3 bytes into 4 characters each.
void encode_quanta(const std::uint8_t* decoded, std::size_t quanta, std::uint8_t* text) noexcept;

// Lines of one length, each with the same ending.
struct Base64Lines {
  std::size_t quanta;        // of a line; at least 1
  std::size_t ending_bytes;  // up to 8
  std::uint64_t ending;      // the first byte lowest

  std::size_t line_bytes() const noexcept { return 4 * quanta + ending_bytes; }
};

// As decode_quanta(), for up to `lines_max` lines: stops before the first that has a character
// outside the alphabet or another ending, and returns how many it decoded.
std::size_t decode_lines(const std::uint8_t* text, std::size_t lines_max, const Base64Lines& lines,
                         std::uint8_t* decoded) noexcept;

// Encodes `line_count` lines, each with its ending, the last one too.
void encode_lines(const std::uint8_t* decoded, std::size_t line_count, const Base64Lines& lines,
                  std::uint8_t* text) noexcept;

}  // namespace letterpress::mail
