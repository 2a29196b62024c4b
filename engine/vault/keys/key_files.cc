// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/key_files.h"

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "vault/keys/labelled_text.h"
#include "vault/limits.h"
#include "vault/storage/new_file.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change.
constexpr std::string_view kRecoveryKind = "recovery key";
constexpr std::string_view kIngestKind = "ingest key";
constexpr std::string_view kReaderKind = "reader key";
constexpr std::string_view kReaderPublicKind = "reader public key";
constexpr std::string_view kVaultPublicKind = "vault public key";
constexpr std::string_view kRecoveryLabels[] = {"vault", "root"};
constexpr std::string_view kIngestLabels[] = {"vault",   "writer",      "epoch",  "name",   "root",
                                              "signing", "certificate", "id-key", "readers"};
constexpr std::string_view kReaderLabels[] = {"secret"};
constexpr std::string_view kReaderPublicLabels[] = {"public"};
constexpr std::string_view kVaultPublicLabels[] = {"vault", "root"};

constexpr unsigned kSecretMode = 0600;
constexpr unsigned kPublicMode = 0644;

using Lines = std::vector<std::pair<std::string, std::string>>;

Status write_text(FileSystem& files, const std::string& path, unsigned mode, std::string_view kind,
                  Lines lines, const KeyLock* lock = nullptr) {
  std::string content = format_labelled_text({std::string(kind), kFormatVersion, std::move(lines)});
  if (lock != nullptr) {
    LETTERPRESS_TRY_ASSIGN(content, lock_text(kind, content, *lock));
  }
  Status made = make_new_file(files, path, mode, as_bytes(content));
  if (made) return made;
  return std::move(made).error().while_doing("making a key file (none is overwritten)");
}

Result<Bytes> read_key_bytes(const std::string& path, std::string_view kind) {
  Result<Bytes> bytes = read_file(path, kLabelledTextBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kLimitExceeded) {
    return Error(ErrorCode::kInvalidArgument, path + ": is not a letterpress " + std::string(kind));
  }
  if (!bytes) return std::move(bytes).error().while_doing("reading a key");
  return bytes;
}

// What is in a file that is locked, or the file as it is. Asks nobody about a key of another kind.
Result<Bytes> read_unlocked(const std::string& path, std::span<const std::string_view> kinds,
                            const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_key_bytes(path, kinds.front()));
  if (!is_locked(bytes)) return bytes;
  LETTERPRESS_TRY_ASSIGN(const std::string kind, locked_kind(bytes, path));
  if (std::ranges::find(kinds, kind) == kinds.end()) {
    return Error(ErrorCode::kInvalidArgument, path + ": is a letterpress " + kind +
                                                  ", expected a " + std::string(kinds.front()));
  }
  if (!ask) {
    return Error(ErrorCode::kInvalidArgument,
                 path + ": is locked with a passphrase, and none was given");
  }
  LETTERPRESS_TRY_ASSIGN(const Passphrase passphrase, ask(path));
  return unlock_text(bytes, passphrase, path);
}

// The values of a key file, one after the other; the first that cannot be is the error.
class Values {
 public:
  static Result<Values> read(const std::string& path, std::string_view kind,
                             std::span<const std::string_view> labels) {
    LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read_key_bytes(path, kind));
    return parse(bytes, path, kind, labels);
  }
  static Result<Values> read_secret(const std::string& path, std::string_view kind,
                                    std::span<const std::string_view> labels,
                                    const AskPassphrase& ask) {
    LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read_unlocked(path, {&kind, 1}, ask));
    return parse(bytes, path, kind, labels);
  }
  static Result<Values> parse(ByteView bytes, const std::string& path, std::string_view kind,
                              std::span<const std::string_view> labels) {
    LETTERPRESS_TRY_ASSIGN(LabelledText text, parse_labelled_text(bytes, kind, labels, path));
    return Values(path, std::move(text.lines));
  }

  void hex(std::span<std::uint8_t> out) {
    if (!parse_hex(next(), out)) note_bad();
  }
  void readers(std::vector<ReaderPublicKey>& out) {
    if (!parse_readers(next(), out)) note_bad();
  }
  void name(std::string& out) {
    out = next();
    if (!is_writer_name(out)) note_bad();
  }
  void epoch(std::uint32_t& out) {
    const std::string& text = next();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || out == 0 ||
        std::to_string(out) != text) {
      note_bad();
    }
  }

  // The check line was good, so a wrong value is a writer's mistake.
  Status check() const {
    if (bad_.empty()) return Ok{};
    return Error(ErrorCode::kCorrupt, path_ + ": has a line '" + bad_ + "' whose value cannot be");
  }

 private:
  Values(std::string path, Lines lines) : path_(std::move(path)), lines_(std::move(lines)) {}
  const std::string& next() { return lines_[at_++].second; }
  void note_bad() {
    if (bad_.empty()) bad_ = lines_[at_ - 1].first;
  }

  std::string path_;
  Lines lines_;
  std::size_t at_ = 0;
  std::string bad_;
};

}  // namespace

Status write_key_file(const std::string& path, const RecoveryKey& key, const KeyLock* lock,
                      FileSystem& files) {
  return write_text(files, path, kSecretMode, kRecoveryKind,
                    {{"vault", to_hex(key.vault.bytes)}, {"root", to_hex(key.root.bytes)}}, lock);
}

Status write_key_file(const std::string& path, const IngestKey& key, const KeyLock* lock,
                      FileSystem& files) {
  return write_text(files, path, kSecretMode, kIngestKind,
                    {{"vault", to_hex(key.identity.vault.bytes)},
                     {"writer", to_hex(key.identity.writer.bytes)},
                     {"epoch", std::to_string(key.identity.epoch)},
                     {"name", key.certificate.name},
                     {"root", to_hex(key.root.bytes)},
                     {"signing", to_hex(key.signing.seed().bytes)},
                     {"certificate", to_hex(key.certificate.signature.bytes)},
                     {"id-key", to_hex(key.id_key.bytes)},
                     {"readers", format_readers(key.readers)}},
                    lock);
}

Status write_key_file(const std::string& path, const ReaderKey& key, const KeyLock* lock,
                      FileSystem& files) {
  return write_text(files, path, kSecretMode, kReaderKind, {{"secret", to_hex(key.secret().bytes)}},
                    lock);
}

Status write_key_file(const std::string& path, const ReaderPublicKey& key, FileSystem& files) {
  return write_text(files, path, kPublicMode, kReaderPublicKind, {{"public", to_hex(key.bytes)}});
}

Status write_key_file(const std::string& path, const VaultPublicKey& key, FileSystem& files) {
  return write_text(files, path, kPublicMode, kVaultPublicKind,
                    {{"vault", to_hex(key.vault.bytes)}, {"root", to_hex(key.root.bytes)}});
}

namespace {

Result<RecoveryKey> recovery_key_of(Values values) {
  RecoveryKey key;
  values.hex(key.vault.bytes);
  values.hex(key.root.bytes);
  LETTERPRESS_TRY(values.check());
  return key;
}

}  // namespace

Result<RecoveryKey> read_recovery_key(const std::string& path, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Values values,
                         Values::read_secret(path, kRecoveryKind, kRecoveryLabels, ask));
  return recovery_key_of(std::move(values));
}

Result<IngestKey> read_ingest_key(const std::string& path, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Values values, Values::read_secret(path, kIngestKind, kIngestLabels, ask));
  IngestKey key;
  Secret seed;
  values.hex(key.identity.vault.bytes);
  values.hex(key.identity.writer.bytes);
  values.epoch(key.identity.epoch);
  values.name(key.certificate.name);
  values.hex(key.root.bytes);
  values.hex(seed.bytes);
  values.hex(key.certificate.signature.bytes);
  values.hex(key.id_key.bytes);
  values.readers(key.readers);
  LETTERPRESS_TRY(values.check());
  key.signing = SigningKey(seed);
  key.certificate.key = key.signing.public_key();
  if (!is_certified(key.root, key.identity, key.certificate)) {
    return Error(ErrorCode::kCorrupt, path + ": its certificate is not one of the root it names");
  }
  return key;
}

Result<ReaderPublicKey> read_reader_public_key(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(Values values, Values::read(path, kReaderPublicKind, kReaderPublicLabels));
  ReaderPublicKey key;
  values.hex(key.bytes);
  LETTERPRESS_TRY(values.check());
  return key;
}

Result<VaultPublicKey> read_vault_public_key(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(Values values, Values::read(path, kVaultPublicKind, kVaultPublicLabels));
  VaultPublicKey key;
  values.hex(key.vault.bytes);
  values.hex(key.root.bytes);
  LETTERPRESS_TRY(values.check());
  return key;
}

Result<ReadingKey> read_reading_key(const std::string& path, const AskPassphrase& ask) {
  constexpr std::string_view kKinds[] = {kRecoveryKind, kReaderKind};
  LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read_unlocked(path, kKinds, ask));
  if (Result<Values> values = Values::parse(bytes, path, kReaderKind, kReaderLabels)) {
    Secret secret;
    values->hex(secret.bytes);
    LETTERPRESS_TRY(values->check());
    return ReadingKey{ReaderKey(secret), std::nullopt};
  }
  LETTERPRESS_TRY_ASSIGN(Values values, Values::parse(bytes, path, kRecoveryKind, kRecoveryLabels));
  LETTERPRESS_TRY_ASSIGN(const RecoveryKey key, recovery_key_of(std::move(values)));
  return ReadingKey{key.reader(), VaultPublicKey{key.vault, key.signing().public_key()}};
}

}  // namespace letterpress::vault
