// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/sealed_box.h"

#include <sodium.h>

namespace letterpress::vault {

static_assert(kBoxBytes == crypto_box_SEALBYTES);

ReaderKey::ReaderKey(const Secret& secret) : secret_(secret) {
  crypto_scalarmult_base(public_key_.bytes.data(), secret_.bytes.data());
}

Result<Bytes> close_box(const ReaderPublicKey& reader, ByteView bytes) {
  Bytes box(bytes.size() + kBoxBytes);
  // libsodium chooses its implementations once, and its generator needs it.
  if (sodium_init() < 0 ||
      crypto_box_seal(box.data(), bytes.data(), bytes.size(), reader.bytes.data()) != 0) {
    return Error(ErrorCode::kInvalidArgument, "a reader's public key is not one");
  }
  return box;
}

std::optional<Bytes> open_box(const ReaderKey& reader, ByteView box) {
  if (box.size() < kBoxBytes) return std::nullopt;
  Bytes bytes(box.size() - kBoxBytes);
  if (crypto_box_seal_open(bytes.data(), box.data(), box.size(), reader.public_key().bytes.data(),
                           reader.secret().bytes.data()) != 0) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace letterpress::vault
