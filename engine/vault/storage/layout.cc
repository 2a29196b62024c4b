// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/layout.h"

#include <algorithm>
#include <charconv>

#include "vault/limits.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kSequenceDigits = 20;

std::string under(std::string_view folder, std::string_view name) {
  return std::string(folder) + '/' + std::string(name);
}

}  // namespace

std::string pack_folder(const Sha256Digest& name) {
  return under(kPacksFolder, to_hex(ByteView(name.bytes).first(1)));
}

std::string pack_path(const Sha256Digest& name) {
  return under(pack_folder(name), to_hex(name.bytes));
}

std::string pack_mark_path(const Sha256Digest& name) {
  return std::string(kSetAsideFolder) + '/' + to_hex(name.bytes);
}

std::string set_aside_path(std::string path, unsigned number) {
  std::ranges::replace(path, '/', '.');
  return under(kSetAsideFolder, path + '.' + std::to_string(number));
}

std::optional<SetAsideName> parse_set_aside_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return std::nullopt;
  SetAsideName found{std::string(name.substr(0, dot)), 0};
  std::ranges::replace(found.path, '.', '/');
  const std::string_view digits = name.substr(dot + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), found.number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return found;
}

std::string index_folder(const WriterId& writer) {
  return under(kIndexFolder, to_hex(writer.bytes));
}

std::string log_folder(const WriterId& writer) { return under(kLogFolder, to_hex(writer.bytes)); }

std::string sequence_name(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(kSequenceDigits - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> parse_sequence_name(std::string_view name) noexcept {
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sequence);
  if (name.size() != kSequenceDigits || error != std::errc{} || end != name.data() + name.size() ||
      sequence < 1 || sequence > kSequenceMax) {
    return std::nullopt;
  }
  return sequence;
}

std::optional<WriterId> parse_writer_name(std::string_view name) noexcept {
  WriterId writer;
  if (!parse_hex(name, writer.bytes)) return std::nullopt;
  return writer;
}

std::vector<std::string> vault_folders() {
  std::vector<std::string> folders{std::string(kPacksFolder)};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto first = static_cast<std::uint8_t>(byte);
    folders.push_back(under(kPacksFolder, to_hex(ByteView(&first, 1))));
  }
  folders.emplace_back(kIndexFolder);
  folders.emplace_back(kLogFolder);
  return folders;
}

std::vector<std::string> writer_folders(const WriterId& writer) {
  return {index_folder(writer), log_folder(writer)};
}

}  // namespace letterpress::vault
