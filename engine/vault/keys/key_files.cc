// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/key_files.h"

#include "base/file.h"
#include "vault/limits.h"
#include "vault/storage/new_file.h"

namespace letterpress::vault {

namespace {

constexpr unsigned kSecretMode = 0600;
constexpr unsigned kPublicMode = 0644;

Result<Bytes> read_key_bytes(const std::string& path, std::string_view kind) {
  Result<Bytes> bytes = read_file(path, kLabelledTextBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kLimitExceeded) {
    return Error(ErrorCode::kInvalidArgument, path + ": is not a letterpress " + std::string(kind));
  }
  if (!bytes) return std::move(bytes).error().while_doing("reading a key");
  return bytes;
}

template <class Key>
Result<Key> read_key(const std::string& path, std::string_view kind, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_key_bytes(path, kind));
  const WipeAtEnd wipe(bytes);
  return parse_key<Key>(bytes, path, ask);
}

}  // namespace

Status write_key_file(const std::string& path, const AnyKey& key, const KeyLock* lock,
                      FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(std::string content, format_key(key, lock));
  const WipeAtEnd wipe(content);
  const unsigned mode = is_secret(key) ? kSecretMode : kPublicMode;
  Status made = make_new_file(files, path, mode, as_bytes(content));
  if (made) return made;
  return std::move(made).error().while_doing("making a key file (none is overwritten)");
}

Result<RecoveryKey> read_recovery_key(const std::string& path, const AskPassphrase& ask) {
  return read_key<RecoveryKey>(path, "recovery key", ask);
}

Result<IngestKey> read_ingest_key(const std::string& path, const AskPassphrase& ask) {
  return read_key<IngestKey>(path, "ingest key", ask);
}

Result<ReaderPublicKey> read_reader_public_key(const std::string& path) {
  return read_key<ReaderPublicKey>(path, "reader public key", {});
}

Result<VaultPublicKey> read_vault_public_key(const std::string& path) {
  return read_key<VaultPublicKey>(path, "vault public key", {});
}

Result<ReadingKey> read_reading_key(const std::string& path, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_key_bytes(path, "recovery key"));
  const WipeAtEnd wipe(bytes);
  return parse_reading_key(bytes, path, ask);
}

Result<AnyKey> read_any_key(const std::string& path, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_key_bytes(path, "key"));
  const WipeAtEnd wipe(bytes);
  return parse_any_key(bytes, path, ask);
}

}  // namespace letterpress::vault
