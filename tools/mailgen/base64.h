// SPDX-License-Identifier: Apache-2.0
/// Base64 as mailers wrap it. mailgen has its own encoder, so that the engine's is tested against
/// another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailgen {

/// How one attachment is wrapped: lines of `columns` characters (a multiple of 4) ended by LF or
/// CRLF.
struct Wrapping {
  std::uint8_t columns = 76;
  bool crlf = false;
  bool operator==(const Wrapping&) const = default;
};

/// The number of lines and of bytes, line endings included, that `bytes` take.
std::uint64_t base64_lines(std::uint64_t bytes, Wrapping wrapping);
std::uint64_t base64_bytes(std::uint64_t bytes, Wrapping wrapping);
/// Appends `bytes` in base64; each line is ended, the last one too.
void append_base64(std::string_view bytes, Wrapping wrapping, std::string& out);
/// `text` in base64 without a line ending.
std::string base64_word(std::string_view text);

}  // namespace mailgen
