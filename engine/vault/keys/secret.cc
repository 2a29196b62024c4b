// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/secret.h"

#include <sodium.h>

#include "hashing/blake3.h"
#include "vault/ids.h"

namespace letterpress::vault {

Secret::~Secret() { sodium_memzero(bytes.data(), bytes.size()); }

WipeAtEnd::~WipeAtEnd() {
  if (text_ != nullptr) sodium_memzero(text_->data(), text_->size());
  if (bytes_ != nullptr) sodium_memzero(bytes_->data(), bytes_->size());
}

bool operator==(const Secret& a, const Secret& b) noexcept {
  return sodium_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

Result<Secret> random_secret() {
  Secret secret;
  LETTERPRESS_TRY(fill_random(secret.bytes));
  return secret;
}

Secret derive_secret(std::string_view context, const Secret& from) {
  return Secret(hashing::derive_key(context, from.bytes).bytes);
}

}  // namespace letterpress::vault
