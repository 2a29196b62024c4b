// SPDX-License-Identifier: Apache-2.0
// The keys of a vault (docs/FORMAT.md, "Keys"): who can do what is in docs/SECURITY.md.
//
//   LETTERPRESS_TRY_ASSIGN(const RecoveryKey recovery, make_recovery_key(vault_id));
//   LETTERPRESS_TRY_ASSIGN(const IngestKey ingest,
//                          make_ingest_key(recovery, writer_id, "mx1", readers_of(recovery, {})));
//
// The recovery key stays offline: it reads everything and enrols writers. An ingest key lies on a
// mail server: it adds snapshots and asks which chunks it has stored, and can read nothing back.
// A reader key is a second key that reads everything and enrols nobody.
// Plain values; free functions; any thread. Where the keys lie on disk: key_files.h.
#pragma once

#include <string>
#include <vector>

#include "letterpress/chunk.h"
#include "vault/ids.h"
#include "vault/keys/sealed_box.h"
#include "vault/keys/signature.h"

namespace letterpress::vault {

// Whose file it is.
struct WriterIdentity {
  VaultId vault;
  WriterId writer;
  std::uint32_t epoch = 0;
  friend auto operator<=>(const WriterIdentity&, const WriterIdentity&) = default;
};

// Who writes: the root's word that a signing key is this writer's, and what people call it.
struct WriterCertificate {
  std::string name;  // of the mail server: 1 to 64 characters of printable ASCII
  VerifyKey key;
  Signature signature;  // by the root
};

struct RecoveryKey {
  VaultId vault;
  Secret root;

  ReaderKey reader() const;
  SigningKey signing() const;  // certifies writers and the vault's head
};

struct IngestKey {
  WriterIdentity identity;
  VerifyKey root;  // whose certificate it is
  SigningKey signing;
  WriterCertificate certificate;
  HashKey id_key;                        // keys chunk ids
  std::vector<ReaderPublicKey> readers;  // who can read what it writes: 1 to kReadersMax

  ~IngestKey();  // overwrites the id key; the signing key does so itself
};

Result<RecoveryKey> make_recovery_key(const VaultId& vault);
// The recovery key and others, each once.
std::vector<ReaderPublicKey> readers_of(const RecoveryKey& recovery,
                                        std::span<const ReaderPublicKey> others);
// With a new signing key and a new id key.
Result<IngestKey> make_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                                  std::string name, std::vector<ReaderPublicKey> readers);
// What of an ingest key is random; tests choose it.
struct IngestSecrets {
  Secret signing;
  HashKey id_key;
};
Result<IngestKey> make_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                                  std::string name, std::vector<ReaderPublicKey> readers,
                                  const IngestSecrets& secrets);
bool is_writer_name(std::string_view name) noexcept;
// kInvalidArgument: too many, or none.
Status check_reader_count(std::size_t count);

// Public keys as lines of text files have them: in hex, spaces between. False: no list of 1 to
// kReadersMax keys, each once.
std::string format_readers(std::span<const ReaderPublicKey> readers);
bool parse_readers(std::string_view text, std::vector<ReaderPublicKey>& readers);

// Keys the digests of entries and messages.
HashKey derive_digest_key(const HashKey& id_key);
// What a writer's index runs are locked with, and its state on the mail server.
Secret derive_index_key(const HashKey& id_key);
Secret derive_state_key(const HashKey& id_key);

WriterCertificate certify(const SigningKey& root, const WriterIdentity& identity, std::string name,
                          const VerifyKey& writer);
bool is_certified(const VerifyKey& root, const WriterIdentity& identity,
                  const WriterCertificate& certificate);

// kInvalidArgument, in plain words, if the key at `path` is that of another vault.
Status require_same_vault(const VaultId& key_vault, const VaultId& vault, std::string_view path);

}  // namespace letterpress::vault
