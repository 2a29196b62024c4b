// SPDX-License-Identifier: Apache-2.0
// The alphabet of base64 (RFC 4648, section 4) and its inverse, for tables made when compiling.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mail/base64_codec.h"

namespace letterpress::mail {

constexpr char kBase64Alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Base64Values {
  std::uint8_t of[256];  // of a character; kNotBase64 outside the alphabet
};

constexpr Base64Values make_base64_values() {
  Base64Values values{};
  for (std::uint8_t& value : values.of) value = kNotBase64;
  for (std::uint8_t i = 0; i < 64; ++i) {
    values.of[static_cast<std::uint8_t>(kBase64Alphabet[i])] = i;
  }
  return values;
}

constexpr Base64Values kBase64Values = make_base64_values();

}  // namespace letterpress::mail
