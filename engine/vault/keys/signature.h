// SPDX-License-Identifier: Apache-2.0
// Ed25519 signatures (RFC 8032, by libsodium) of bytes in a context, so that what was signed as one
// thing is never taken for another.
//
//   const SigningKey key(seed);
//   const Signature signature = key.sign("letterpress 2026-11 log", bytes);
//   if (!is_signed(key.public_key(), "letterpress 2026-11 log", bytes, signature)) ...
//
// What is signed is the context, a zero byte, and the bytes. Contexts are constants of the format
// (docs/FORMAT.md) and contain no zero byte. Pure; any thread. Cost: 30 microseconds
// to sign, 100 to check.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "vault/keys/secret.h"

namespace letterpress::vault {

struct VerifyKey {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const VerifyKey&, const VerifyKey&) = default;
};

struct Signature {
  std::array<std::uint8_t, 64> bytes{};
  friend bool operator==(const Signature&, const Signature&) = default;
};

class SigningKey {
 public:
  explicit SigningKey(const Secret& seed);
  // Nobody's: signs nothing that anybody would accept.
  SigningKey() : SigningKey(Secret()) {}

  const Secret& seed() const noexcept { return seed_; }
  const VerifyKey& public_key() const noexcept { return public_key_; }
  Signature sign(std::string_view context, ByteView bytes) const;

 private:
  Secret seed_;
  VerifyKey public_key_;
};

bool is_signed(const VerifyKey& key, std::string_view context, ByteView bytes,
               const Signature& signature);

}  // namespace letterpress::vault
