// SPDX-License-Identifier: Apache-2.0
// A vault in memory whose keys are fixed, so that a fuzzer can sign and seal what it made up.
//
//   MadeVault made;                                    // the head, the folders, no snapshot
//   const PackRef pack = made.put_pack(label, payload);
//   made.put_log(1, payload);
//   Vault vault = made.open();                         // over a copy of the files
#pragma once

#include <numeric>

#include "require.h"
#include "tests/vault/memory_storage.h"
#include "vault/keys/sha256.h"
#include "vault/log/log.h"
#include "vault/packs/pack.h"
#include "vault/vault.h"

namespace letterpress::fuzz {

template <class Id>
Id counting(std::uint8_t first) {
  Id id;
  std::iota(id.bytes.begin(), id.bytes.end(), first);
  return id;
}

inline const vault::WriterIdentity kMadeIdentity{counting<vault::VaultId>(0x00),
                                                 counting<vault::WriterId>(0x10), 1};

inline vault::RecoveryKey made_recovery() {
  return {kMadeIdentity.vault, vault::Secret(counting<vault::Sha256Digest>(0x20).bytes)};
}

inline const vault::IngestKey& made_key() {
  static const vault::IngestKey key = take(vault::make_ingest_key(
      made_recovery(), kMadeIdentity.writer, "mail.example.org",
      vault::readers_of(made_recovery(), {}),
      {vault::Secret(counting<vault::Sha256Digest>(0x40).bytes), counting<HashKey>(0x60)}));
  return key;
}

// What opens everything. A new one has learnt nothing yet.
inline vault::Keyring made_keys() {
  vault::Keyring keys(kMadeIdentity.vault, made_key().root);
  keys.add(made_key());
  keys.add(made_recovery().reader());
  return keys;
}

// Nothing is random, so that an input does the same each time. `first` tells files apart. The slot
// of the reader is made once: a box costs as much as all the rest.
inline vault::SealChance chance_of(std::uint8_t first) {
  static const vault::Secret file_key(counting<vault::Sha256Digest>(0x80).bytes);
  static const vault::ReaderSlot slot =
      take(vault::lock_for(made_recovery().reader().public_key(), file_key, made_key().id_key));
  return {counting<vault::Salt>(first), file_key, {slot}};
}

class MadeVault {
 public:
  vault::MemoryStorage storage;

  MadeVault() {
    take(storage.make_folders(vault::vault_folders()));
    take(storage.make_folders(vault::writer_folders(kMadeIdentity.writer)));
    static const std::string head =
        vault::encode_vault_head({kMadeIdentity.vault, 1'700'000'000, made_key().root,
                                  vault::readers_of(made_recovery(), {})},
                                 made_recovery().signing());
    put(std::string(vault::kVaultHeadName), as_bytes(head));
  }

  void put(const std::string& path, ByteView bytes) {
    storage.files[path].assign(bytes.begin(), bytes.end());
  }

  // A sealed file with this payload, whatever it is.
  static Bytes sealed(const vault::SealLabel& label, ByteView payload, std::uint8_t chance) {
    const vault::SealChance fixed = chance_of(chance);
    return take(vault::seal(label, made_key(), payload, &fixed));
  }
  static vault::SealLabel label_of(vault::FileType type, std::uint64_t number,
                                   std::uint32_t count = 0) {
    return {.type = type, .identity = kMadeIdentity, .number = number, .count = count};
  }

  vault::PackRef put_pack(std::uint64_t first_block, std::uint32_t count, ByteView payload) {
    const Bytes file = sealed(label_of(vault::FileType::kPack, first_block, count), payload,
                              static_cast<std::uint8_t>(first_block));
    const vault::PackRef pack{vault::sha256(file), file.size(), first_block, count};
    put(vault::pack_path(pack.sha256), file);
    return pack;
  }
  void put_log(std::uint64_t sequence, ByteView payload) {
    put(vault::log_folder(kMadeIdentity.writer) + '/' + vault::sequence_name(sequence),
        sealed(label_of(vault::FileType::kLogEntry, sequence), payload, 0xe0));
  }
  void put_run(std::uint64_t sequence, ByteView payload) {
    put(vault::index_folder(kMadeIdentity.writer) + '/' + vault::sequence_name(sequence),
        sealed(label_of(vault::FileType::kIndexRun, sequence), payload, 0xd0));
  }

  vault::Vault open() const {
    return take(vault::Vault::open(std::make_unique<vault::MemoryStorage>(storage)));
  }
};

}  // namespace letterpress::fuzz
