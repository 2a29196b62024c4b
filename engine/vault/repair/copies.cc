// SPDX-License-Identifier: Apache-2.0
#include "vault/repair/copies.h"

#include "vault/storage/layout.h"

namespace letterpress::vault {
namespace {

constexpr unsigned kDepthMax = 32;

std::string_view last_component(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view last = slash == path.npos ? path : path.substr(slash + 1);
  path = slash == path.npos ? std::string_view() : path.substr(0, slash);
  return last;
}

}  // namespace

std::optional<std::string> place_in_vault(std::string_view path) {
  const std::string_view name = last_component(path);
  if (name == kVaultHeadName) return std::string(name);
  Sha256Digest sha256;
  if (parse_hex(name, sha256.bytes)) return pack_path(sha256);
  if (!parse_sequence_name(name)) return std::nullopt;
  const auto writer = parse_writer_name(last_component(path));
  if (!writer) return std::nullopt;
  const std::string_view kind = last_component(path);
  if (kind == kLogFolder) return log_folder(*writer) + '/' + std::string(name);
  if (kind == kIndexFolder) return index_folder(*writer) + '/' + std::string(name);
  return std::nullopt;
}

Status Copies::walk(const Storage& storage, const std::string& folder, unsigned depth) {
  LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names, storage.list(folder));
  for (const StoredName& name : names) {
    const std::string path = folder == "." ? name.name : folder + '/' + name.name;
    if (name.is_folder) {
      if (depth == kDepthMax || path == kSetAsideFolder) continue;
      if (Status below = walk(storage, path, depth + 1); !below) {
        notes_.push_back(below.error().message());
      }
    } else if (const auto place = place_in_vault(path)) {
      files_[*place].push_back({&storage, path});
    }
  }
  return Ok{};
}

Status Copies::add(std::unique_ptr<Storage> storage) {
  storages_.push_back(std::move(storage));
  LETTERPRESS_TRY(walk(*storages_.back(), ".", 0));
  return add_set_aside(*storages_.back());
}

Status Copies::add_set_aside(const Storage& vault) {
  const Result<std::vector<StoredName>> names = vault.list(std::string(kSetAsideFolder));
  if (!names)
    return names.error().code() == ErrorCode::kNotFound ? Status(Ok{}) : names.error().copy();
  for (const StoredName& name : *names) {
    const auto set_aside = parse_set_aside_name(name.name);
    if (name.is_folder || !set_aside) continue;
    if (const auto place = place_in_vault(set_aside->path)) {
      files_[*place].push_back({&vault, std::string(kSetAsideFolder) + '/' + name.name});
    }
  }
  return Ok{};
}

const std::vector<FileCopy>& Copies::of(const std::string& path) const {
  static const std::vector<FileCopy> none;
  const auto found = files_.find(path);
  return found == files_.end() ? none : found->second;
}

}  // namespace letterpress::vault
