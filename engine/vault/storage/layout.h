// SPDX-License-Identifier: Apache-2.0
// Where a vault's files are (docs/FORMAT.md, "Folders"). Pure functions.
//
//   letterpress-vault                       the vault head: text
//   packs/<first two digits>/<sha256>       the name is the SHA-256 of the file
//   index/<writer>/<sequence>               20 digits, counted from 1
//   log/<writer>/<sequence>
//   damaged/...                             what a repair set aside, and its marks
#pragma once

#include <optional>
#include <vector>

#include "vault/ids.h"

namespace letterpress::vault {

inline constexpr std::string_view kVaultHeadName = "letterpress-vault";
inline constexpr std::string_view kPacksFolder = "packs";
inline constexpr std::string_view kIndexFolder = "index";
inline constexpr std::string_view kLogFolder = "log";
// What a repair took out of the way, and its marks on packs that it could not heal.
inline constexpr std::string_view kSetAsideFolder = "damaged";
// A file that was damaged more often has a disk to look at.
inline constexpr unsigned kSetAsideMax = 1000;

std::string pack_folder(const Sha256Digest& name);
std::string pack_path(const Sha256Digest& name);
// damaged/<sha256>: says that the pack is damaged, and counts as not stored.
std::string pack_mark_path(const Sha256Digest& name);
// damaged/<path with '.' for '/'>.<number>: a file that gave way to a good one.
std::string set_aside_path(std::string path, unsigned number);
struct SetAsideName {
  std::string path;  // as it was in the vault, or may have been
  unsigned number = 0;
};
// Of a name in damaged/; nothing: it is none of these.
std::optional<SetAsideName> parse_set_aside_name(std::string_view name);
std::string index_folder(const WriterId& writer);
std::string log_folder(const WriterId& writer);

// 20 decimal digits.
std::string sequence_name(std::uint64_t sequence);
// Nothing unless the name is exactly that of a sequence from 1 to kSequenceMax.
std::optional<std::uint64_t> parse_sequence_name(std::string_view name) noexcept;
std::optional<WriterId> parse_writer_name(std::string_view name) noexcept;

// Every folder of a vault without writers, parents first: packs, packs/00 .. packs/ff, index, log.
std::vector<std::string> vault_folders();
// Those of one writer.
std::vector<std::string> writer_folders(const WriterId& writer);

}  // namespace letterpress::vault
