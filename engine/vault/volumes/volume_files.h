// SPDX-License-Identifier: Apache-2.0
// Where a volume's files are, beside those of the vault (docs/FORMAT.md, "Volumes"). Pure
// functions.
//
//   letterpress-volume           which volume of which set: text
//   letterpress-set              what the set has, the same on every volume: text
//   letterpress-seal             the set was rebuilt on trial, the same on every volume: text
//   parity/<stripe>-<member>     8 and 2 digits
//   spare/<stripe>-<member>      spare pieces of the member that lies on the same volume
//   tags/<stripe>                hashes of the pieces of all members, the same on every volume
//   damaged/...                  what a power cut left of a file, before the set had its seal
//   program/...                  what brings the mail back, and README.txt, FORMAT.md, ...
//   letterpress-vault, packs/, index/, log/ as in a vault
#pragma once

#include <string>
#include <vector>

#include "vault/ids.h"

namespace letterpress::vault {

inline constexpr std::string_view kVolumeLabelName = "letterpress-volume";
inline constexpr std::string_view kVolumeManifestName = "letterpress-set";
inline constexpr std::string_view kVolumeSealName = "letterpress-seal";
inline constexpr std::string_view kParityFolder = "parity";
inline constexpr std::string_view kSpareFolder = "spare";
inline constexpr std::string_view kTagsFolder = "tags";
inline constexpr std::string_view kProgramFolder = "program";
// In a vault: the manifests of sets that were sealed. Nothing needs them but `--since`.
inline constexpr std::string_view kReceiptsFolder = "volumes";

struct SetId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const SetId&, const SetId&) = default;
};

std::string tags_path(std::uint64_t stripe);
std::string parity_path(std::uint64_t stripe, unsigned member);
std::string spare_path(std::uint64_t stripe, unsigned member);
std::string receipt_path(const SetId& set);

// What a path that a manifest names is; kNone: no manifest may name it.
enum class PathKind : std::uint8_t { kNone, kHead, kLog, kIndex, kPack, kCompanion };
PathKind kind_of_path(std::string_view path) noexcept;

}  // namespace letterpress::vault
