// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/passphrase.h"

#include <sodium.h>

#include "vault/limits.h"

namespace letterpress::vault {

Result<Passphrase> Passphrase::make(std::string_view text) {
  if (text.empty()) return Error(ErrorCode::kInvalidArgument, "the passphrase is empty");
  if (text.size() > kPassphraseBytesMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "the passphrase is longer than " + std::to_string(kPassphraseBytesMax) + " bytes");
  }
  return Passphrase(text);
}

Passphrase::Passphrase(std::string_view text) {
  // Never so short that it lies inside the string, from where a move would leave a copy.
  text_.reserve(kPassphraseBytesMax);
  text_ = text;
}

Passphrase& Passphrase::operator=(Passphrase&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  return *this;
}

Passphrase::~Passphrase() { wipe(); }

void Passphrase::wipe() noexcept { sodium_memzero(text_.data(), text_.size()); }

}  // namespace letterpress::vault
