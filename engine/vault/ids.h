// SPDX-License-Identifier: Apache-2.0
// The names that a vault's files carry: 16 random bytes each, and 32 bytes of SHA-256.
// Plain values, one type each, so that one is never taken for another.
#pragma once

#include <array>
#include <compare>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hex.h"
#include "letterpress/result.h"

namespace letterpress::vault {

struct VaultId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const VaultId&, const VaultId&) = default;
};

struct WriterId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const WriterId&, const WriterId&) = default;
};

// Makes a sealed file, and each of its records, unlike every other one.
struct Salt {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Salt&, const Salt&) = default;
};

struct Sha256Digest {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const Sha256Digest&, const Sha256Digest&) = default;
};

using letterpress::parse_hex;
using letterpress::to_hex;

// Fills `out` from the system's generator, getrandom(2). kIo if the system has none.
Status fill_random(std::span<std::uint8_t> out);

}  // namespace letterpress::vault
