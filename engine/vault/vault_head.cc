// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_head.h"

#include <ctime>

#include "vault/keys/labelled_text.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format.
constexpr std::string_view kKind = "vault";
constexpr std::string_view kLabels[] = {"id", "created", "root", "readers", "signature"};
constexpr std::string_view kHeadContext = "letterpress 2026-11 vault head";
constexpr const char* kTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

// "2026-11-23T14:21:00Z" from seconds since 1970.
std::string format_time(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  char text[64];
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  return std::string(text, std::strftime(text, sizeof text, kTimeFormat, &parts));
}

// Nothing unless the text is exactly what format_time() gives.
std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), kTimeFormat, &parts);
  if (end == nullptr || *end != 0) return std::nullopt;
  const std::int64_t seconds = ::timegm(&parts);
  if (format_time(seconds) != text) return std::nullopt;
  return seconds;
}

LabelledText unsigned_text(const VaultHead& head) {
  return {std::string(kKind),
          kFormatVersion,
          {{std::string(kLabels[0]), to_hex(head.id.bytes)},
           {std::string(kLabels[1]), format_time(head.created_s)},
           {std::string(kLabels[2]), to_hex(head.root.bytes)},
           {std::string(kLabels[3]), format_readers(head.readers)}}};
}

}  // namespace

std::string encode_vault_head(const VaultHead& head, const SigningKey& root) {
  LabelledText text = unsigned_text(head);
  const Signature signature = root.sign(kHeadContext, as_bytes(format_lines(text)));
  text.lines.emplace_back(kLabels[4], to_hex(signature.bytes));
  return format_labelled_text(text);
}

Result<VaultHead> decode_vault_head(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text, parse_labelled_text(bytes, kKind, kLabels, file));
  VaultHead head;
  Signature signature;
  const std::optional<std::int64_t> created_s = parse_time(text.lines[1].second);
  if (!parse_hex(text.lines[0].second, head.id.bytes) || !created_s ||
      !parse_hex(text.lines[2].second, head.root.bytes) ||
      !parse_readers(text.lines[3].second, head.readers) ||
      !parse_hex(text.lines[4].second, signature.bytes)) {
    return Error(ErrorCode::kCorrupt, std::string(file) + ": has a value that cannot be");
  }
  head.created_s = *created_s;
  if (!is_signed(head.root, kHeadContext, as_bytes(format_lines(unsigned_text(head))), signature)) {
    return Error(ErrorCode::kCorrupt,
                 std::string(file) + ": is not signed by the root that it names");
  }
  return head;
}

}  // namespace letterpress::vault
