// SPDX-License-Identifier: Apache-2.0
#include "vault/keys.h"

#include <fcntl.h>

#include <charconv>

#include "base/endian.h"
#include "base/file.h"
#include "hashing/blake3.h"
#include "vault/labelled_text.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change.
constexpr std::string_view kIdKeyContext = "letterpress 2026-11 id key";
constexpr std::string_view kDigestKeyContext = "letterpress 2026-11 digest key";

constexpr std::string_view kRecoveryKind = "recovery key";
constexpr std::string_view kIngestKind = "ingest key";
constexpr std::string_view kRecoveryLabels[] = {"vault", "root"};
constexpr std::string_view kIngestLabels[] = {"vault", "writer", "epoch", "id-key"};

Status write_secret(const std::string& path, const LabelledText& text) {
  const std::string content = format_labelled_text(text);
  // A key file is made where the user wants it, under its own name: there is nothing to link from.
  Result<File> file = File::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return std::move(file).error().while_doing("making a key file (none is overwritten)");
  LETTERPRESS_TRY(file->write(as_bytes(content)));
  LETTERPRESS_TRY(file->sync());
  LETTERPRESS_TRY(file->close());
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  LETTERPRESS_TRY_ASSIGN(File opened, File::open(folder, O_RDONLY | O_DIRECTORY));
  return opened.sync();
}

Result<LabelledText> read_secret(const std::string& path, std::string_view kind,
                                 std::span<const std::string_view> labels) {
  Result<Bytes> bytes = read_file(path, kLabelledTextBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kLimitExceeded) {
    return Error(ErrorCode::kInvalidArgument, path + ": is not a letterpress " + std::string(kind));
  }
  if (!bytes) return std::move(bytes).error().while_doing("reading a key");
  return parse_labelled_text(*bytes, kind, labels, path);
}

// The check line was good, so a wrong value is a writer's mistake.
Error bad_value(const std::string& path, std::string_view label) {
  return Error(ErrorCode::kCorrupt,
               path + ": has a line '" + std::string(label) + "' whose value cannot be");
}

Status parse_value(const std::string& path, const std::pair<std::string, std::string>& line,
                   std::span<std::uint8_t> out) {
  if (!parse_hex(line.second, out)) return bad_value(path, line.first);
  return Ok{};
}

}  // namespace

Result<RecoveryKey> make_recovery_key(const VaultId& vault) {
  RecoveryKey key{vault, {}};
  LETTERPRESS_TRY(fill_random(key.root));
  return key;
}

IngestKey derive_ingest_key(const RecoveryKey& recovery, const WriterId& writer,
                            std::uint32_t epoch) {
  Bytes material(recovery.root.begin(), recovery.root.end());
  append(material, writer.bytes);
  append_le(material, epoch);
  return {{recovery.vault, writer, epoch}, hashing::derive_key(kIdKeyContext, material)};
}

HashKey derive_digest_key(const HashKey& id_key) {
  return hashing::derive_key(kDigestKeyContext, id_key.bytes);
}

Status write_key_file(const std::string& path, const RecoveryKey& key) {
  return write_secret(path, {std::string(kRecoveryKind),
                             kFormatVersion,
                             {{"vault", to_hex(key.vault.bytes)}, {"root", to_hex(key.root)}}});
}

Status write_key_file(const std::string& path, const IngestKey& key) {
  return write_secret(path, {std::string(kIngestKind),
                             kFormatVersion,
                             {{"vault", to_hex(key.identity.vault.bytes)},
                              {"writer", to_hex(key.identity.writer.bytes)},
                              {"epoch", std::to_string(key.identity.epoch)},
                              {"id-key", to_hex(key.id_key.bytes)}}});
}

Result<RecoveryKey> read_recovery_key(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         read_secret(path, kRecoveryKind, kRecoveryLabels));
  RecoveryKey key;
  LETTERPRESS_TRY(parse_value(path, text.lines[0], key.vault.bytes));
  LETTERPRESS_TRY(parse_value(path, text.lines[1], key.root));
  return key;
}

Result<IngestKey> read_ingest_key(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text, read_secret(path, kIngestKind, kIngestLabels));
  IngestKey key;
  LETTERPRESS_TRY(parse_value(path, text.lines[0], key.identity.vault.bytes));
  LETTERPRESS_TRY(parse_value(path, text.lines[1], key.identity.writer.bytes));
  const std::string& epoch = text.lines[2].second;
  const auto [end, error] =
      std::from_chars(epoch.data(), epoch.data() + epoch.size(), key.identity.epoch);
  if (error != std::errc{} || end != epoch.data() + epoch.size() || key.identity.epoch == 0 ||
      std::to_string(key.identity.epoch) != epoch) {
    return bad_value(path, "epoch");
  }
  LETTERPRESS_TRY(parse_value(path, text.lines[3], key.id_key.bytes));
  return key;
}

Status require_same_vault(const VaultId& key_vault, const VaultId& vault, std::string_view path) {
  if (key_vault == vault) return Ok{};
  return Error(ErrorCode::kInvalidArgument, std::string(path) + ": is a key of another vault (" +
                                                to_hex(key_vault.bytes) + "), this one is " +
                                                to_hex(vault.bytes));
}

}  // namespace letterpress::vault
