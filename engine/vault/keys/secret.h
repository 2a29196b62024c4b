// SPDX-License-Identifier: Apache-2.0
// 32 secret bytes that are overwritten when they are no longer needed, each copy of them; and what
// overwrites buffers that had secrets for a while.
//
//   std::string text = ...;
//   const WipeAtEnd wipe(text);        // what it holds when the block ends
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
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

// Overwrites all that a buffer has. What the buffer held before it grew is not reached:
// reserve() first.
class WipeAtEnd {
 public:
  explicit WipeAtEnd(std::string& text) : text_(&text) {}
  explicit WipeAtEnd(Bytes& bytes) : bytes_(&bytes) {}
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;
  ~WipeAtEnd();

 private:
  std::string* text_ = nullptr;
  Bytes* bytes_ = nullptr;
};

// kIo if the system has no random numbers.
Result<Secret> random_secret();

// BLAKE3's derive_key. Contexts are constants of the format (docs/FORMAT.md, "Keys").
Secret derive_secret(std::string_view context, const Secret& from);

}  // namespace letterpress::vault
