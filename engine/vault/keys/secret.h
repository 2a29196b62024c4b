// SPDX-License-Identifier: Apache-2.0
// 32 secret bytes that are overwritten when they are no longer needed, each copy of them.
#pragma once

#include <array>
#include <cstdint>

#include "letterpress/result.h"

namespace letterpress::vault {

struct Secret {
  std::array<std::uint8_t, 32> bytes{};

  Secret() = default;
  explicit Secret(const std::array<std::uint8_t, 32>& value) : bytes(value) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();
  // Takes as long for every value.
  friend bool operator==(const Secret& a, const Secret& b) noexcept;
};

// kIo if the system has no random numbers.
Result<Secret> random_secret();

// BLAKE3's derive_key. Contexts are constants of the format (docs/FORMAT.md, "Keys").
Secret derive_secret(std::string_view context, const Secret& from);

}  // namespace letterpress::vault
