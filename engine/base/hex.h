// SPDX-License-Identifier: Apache-2.0
// Bytes as lower-case hexadecimal digits, and back.
#pragma once

#include <string>

#include "base/bytes.h"

namespace letterpress {

std::string to_hex(ByteView bytes);
// Fills `out` from exactly 2 * out.size() lower-case digits; false, and `out` unspecified, if the
// text is anything else.
bool parse_hex(std::string_view text, std::span<std::uint8_t> out) noexcept;

}  // namespace letterpress
