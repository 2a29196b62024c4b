// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/volume_files.h"

#include <algorithm>

#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kStripeDigits = 8;
constexpr std::size_t kMemberDigits = 2;
constexpr std::size_t kNameBytesMax = 64;

std::string digits_of(std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == '+';
         });
}

// Names that mean something else on a volume.
bool is_taken(std::string_view name) {
  return name == kVolumeLabelName || name == kVolumeManifestName || name == kVolumeSealName ||
         name == kParityFolder || name == kSpareFolder || name == kTagsFolder ||
         name == kProgramFolder || name == kPacksFolder || name == kIndexFolder ||
         name == kLogFolder || name == kSetAsideFolder || name == "tmp";
}

bool is_sequence_path(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  return slash != rest.npos && parse_writer_name(rest.substr(0, slash)) &&
         parse_sequence_name(rest.substr(slash + 1));
}

}  // namespace

std::string tags_path(std::uint64_t stripe) {
  return std::string(kTagsFolder) + '/' + digits_of(stripe, kStripeDigits);
}

std::string parity_path(std::uint64_t stripe, unsigned member) {
  return std::string(kParityFolder) + '/' + digits_of(stripe, kStripeDigits) + '-' +
         digits_of(member, kMemberDigits);
}

std::string spare_path(std::uint64_t stripe, unsigned member) {
  return std::string(kSpareFolder) + '/' + digits_of(stripe, kStripeDigits) + '-' +
         digits_of(member, kMemberDigits);
}

std::string receipt_path(const SetId& set) {
  return std::string(kReceiptsFolder) + '/' + to_hex(set.bytes);
}

PathKind kind_of_path(std::string_view path) noexcept {
  const std::size_t slash = path.find('/');
  if (slash == path.npos) {
    if (path == kVaultHeadName) return PathKind::kHead;
    return is_plain_name(path) && !is_taken(path) ? PathKind::kCompanion : PathKind::kNone;
  }
  const std::string_view top = path.substr(0, slash);
  const std::string_view rest = path.substr(slash + 1);
  if (top == kLogFolder) return is_sequence_path(rest) ? PathKind::kLog : PathKind::kNone;
  if (top == kIndexFolder) return is_sequence_path(rest) ? PathKind::kIndex : PathKind::kNone;
  if (top == kProgramFolder) return is_plain_name(rest) ? PathKind::kCompanion : PathKind::kNone;
  Sha256Digest name;
  const bool is_pack = top == kPacksFolder && rest.size() > 3 && rest[2] == '/' &&
                       parse_hex(rest.substr(3), name.bytes) && path == pack_path(name);
  return is_pack ? PathKind::kPack : PathKind::kNone;
}

}  // namespace letterpress::vault
