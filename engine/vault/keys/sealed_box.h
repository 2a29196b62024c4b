// SPDX-License-Identifier: Apache-2.0
// Boxes that anybody can close and only one reader can open (libsodium's sealed boxes: X25519,
// XSalsa20, Poly1305). Who closed a box cannot open it again, and is not known by it.
//
//   const ReaderKey reader(secret);
//   LETTERPRESS_TRY_ASSIGN(const Bytes box, close_box(reader.public_key(), bytes));
//   std::optional<Bytes> bytes = open_box(reader, box);      // nothing if it is not for this
//   reader
//
// Any thread. A box is kBoxBytes longer than what is in it.
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "vault/keys/secret.h"

namespace letterpress::vault {

inline constexpr std::size_t kBoxBytes = 48;

struct ReaderPublicKey {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const ReaderPublicKey&, const ReaderPublicKey&) = default;
};

class ReaderKey {
 public:
  explicit ReaderKey(const Secret& secret);

  const Secret& secret() const noexcept { return secret_; }
  const ReaderPublicKey& public_key() const noexcept { return public_key_; }

 private:
  Secret secret_;
  ReaderPublicKey public_key_;
};

// kInvalidArgument: no key of a reader (a point of small order).
Result<Bytes> close_box(const ReaderPublicKey& reader, ByteView bytes);
std::optional<Bytes> open_box(const ReaderKey& reader, ByteView box);

}  // namespace letterpress::vault
