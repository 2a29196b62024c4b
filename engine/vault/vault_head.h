// SPDX-License-Identifier: Apache-2.0
// The vault head: what everybody may know of a vault, signed by its root (docs/FORMAT.md, "Vault
// head"). Plain values; pure functions.
#pragma once

#include "vault/keys/keys.h"

namespace letterpress::vault {

struct VaultHead {
  VaultId id;
  std::int64_t created_s = 0;  // since 1970, UTC
  VerifyKey root;              // certifies writers
  // For whom new writers lock their packs: 1 to kReadersMax.
  std::vector<ReaderPublicKey> readers;
};

std::string encode_vault_head(const VaultHead& head, const SigningKey& root);
// Checks the signature against the root that the head itself names. Errors as of
// parse_labelled_text(), and kCorrupt.
Result<VaultHead> decode_vault_head(ByteView bytes, std::string_view file);

}  // namespace letterpress::vault
