// SPDX-License-Identifier: Apache-2.0
#include "vault/witness.h"

#include <charconv>

#include "base/file.h"
#include "vault/keys/labelled_text.h"
#include "vault/limits.h"
#include "vault/log/chain.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

// Part of the format.
constexpr std::string_view kWitnessKind = "witness";
constexpr std::string_view kWitnessLabels[] = {"vault", "root", "head*"};

std::string format_head(const WitnessedHead& seen) {
  return to_hex(seen.writer.bytes) + ' ' + std::to_string(seen.head.sequence) + ' ' +
         to_hex(seen.head.sha256.bytes);
}

// Exactly what format_head() gives.
bool parse_head(const std::string& text, WitnessedHead& seen) {
  constexpr std::size_t kWriterDigits = 2 * sizeof(WriterId::bytes);
  const std::size_t space = text.rfind(' ');
  if (text.size() <= kWriterDigits || space == text.npos || space <= kWriterDigits) return false;
  const auto [end, error] =
      std::from_chars(text.data() + kWriterDigits + 1, text.data() + space, seen.head.sequence);
  return error == std::errc{} && end == text.data() + space &&
         parse_hex(std::string_view(text).substr(0, kWriterDigits), seen.writer.bytes) &&
         parse_hex(std::string_view(text).substr(space + 1), seen.head.sha256.bytes) &&
         seen.head.sequence >= 1 && seen.head.sequence <= kSequenceMax && format_head(seen) == text;
}

}  // namespace

Result<Witness> take_witness(const Vault& vault) {
  Witness witness{vault.id(), vault.head().root, {}};
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault.list_writers());
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY_ASSIGN(const Chain chain, read_chain(vault.storage(), vault.keyring(), writer));
    if (chain.links.empty()) continue;
    const ChainLink& last = chain.links.back();
    witness.heads.push_back({writer, {last.entry.sequence, last.sha256}});
  }
  return witness;
}

std::string format_witness(const Witness& witness) {
  LabelledText text{std::string(kWitnessKind),
                    kFormatVersion,
                    {{"vault", to_hex(witness.vault.bytes)}, {"root", to_hex(witness.root.bytes)}}};
  for (const WitnessedHead& seen : witness.heads) {
    text.lines.emplace_back("head", format_head(seen));
  }
  return format_labelled_text(text);
}

Result<Witness> parse_witness(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(bytes, kWitnessKind, kWitnessLabels, file));
  Witness witness;
  bool is_good = parse_hex(text.lines[0].second, witness.vault.bytes) &&
                 parse_hex(text.lines[1].second, witness.root.bytes);
  for (std::size_t i = 2; i < text.lines.size(); ++i) {
    is_good = parse_head(text.lines[i].second, witness.heads.emplace_back()) && is_good;
  }
  if (is_good) return witness;
  return Error(ErrorCode::kCorrupt, std::string(file) + ": has a value that cannot be");
}

Result<Witness> read_witness(const std::string& path) {
  Result<Bytes> bytes = read_file(path, kWitnessBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kLimitExceeded) {
    return Error(ErrorCode::kInvalidArgument, path + ": is not a letterpress witness");
  }
  if (!bytes) return std::move(bytes).error().while_doing("reading a witness");
  return parse_witness(*bytes, path);
}

Result<std::vector<MissingHead>> find_missing(const Vault& vault, const Witness& witness) {
  std::vector<MissingHead> missing;
  for (const WitnessedHead& seen : witness.heads) {
    const std::string path = log_folder(seen.writer) + '/' + sequence_name(seen.head.sequence);
    const std::string file = vault.storage().full_path(path);
    const Result<FileDigest> digest = digest_file(vault.storage(), path);
    if (!digest && digest.error().code() != ErrorCode::kNotFound) {
      missing.push_back({file, digest.error().message() + ": the witness saw it"});
    } else if (!digest) {
      missing.push_back({file, file + ": is gone, though the witness saw it: the vault was rolled "
                                      "back, or its log was cut"});
    } else if (digest->sha256 != seen.head.sha256) {
      missing.push_back({file, file + ": is not the log entry that the witness saw (SHA-256 " +
                                   to_hex(seen.head.sha256.bytes) + "): the log was written anew"});
    }
  }
  return missing;
}

}  // namespace letterpress::vault
