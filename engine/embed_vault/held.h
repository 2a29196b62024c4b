// SPDX-License-Identifier: Apache-2.0
// What the handles of the interface hold: an open vault, a key. Shared, so that a Backup or a
// Snapshot outlives the Vault and the VaultKey that it was made with.
#pragma once

#include <utility>

#include "letterpress/vault.h"
#include "vault/keys/key_text.h"
#include "vault/snapshot.h"

namespace letterpress {

struct VaultKey::Held {
  vault::AnyKey key;

  static VaultKey make(vault::AnyKey key) {
    return VaultKey(std::make_shared<const Held>(Held{std::move(key)}));
  }
};

class Vault::Held {
 public:
  explicit Held(vault::Vault vault) : opened(std::move(vault)) {}
  static Vault make(vault::Vault vault) {
    return Vault(std::make_shared<Held>(std::move(vault)));
  }

  vault::Vault opened;
};

namespace embed_vault {

// That the vault is the one of this recovery, ingest or public key.
Status require_owner(const vault::Vault& vault, const vault::AnyKey& key);
// What a recovery key, which the vault must belong to, or a reader's key opens.
Result<vault::Keyring> open_keyring(const vault::Vault& vault, const vault::AnyKey& key);
// kInvalidArgument: `key` is of another kind.
template <class Key>
Result<const Key*> key_of(const vault::AnyKey& key, std::string_view wanted) {
  if (const auto* found = std::get_if<Key>(&key)) return found;
  return Error(ErrorCode::kInvalidArgument, "the key is a " + std::string(vault::kind_of(key)) +
                                                ", not the " + std::string(wanted) +
                                                " that is needed");
}

SnapshotSummary summary_of(const vault::Snapshot& snapshot);

}  // namespace embed_vault
}  // namespace letterpress
