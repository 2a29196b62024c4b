// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <set>

#include "vault/layout.h"
#include "vault/limits.h"
#include "vault/vault_head.h"

namespace letterpress::vault {

namespace {

// Part of the format: the time of creation, in UTC.
constexpr const char* kTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

// Nothing unless the text is exactly what format_time() gives.
std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), kTimeFormat, &parts);
  if (end == nullptr || *end != 0) return std::nullopt;
  const std::int64_t seconds = ::timegm(&parts);
  if (format_time(seconds) != text) return std::nullopt;
  return seconds;
}
}  // namespace

std::string format_time(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  char text[64];
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  return std::string(text, std::strftime(text, sizeof text, kTimeFormat, &parts));
}

Result<Vault> Vault::open(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) {
      return Error(ErrorCode::kNotFound, path + ": no such vault; letterpress init makes one");
    }
    return io_error(errno, path).while_doing("opening the vault");
  }
  if (!S_ISDIR(status.st_mode)) {
    return Error(ErrorCode::kInvalidArgument, path + ": is not a vault: it is not a folder");
  }
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<PosixStorage> storage, PosixStorage::open(path));
  return open(std::unique_ptr<Storage>(std::move(storage)));
}

Result<Vault> Vault::open(std::unique_ptr<Storage> storage) {
  const std::string name(kVaultHeadName);
  const std::string file = storage->full_path(name);
  Result<Bytes> bytes = storage->read(name, 0, kLabelledTextBytesMax + 1);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {
    const bool has_log = static_cast<bool>(storage->list(std::string(kLogFolder)));
    return Error(ErrorCode::kInvalidArgument,
                 file + (has_log ? ": missing, though this folder has a vault's log; copy it from "
                                   "another copy of the vault"
                                 : ": missing, so this folder is not a vault"));
  }
  if (!bytes) return std::move(bytes).error().while_doing("opening the vault");
  Result<LabelledText> text = parse_labelled_text(*bytes, kHeadKind, kHeadLabels, file);
  if (!text && text.error().code() == ErrorCode::kInvalidArgument &&
      storage->list(std::string(kLogFolder))) {
    // It has a vault's log, so this is damage and not another kind of folder.
    return Error(ErrorCode::kCorrupt, text.error().message() + "; the vault's head is damaged");
  }
  if (!text) return std::move(text).error();
  VaultId id;
  const std::optional<std::int64_t> created_s = parse_time(text->lines[1].second);
  if (!parse_hex(text->lines[0].second, id.bytes) || !created_s) {
    return Error(ErrorCode::kCorrupt, file + ": has a value that cannot be");
  }
  return Vault(std::move(storage), id, *created_s);
}

Result<std::vector<WriterId>> Vault::list_writers() const {
  std::set<WriterId> writers;
  for (const std::string_view folder : {kLogFolder, kIndexFolder}) {
    LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names,
                           storage_->list(std::string(folder)));
    for (const StoredName& name : names) {
      const auto writer = parse_writer_name(name.name);
      if (writer && name.is_folder) writers.insert(*writer);
    }
  }
  return std::vector<WriterId>(writers.begin(), writers.end());
}

Status Vault::add_writer(const WriterId& writer) {
  return storage_->make_folders(writer_folders(writer));
}

}  // namespace letterpress::vault
