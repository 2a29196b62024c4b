// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/signature.h"

#include <sodium.h>

namespace letterpress::vault {

namespace {

// The long form of a secret key, wiped like the seed.
struct LongKey {
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> bytes{};
  ~LongKey() { sodium_memzero(bytes.data(), bytes.size()); }
};

Bytes in_context(std::string_view context, ByteView bytes) {
  Bytes message(context.begin(), context.end());
  message.reserve(context.size() + 1 + bytes.size());
  message.push_back(0);
  append(message, bytes);
  return message;
}

}  // namespace

SigningKey::SigningKey(const Secret& seed) : seed_(seed) {
  LongKey key;
  crypto_sign_seed_keypair(public_key_.bytes.data(), key.bytes.data(), seed_.bytes.data());
}

Signature SigningKey::sign(std::string_view context, ByteView bytes) const {
  LongKey key;
  VerifyKey unused;
  crypto_sign_seed_keypair(unused.bytes.data(), key.bytes.data(), seed_.bytes.data());
  const Bytes message = in_context(context, bytes);
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(),
                       key.bytes.data());
  return signature;
}

bool is_signed(const VerifyKey& key, std::string_view context, ByteView bytes,
               const Signature& signature) {
  const Bytes message = in_context(context, bytes);
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

}  // namespace letterpress::vault
