// SPDX-License-Identifier: Apache-2.0
// The keys of a vault and the text files that hold them (docs/FORMAT.md, "Keys").
//
//   LETTERPRESS_TRY_ASSIGN(const RecoveryKey recovery, make_recovery_key(vault_id));
//   const IngestKey ingest = derive_ingest_key(recovery, writer_id, 1);
//   LETTERPRESS_TRY(write_key_file("/media/usb/recovery.key", recovery));
//   LETTERPRESS_TRY_ASSIGN(const IngestKey key, read_ingest_key("/etc/letterpress/ingest.key"));
//
// The recovery key stays offline: every writer's id key follows from it, so it reads everything.
// The ingest key lies on the mail server. Key files have mode 0600, are never overwritten, and are
// durable when write_key_file() returns. Free functions; any thread.
// Reading: kNotFound; kIo; kInvalidArgument (not a key, or the other kind of key); kUnsupported (a
// newer version); kCorrupt (damaged). Writing: kIo, also for a file that exists.
#pragma once

#include "base/chunk_id.h"
#include "vault/pack_writer.h"

namespace letterpress::vault {

struct RecoveryKey {
  VaultId vault;
  std::array<std::uint8_t, 32> root{};
};

struct IngestKey {
  WriterIdentity identity;
  HashKey id_key;  // keys chunk ids
};

Result<RecoveryKey> make_recovery_key(const VaultId& vault);
IngestKey derive_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                            std::uint32_t epoch);
// Keys the digests of entries and messages.
HashKey derive_digest_key(const HashKey& id_key);

Status write_key_file(const std::string& path, const RecoveryKey& key);
Status write_key_file(const std::string& path, const IngestKey& key);
Result<RecoveryKey> read_recovery_key(const std::string& path);
Result<IngestKey> read_ingest_key(const std::string& path);

// kInvalidArgument, in plain words, if the key at `path` is that of another vault.
Status require_same_vault(const VaultId& key_vault, const VaultId& vault, std::string_view path);

}  // namespace letterpress::vault
