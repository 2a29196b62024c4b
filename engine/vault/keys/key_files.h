// SPDX-License-Identifier: Apache-2.0
// The text files that hold keys (docs/FORMAT.md, "Keys").
//
//   LETTERPRESS_TRY(write_key_file("/media/usb/recovery.key", recovery));
//   LETTERPRESS_TRY_ASSIGN(const IngestKey key, read_ingest_key("/etc/letterpress/ingest.key"));
//
// A secret one may be locked with a passphrase: then reading it asks for it.
// Secret files have mode 0600, public ones 0644; none is overwritten, and each is durable when
// write_key_file() returns; after an error it is not there. Free functions; any thread.
// Reading: kNotFound; kIo; kInvalidArgument (not a key, another kind of key, or a locked one
// without its passphrase); kUnsupported (made by another version); kCorrupt (damaged). Writing:
// kIo, also for a file that exists.
#pragma once

#include "vault/keys/key_text.h"
#include "vault/storage/posix_calls.h"

namespace letterpress::vault {

Status write_key_file(const std::string& path, const AnyKey& key, const KeyLock* lock = nullptr,
                      FileSystem& files = PosixCalls::system());

Result<RecoveryKey> read_recovery_key(const std::string& path, const AskPassphrase& ask = {});
Result<IngestKey> read_ingest_key(const std::string& path, const AskPassphrase& ask = {});
Result<ReaderPublicKey> read_reader_public_key(const std::string& path);
Result<VaultPublicKey> read_vault_public_key(const std::string& path);
Result<ReadingKey> read_reading_key(const std::string& path, const AskPassphrase& ask = {});
Result<AnyKey> read_any_key(const std::string& path, const AskPassphrase& ask = {});

}  // namespace letterpress::vault
