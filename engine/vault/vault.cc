// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "base/file.h"
#include "vault/limits.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

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
  Result<VaultHead> head = decode_vault_head(*bytes, file);
  if (!head && head.error().code() == ErrorCode::kInvalidArgument &&
      storage->list(std::string(kLogFolder))) {
    // It has a vault's log, so this is damage and not another kind of folder.
    return Error(ErrorCode::kCorrupt, head.error().message() + "; the vault's head is damaged");
  }
  if (!head) return std::move(head).error();
  return Vault(std::move(storage), *std::move(head));
}

Status Vault::require_own_key(const VaultId& vault, const VerifyKey& root,
                              std::string_view path) const {
  LETTERPRESS_TRY(require_same_vault(vault, head_.id, path));
  if (root == head_.root) return Ok{};
  return Error(ErrorCode::kCorrupt,
               storage_->full_path(std::string(kVaultHeadName)) + ": names another root (" +
                   to_hex(head_.root.bytes) + ") than " + std::string(path) + " (" +
                   to_hex(root.bytes) +
                   "): somebody else made this vault, or exchanged its head; use another copy");
}

Result<std::vector<WriterId>> Vault::list_writers() const {
  std::set<WriterId> writers;
  for (const std::string_view folder : {kLogFolder, kIndexFolder}) {
    const Result<std::vector<StoredName>> names = storage_->list(std::string(folder));
    // Nobody needs an index run to read what is stored.
    if (!names && folder == kIndexFolder && names.error().code() == ErrorCode::kNotFound) continue;
    if (!names) return names.error().copy();
    for (const StoredName& name : *names) {
      const auto writer = parse_writer_name(name.name);
      if (writer && name.is_folder) writers.insert(*writer);
    }
  }
  return std::vector<WriterId>(writers.begin(), writers.end());
}

Status Vault::add_writer(const WriterId& writer) {
  return storage_->make_folders(writer_folders(writer));
}

Result<IngestKey> Vault::enrol(const RecoveryKey& recovery, const std::string& name,
                               std::span<const ReaderPublicKey> others) {
  std::vector<ReaderPublicKey> readers = head_.readers;
  readers.insert(readers.end(), others.begin(), others.end());
  WriterId writer;
  LETTERPRESS_TRY(fill_random(writer.bytes));
  LETTERPRESS_TRY_ASSIGN(IngestKey key,
                         make_ingest_key(recovery, writer, name, readers_of(recovery, readers)));
  // Folders that nobody has a key for do no harm; a key without folders could not back up.
  LETTERPRESS_TRY(add_writer(writer));
  return key;
}

}  // namespace letterpress::vault
