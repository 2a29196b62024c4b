// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/key_text.h"

#include <algorithm>
#include <charconv>

#include "vault/keys/labelled_text.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change. In the order of AnyKey.
constexpr std::string_view kKinds[] = {"recovery key", "ingest key", "reader key",
                                       "reader public key", "vault public key"};
constexpr std::string_view kRecoveryLabels[] = {"vault", "root"};
constexpr std::string_view kIngestLabels[] = {"vault",   "writer",      "epoch",  "name",   "root",
                                              "signing", "certificate", "id-key", "readers"};
constexpr std::string_view kReaderLabels[] = {"secret"};
constexpr std::string_view kReaderPublicLabels[] = {"public"};
constexpr std::string_view kVaultPublicLabels[] = {"vault", "root"};
constexpr std::span<const std::string_view> kLabels[] = {
    kRecoveryLabels, kIngestLabels, kReaderLabels, kReaderPublicLabels, kVaultPublicLabels};

template <class Key>
constexpr std::size_t index_of() {
  constexpr bool kIs[] = {std::is_same_v<Key, RecoveryKey>, std::is_same_v<Key, IngestKey>,
                          std::is_same_v<Key, ReaderKey>, std::is_same_v<Key, ReaderPublicKey>,
                          std::is_same_v<Key, VaultPublicKey>};
  return static_cast<std::size_t>(std::ranges::find(kIs, true) - kIs);
}

using Lines = std::vector<std::pair<std::string, std::string>>;

void wipe_lines(Lines& lines) noexcept {
  for (auto& [label, value] : lines) WipeAtEnd{value};
}

// The values of a key, one after the other; the first that cannot be is the error.
class Values {
 public:
  Values(std::string name, Lines lines) : name_(std::move(name)), lines_(std::move(lines)) {}
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  ~Values() { wipe_lines(lines_); }

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
    return Error(ErrorCode::kCorrupt, name_ + ": has a line '" + bad_ + "' whose value cannot be");
  }

 private:
  const std::string& next() { return lines_[at_++].second; }
  void note_bad() {
    if (bad_.empty()) bad_ = lines_[at_ - 1].first;
  }

  std::string name_;
  Lines lines_;
  std::size_t at_ = 0;
  std::string bad_;
};

Status read_values(Values& values, RecoveryKey& key) {
  values.hex(key.vault.bytes);
  values.hex(key.root.bytes);
  return values.check();
}

Status read_values(Values& values, IngestKey& key, const std::string& name) {
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
  if (is_certified(key.root, key.identity, key.certificate)) return Ok{};
  return Error(ErrorCode::kCorrupt, name + ": its certificate is not one of the root it names");
}

// The key of that kind that the text has, which is not locked.
Result<AnyKey> parse_clear(std::size_t kind, ByteView text, const std::string& name) {
  LETTERPRESS_TRY_ASSIGN(LabelledText parsed,
                         parse_labelled_text(text, kKinds[kind], kLabels[kind], name));
  Values values(name, std::move(parsed.lines));
  switch (kind) {
    case index_of<RecoveryKey>(): {
      RecoveryKey key;
      LETTERPRESS_TRY(read_values(values, key));
      return AnyKey(std::move(key));
    }
    case index_of<IngestKey>(): {
      IngestKey key;
      LETTERPRESS_TRY(read_values(values, key, name));
      return AnyKey(std::move(key));
    }
    case index_of<ReaderKey>(): {
      Secret secret;
      values.hex(secret.bytes);
      LETTERPRESS_TRY(values.check());
      return AnyKey(ReaderKey(secret));
    }
    case index_of<ReaderPublicKey>(): {
      ReaderPublicKey key;
      values.hex(key.bytes);
      LETTERPRESS_TRY(values.check());
      return AnyKey(key);
    }
    default: {
      VaultPublicKey key;
      values.hex(key.vault.bytes);
      values.hex(key.root.bytes);
      LETTERPRESS_TRY(values.check());
      return AnyKey(key);
    }
  }
}

// What is in a text that is locked, or the text as it is. Asks nobody about a key of another kind.
Result<Bytes> unlocked(ByteView text, const std::string& name, std::span<const std::size_t> kinds,
                       const AskPassphrase& ask) {
  if (!is_locked(text)) return Bytes(text.begin(), text.end());
  LETTERPRESS_TRY_ASSIGN(const std::string kind, locked_kind(text, name));
  if (std::ranges::none_of(kinds, [&](std::size_t known) { return kind == kKinds[known]; })) {
    return Error(
        ErrorCode::kInvalidArgument,
        name + ": is a letterpress " + kind + ", expected a " + std::string(kKinds[kinds.back()]));
  }
  if (!ask) {
    return Error(ErrorCode::kInvalidArgument,
                 name + ": is locked with a passphrase, and none was given");
  }
  LETTERPRESS_TRY_ASSIGN(const Passphrase passphrase, ask(name));
  return unlock_text(text, passphrase, name);
}

// A key of one of these kinds. The last one names what was expected.
Result<AnyKey> parse_one_of(std::span<const std::size_t> kinds, ByteView text,
                            const std::string& name, const AskPassphrase& ask) {
  LETTERPRESS_TRY_ASSIGN(Bytes clear, unlocked(text, name, kinds, ask));
  const WipeAtEnd wipe(clear);
  for (const std::size_t kind : kinds) {
    Result<AnyKey> key = parse_clear(kind, clear, name);
    const bool is_last = kind == kinds.back();
    if (key || is_last || key.error().code() != ErrorCode::kInvalidArgument) return key;
  }
  return Error(ErrorCode::kInvalidArgument, name + ": is not a letterpress key");
}

Lines lines_of(const AnyKey& any) {
  Lines lines;
  if (const auto* recovery = std::get_if<RecoveryKey>(&any)) {
    lines.emplace_back("vault", to_hex(recovery->vault.bytes));
    lines.emplace_back("root", to_hex(recovery->root.bytes));
  } else if (const auto* ingest = std::get_if<IngestKey>(&any)) {
    lines.emplace_back("vault", to_hex(ingest->identity.vault.bytes));
    lines.emplace_back("writer", to_hex(ingest->identity.writer.bytes));
    lines.emplace_back("epoch", std::to_string(ingest->identity.epoch));
    lines.emplace_back("name", ingest->certificate.name);
    lines.emplace_back("root", to_hex(ingest->root.bytes));
    lines.emplace_back("signing", to_hex(ingest->signing.seed().bytes));
    lines.emplace_back("certificate", to_hex(ingest->certificate.signature.bytes));
    lines.emplace_back("id-key", to_hex(ingest->id_key.bytes));
    lines.emplace_back("readers", format_readers(ingest->readers));
  } else if (const auto* reader = std::get_if<ReaderKey>(&any)) {
    lines.emplace_back("secret", to_hex(reader->secret().bytes));
  } else if (const auto* reader_public = std::get_if<ReaderPublicKey>(&any)) {
    lines.emplace_back("public", to_hex(reader_public->bytes));
  } else if (const auto* vault_public = std::get_if<VaultPublicKey>(&any)) {
    lines.emplace_back("vault", to_hex(vault_public->vault.bytes));
    lines.emplace_back("root", to_hex(vault_public->root.bytes));
  }
  return lines;
}

}  // namespace

std::string_view kind_of(const AnyKey& key) noexcept { return kKinds[key.index()]; }

bool is_secret(const AnyKey& key) noexcept { return key.index() <= index_of<ReaderKey>(); }

Result<std::string> format_key(const AnyKey& key, const KeyLock* lock) {
  LabelledText text{std::string(kind_of(key)), kFormatVersion, lines_of(key)};
  std::string content = format_labelled_text(text);
  wipe_lines(text.lines);
  if (lock == nullptr || !is_secret(key)) return content;
  const WipeAtEnd wipe(content);
  return lock_text(kind_of(key), content, *lock);
}

template <class Key>
Result<Key> parse_key(ByteView text, const std::string& name, const AskPassphrase& ask) {
  constexpr std::size_t kWanted[] = {index_of<Key>()};
  LETTERPRESS_TRY_ASSIGN(AnyKey key, parse_one_of(kWanted, text, name, ask));
  return std::get<Key>(std::move(key));
}
template Result<RecoveryKey> parse_key(ByteView, const std::string&, const AskPassphrase&);
template Result<IngestKey> parse_key(ByteView, const std::string&, const AskPassphrase&);
template Result<ReaderKey> parse_key(ByteView, const std::string&, const AskPassphrase&);
template Result<ReaderPublicKey> parse_key(ByteView, const std::string&, const AskPassphrase&);
template Result<VaultPublicKey> parse_key(ByteView, const std::string&, const AskPassphrase&);

Result<AnyKey> parse_any_key(ByteView text, const std::string& name, const AskPassphrase& ask) {
  constexpr std::size_t kAll[] = {index_of<RecoveryKey>(), index_of<IngestKey>(),
                                  index_of<ReaderKey>(), index_of<ReaderPublicKey>(),
                                  index_of<VaultPublicKey>()};
  Result<AnyKey> key = parse_one_of(kAll, text, name, ask);
  if (key || key.error().code() != ErrorCode::kInvalidArgument || is_locked(text)) return key;
  return Error(ErrorCode::kInvalidArgument, name + ": is not a letterpress key");
}

Result<ReadingKey> parse_reading_key(ByteView text, const std::string& name,
                                     const AskPassphrase& ask) {
  constexpr std::size_t kReading[] = {index_of<ReaderKey>(), index_of<RecoveryKey>()};
  LETTERPRESS_TRY_ASSIGN(const AnyKey key, parse_one_of(kReading, text, name, ask));
  if (const auto* reader = std::get_if<ReaderKey>(&key)) return ReadingKey{*reader, std::nullopt};
  return reading_key_of(std::get<RecoveryKey>(key));
}

ReadingKey reading_key_of(const RecoveryKey& key) {
  return {key.reader(), VaultPublicKey{key.vault, key.signing().public_key()}};
}

}  // namespace letterpress::vault
