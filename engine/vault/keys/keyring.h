// SPDX-License-Identifier: Apache-2.0
// What a reader of a vault's files knows: whose signatures count, and the secrets it has.
//
//   Keyring keys(vault_id, root);            // reads what is clear, checks what is signed
//   keys.add(ReaderKey(secret));             // reads packs, and through them everything
//   keys.add(ingest_key);                    // reads this writer's index runs, no pack
//
// Copies share what they learn. Thread-safe but for add().
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vault/keys/keys.h"

namespace letterpress::vault {

// A file key and the writer's id key, locked for one reader.
struct ReaderSlot {
  std::array<std::uint8_t, 8> reader{};  // which one: first bytes of the hash of the public key
  std::array<std::uint8_t, 64 + kBoxBytes> box{};
};

class Keyring {
 public:
  Keyring(const VaultId& vault, const VerifyKey& root);

  void add(const ReaderKey& reader);
  void add(const IngestKey& writer);

  const VaultId& vault() const noexcept { return vault_; }
  const VerifyKey& root() const noexcept { return root_; }
  bool reads_packs() const noexcept { return !readers_.empty(); }

  // Whether the root certified this writer's key. Remembers those that it did.
  bool is_writer(const WriterIdentity& identity, const WriterCertificate& certificate) const;

  // The file key; nothing if none of the readers' keys is here. Remembers the writer's id key.
  std::optional<Secret> unlock(const WriterIdentity& identity,
                               std::span<const ReaderSlot> slots) const;
  // Known for a writer whose ingest key was added, or of whom a pack was unlocked.
  std::optional<HashKey> id_key(const WriterIdentity& identity) const;

 private:
  struct Learnt;
  void learn(const WriterIdentity& identity, const HashKey& id_key) const;

  VaultId vault_;
  VerifyKey root_;
  std::vector<ReaderKey> readers_;
  std::shared_ptr<Learnt> learnt_;
};

// Locks a file key for a reader.
Result<ReaderSlot> lock_for(const ReaderPublicKey& reader, const Secret& file_key,
                            const HashKey& id_key);

}  // namespace letterpress::vault
