// SPDX-License-Identifier: Apache-2.0
// A vault: its head, its id and its storage. Everything else works on these.
//
//   LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::init("/srv/vault", "/root/keys"));
//   LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::open("/srv/vault"));
//   LETTERPRESS_TRY_ASSIGN(const auto writers, vault.list_writers());
//
// Threads: as its storage. open() reads one small file.
#pragma once

#include <memory>

#include "vault/keys/keyring.h"
#include "vault/keys/locked_text.h"
#include "vault/storage/posix_storage.h"
#include "vault/vault_head.h"

namespace letterpress::vault {

// What init() may be told; the defaults are for users, the rest for tests.
struct InitOptions {
  std::string writer_name = "mail";
  std::vector<ReaderPublicKey> readers;  // beside the recovery key
  // What is random otherwise.
  std::optional<VaultId> vault;
  std::optional<WriterId> writer;
  std::optional<Secret> root;
  std::optional<IngestSecrets> secrets;
  // Seconds since 1970, UTC; otherwise the clock's.
  std::optional<std::int64_t> created_s;
  CommitMethod method = CommitMethod::kProbe;
  FileSystem* files = nullptr;  // null: the machine's; must outlive the vault
  // Locks of the key files; null: they are not locked.
  const KeyLock* recovery_lock = nullptr;
  const KeyLock* ingest_lock = nullptr;
};

class Vault {
 public:
  // Makes a vault with its first writer in `path`, which is absent, an empty folder or what an init
  // that did not end has left, and recovery.key, ingest.key and vault.pub in keys_folder, which is
  // made if need be and must not lie inside the vault. Overwrites nothing. The vault head is the
  // last file made: without it there is no vault. After an error the same call may be repeated:
  // keys that were made are removed, and the message names what could not be. A new vault folder
  // has mode 0700: what it holds is locked, but sizes and times show.
  static Result<Vault> init(const std::string& path, const std::string& keys_folder,
                            const InitOptions& options = {});

  // The same with a recovery key that there is, whose vault it becomes: makes no key file and no
  // writer.
  static Result<Vault> init(const std::string& path, const RecoveryKey& recovery,
                            const InitOptions& options = {});

  // kNotFound: no such folder. kInvalidArgument: not a vault. kUnsupported: made by a newer
  // version. kCorrupt: its head is damaged. kIo: no permission, or the disk says no.
  static Result<Vault> open(const std::string& path);
  // The same over any storage.
  static Result<Vault> open(std::unique_ptr<Storage> storage);

  const VaultId& id() const noexcept { return head_.id; }
  const VaultHead& head() const noexcept { return head_; }
  // What everybody knows: reads what is clear, and checks what is signed against the root that the
  // vault names. That it is the right one, require_own_key() says.
  Keyring keyring() const { return {head_.id, head_.root}; }
  // kInvalidArgument: the key in the file `path` is of another vault. kCorrupt: the vault names
  // another root than the key.
  Status require_own_key(const VaultId& vault, const VerifyKey& root, std::string_view path) const;
  Storage& storage() noexcept { return *storage_; }
  const Storage& storage() const noexcept { return *storage_; }

  // Every writer that has a folder under log/ or index/, by id.
  Result<std::vector<WriterId>> list_writers() const;
  // Makes a writer's folders; those that exist are left alone.
  Status add_writer(const WriterId& writer);
  // A new writer with its folders, whose packs the vault's readers, and `others`, can read. The key
  // is nowhere but here: a writer whose key is lost is only a pair of empty folders.
  Result<IngestKey> enrol(const RecoveryKey& recovery, const std::string& name,
                          std::span<const ReaderPublicKey> others = {});

 private:
  Vault(std::unique_ptr<Storage> storage, VaultHead head)
      : storage_(std::move(storage)), head_(std::move(head)) {}

  std::unique_ptr<Storage> storage_;
  VaultHead head_;
};

}  // namespace letterpress::vault
