// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/keys.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "hashing/blake3.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change.
constexpr std::string_view kReaderContext = "letterpress 2026-11 reader key";
constexpr std::string_view kRootContext = "letterpress 2026-11 root signing key";
constexpr std::string_view kDigestKeyContext = "letterpress 2026-11 digest key";
constexpr std::string_view kIndexKeyContext = "letterpress 2026-11 index key";
constexpr std::string_view kStateKeyContext = "letterpress 2026-11 state key";
constexpr std::string_view kWriterContext = "letterpress 2026-11 writer";

Bytes certified_bytes(const WriterIdentity& identity, std::string_view name,
                      const VerifyKey& writer) {
  Bytes bytes;
  append(bytes, identity.vault.bytes);
  append(bytes, identity.writer.bytes);
  append_le(bytes, identity.epoch);
  append(bytes, writer.bytes);
  append(bytes, as_bytes(name));
  return bytes;
}

}  // namespace

IngestKey::~IngestKey() { sodium_memzero(id_key.bytes.data(), id_key.bytes.size()); }

ReaderKey RecoveryKey::reader() const { return ReaderKey(derive_secret(kReaderContext, root)); }

SigningKey RecoveryKey::signing() const { return SigningKey(derive_secret(kRootContext, root)); }

Result<RecoveryKey> make_recovery_key(const VaultId& vault) {
  LETTERPRESS_TRY_ASSIGN(const Secret root, random_secret());
  return RecoveryKey{vault, root};
}

std::vector<ReaderPublicKey> readers_of(const RecoveryKey& recovery,
                                        std::span<const ReaderPublicKey> others) {
  std::vector<ReaderPublicKey> readers{recovery.reader().public_key()};
  for (const ReaderPublicKey& other : others) {
    if (std::ranges::count(readers, other) == 0) readers.push_back(other);
  }
  return readers;
}

Result<IngestKey> make_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                                  std::string name, std::vector<ReaderPublicKey> readers) {
  IngestSecrets secrets;
  LETTERPRESS_TRY_ASSIGN(secrets.signing, random_secret());
  LETTERPRESS_TRY(fill_random(secrets.id_key.bytes));
  return make_ingest_key(recovery, writer, std::move(name), std::move(readers), secrets);
}

Result<IngestKey> make_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                                  std::string name, std::vector<ReaderPublicKey> readers,
                                  const IngestSecrets& secrets) {
  if (!is_writer_name(name)) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + name +
                     "' is no name for a writer: 1 to 64 printable ASCII characters, no "
                     "space at either end");
  }
  LETTERPRESS_TRY(check_reader_count(readers.size()));
  const SigningKey root = recovery.signing();
  IngestKey key;
  key.identity = {recovery.vault, writer, kFirstEpoch};
  key.root = root.public_key();
  key.signing = SigningKey(secrets.signing);
  key.certificate = certify(root, key.identity, std::move(name), key.signing.public_key());
  key.id_key = secrets.id_key;
  key.readers = std::move(readers);
  return key;
}

Status check_reader_count(std::size_t count) {
  if (count >= 1 && count <= kReadersMax) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "a vault has 1 to " + std::to_string(kReadersMax) + " readers");
}

bool is_writer_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kWriterNameBytesMax && name.front() != ' ' &&
         name.back() != ' ' &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string format_readers(std::span<const ReaderPublicKey> readers) {
  std::string text;
  for (const ReaderPublicKey& reader : readers) {
    if (!text.empty()) text += ' ';
    text += to_hex(reader.bytes);
  }
  return text;
}

bool parse_readers(std::string_view text, std::vector<ReaderPublicKey>& readers) {
  constexpr std::size_t kDigits = 2 * sizeof(ReaderPublicKey::bytes);
  for (std::size_t at = 0; at == 0 || at < text.size(); at += kDigits + 1) {
    ReaderPublicKey reader;
    if (at > 0 && text[at - 1] != ' ') return false;
    if (!parse_hex(text.substr(at, kDigits), reader.bytes)) return false;
    if (std::ranges::count(readers, reader) > 0 || readers.size() == kReadersMax) return false;
    readers.push_back(reader);
  }
  return text.size() == readers.size() * (kDigits + 1) - 1;
}

HashKey derive_digest_key(const HashKey& id_key) {
  return hashing::derive_key(kDigestKeyContext, id_key.bytes);
}

Secret derive_index_key(const HashKey& id_key) {
  return derive_secret(kIndexKeyContext, Secret(id_key.bytes));
}

Secret derive_state_key(const HashKey& id_key) {
  return derive_secret(kStateKeyContext, derive_index_key(id_key));
}

WriterCertificate certify(const SigningKey& root, const WriterIdentity& identity, std::string name,
                          const VerifyKey& writer) {
  const Signature signature = root.sign(kWriterContext, certified_bytes(identity, name, writer));
  return {std::move(name), writer, signature};
}

bool is_certified(const VerifyKey& root, const WriterIdentity& identity,
                  const WriterCertificate& certificate) {
  return is_writer_name(certificate.name) &&
         is_signed(root, kWriterContext,
                   certified_bytes(identity, certificate.name, certificate.key),
                   certificate.signature);
}

Status require_same_vault(const VaultId& key_vault, const VaultId& vault, std::string_view path) {
  if (key_vault == vault) return Ok{};
  return Error(ErrorCode::kInvalidArgument, std::string(path) + ": is a key of another vault (" +
                                                to_hex(key_vault.bytes) + "), this one is " +
                                                to_hex(vault.bytes));
}

}  // namespace letterpress::vault
