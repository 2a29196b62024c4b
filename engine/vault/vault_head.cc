// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_head.h"

#include "vault/keys/labelled_text.h"
#include "vault/keys/utc_text.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format.
constexpr std::string_view kKind = "vault";
constexpr std::string_view kVaultHeadLabels[] = {"id", "created", "root", "readers", "signature"};
constexpr std::string_view kVaultHeadContext = "letterpress 2026-11 vault head";

LabelledText unsigned_text(const VaultHead& head) {
  return {std::string(kKind),
          kFormatVersion,
          {{std::string(kVaultHeadLabels[0]), to_hex(head.id.bytes)},
           {std::string(kVaultHeadLabels[1]), format_utc(head.created_s)},
           {std::string(kVaultHeadLabels[2]), to_hex(head.root.bytes)},
           {std::string(kVaultHeadLabels[3]), format_readers(head.readers)}}};
}

}  // namespace

std::string encode_vault_head(const VaultHead& head, const SigningKey& root) {
  LabelledText text = unsigned_text(head);
  const Signature signature = root.sign(kVaultHeadContext, as_bytes(format_lines(text)));
  text.lines.emplace_back(kVaultHeadLabels[4], to_hex(signature.bytes));
  return format_labelled_text(text);
}

Result<VaultHead> decode_vault_head(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(bytes, kKind, kVaultHeadLabels, file));
  VaultHead head;
  Signature signature;
  const std::optional<std::int64_t> created_s = parse_utc(text.lines[1].second);
  if (!parse_hex(text.lines[0].second, head.id.bytes) || !created_s ||
      !parse_hex(text.lines[2].second, head.root.bytes) ||
      !parse_readers(text.lines[3].second, head.readers) ||
      !parse_hex(text.lines[4].second, signature.bytes)) {
    return Error(ErrorCode::kCorrupt, std::string(file) + ": has a value that cannot be");
  }
  head.created_s = *created_s;
  if (!is_signed(head.root, kVaultHeadContext, as_bytes(format_lines(unsigned_text(head))),
                 signature)) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": is not signed by the root that it names");
  }
  return head;
}

}  // namespace letterpress::vault
