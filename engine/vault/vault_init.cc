// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "base/file.h"
#include "vault/keys/key_files.h"
#include "vault/storage/layout.h"
#include "vault/storage/new_file.h"
#include "vault/vault.h"

namespace letterpress::vault {

namespace {

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string real_path(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  const std::string text = resolved == nullptr ? path : resolved;
  std::free(resolved);
  return text;
}

bool is_inside(const std::string& path, const std::string& folder) {
  return (real_path(path) + '/').starts_with(real_path(folder) + '/');
}

Error cannot_init(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

// Makes a vault step by step, and takes the keys back if a step fails.
class Initialiser {
 public:
  // Without a recovery key, one is made, and a writer, and files of their keys.
  Initialiser(const std::string& path, const std::string& keys_folder, const RecoveryKey* recovery,
              const InitOptions& options)
      : path_(without_last_slashes(path)),
        keys_folder_(without_last_slashes(keys_folder)),
        recovery_(recovery),
        options_(options),
        files_(options.files == nullptr ? PosixCalls::system() : *options.files) {}

  Status run() {
    Status done = make_all();
    if (done) return done;
    if (!is_begun_) return std::move(done).error();
    const std::string left = take_back();
    return Error(done.error().code(),
                 done.error().message() + " (no vault was made; " +
                     (left.empty() ? "init may be repeated)"
                                   : "remove " + left + " before init is repeated)"));
  }

  std::unique_ptr<PosixStorage> take_storage() { return std::move(storage_); }
  const VaultHead& head() const noexcept { return head_; }

 private:
  Status make_all() {
    if (recovery_ == nullptr) {
      LETTERPRESS_TRY(require_absent(recovery_path()));
      LETTERPRESS_TRY(require_absent(ingest_path()));
      LETTERPRESS_TRY(require_absent(public_path()));
    }
    LETTERPRESS_TRY(make_folder(path_));
    LETTERPRESS_TRY_ASSIGN(storage_, PosixStorage::open(path_, options_.method, files_));
    LETTERPRESS_TRY(require_empty());
    if (recovery_ == nullptr) {
      LETTERPRESS_TRY(make_keys_folder());
      return fill_with_keys();
    }
    const std::vector<ReaderPublicKey> readers = readers_of(*recovery_, options_.readers);
    LETTERPRESS_TRY(check_reader_count(readers.size()));
    is_begun_ = true;
    LETTERPRESS_TRY(storage_->make_folders(vault_folders()));
    return put_head(*recovery_, readers);
  }

  Status make_keys_folder() {
    LETTERPRESS_TRY_ASSIGN(const bool has_keys_folder, is_there(files_, keys_folder_));
    if (is_inside(has_keys_folder ? keys_folder_ : folder_of(keys_folder_), path_)) {
      return cannot_init(keys_folder_ +
                         ": is inside the vault; keys that lie with what they open are "
                         "lost and stolen with it");
    }
    return make_folder(keys_folder_);
  }

  // Removes what this init made and nobody may use; gives what could not be removed.
  std::string take_back() const {
    std::string left;
    // The head first, and for good: a vault without keys would be worse than keys without a vault.
    bool has_head = false;
    for (const std::string& path : made_) {
      int removed = -EIO;
      if (!has_head) {
        removed = uninterrupted([&] { return files_.remove(AT_FDCWD, path.c_str()); });
      }
      if (removed == 0 && path == head_path()) {
        const Result<OpenFile> folder = open_folder(path_);
        removed = folder && folder->sync_folder() ? 0 : -EIO;
      }
      if (removed == 0 || removed == -ENOENT) continue;
      has_head = has_head || path == head_path();
      left += (left.empty() ? "" : ", ") + path;
    }
    return left;
  }

  Status fill_with_keys() {
    VaultId id;
    WriterId writer;
    LETTERPRESS_TRY(choose(options_.vault, id));
    LETTERPRESS_TRY(choose(options_.writer, writer));
    LETTERPRESS_TRY_ASSIGN(RecoveryKey recovery, make_recovery_key(id));
    if (options_.root) recovery.root = *options_.root;
    const std::vector<ReaderPublicKey> readers = readers_of(recovery, options_.readers);
    LETTERPRESS_TRY_ASSIGN(
        const IngestKey ingest,
        options_.secrets
            ? make_ingest_key(recovery, writer, options_.writer_name, readers, *options_.secrets)
            : make_ingest_key(recovery, writer, options_.writer_name, readers));

    is_begun_ = true;
    LETTERPRESS_TRY(storage_->make_folders(vault_folders()));
    LETTERPRESS_TRY(storage_->make_folders(writer_folders(writer)));
    LETTERPRESS_TRY(write_key_file(recovery_path(), recovery, options_.recovery_lock, files_));
    made_.push_back(recovery_path());
    LETTERPRESS_TRY(write_key_file(ingest_path(), ingest, options_.ingest_lock, files_));
    made_.push_back(ingest_path());
    LETTERPRESS_TRY(
        write_key_file(public_path(), VaultPublicKey{id, ingest.root}, nullptr, files_));
    made_.push_back(public_path());
    return put_head(recovery, readers);
  }

  Status put_head(const RecoveryKey& recovery, const std::vector<ReaderPublicKey>& readers) {
    const std::int64_t created_s =
        options_.created_s ? *options_.created_s : static_cast<std::int64_t>(std::time(nullptr));
    const SigningKey root = recovery.signing();
    head_ = {recovery.vault, created_s, root.public_key(), readers};
    const std::string head = encode_vault_head(head_, root);
    made_.insert(made_.begin(), head_path());
    return storage_->put_if_absent(".", std::string(kVaultHeadName), as_bytes(head));
  }

  template <class Id>
  static Status choose(const std::optional<Id>& chosen, Id& id) {
    if (!chosen) return fill_random(id.bytes);
    id = *chosen;
    return Ok{};
  }

  Status require_absent(const std::string& path) const {
    LETTERPRESS_TRY_ASSIGN(const bool is_taken, is_there(files_, path));
    if (!is_taken) return Ok{};
    return cannot_init(path + ": exists; a key file is never overwritten");
  }

  // Empty but for the empty folders of an init that did not end.
  Status require_empty() const {
    LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names, storage_->list("."));
    for (const StoredName& name : names) {
      const bool is_known = name.name == kPacksFolder || name.name == kIndexFolder ||
                            name.name == kLogFolder || name.name == "tmp";
      std::string found = name.name;
      if (name.is_folder && is_known) {
        // Nobody reads what is in tmp/.
        if (name.name == "tmp") continue;
        LETTERPRESS_TRY_ASSIGN(found, find_file_below(name.name));
        if (found.empty()) continue;
      }
      return cannot_init(path_ + ": is not empty (it has " + found +
                         "); a vault is made in a new or an empty folder");
    }
    return Ok{};
  }

  // A file, or a folder that no vault has, in packs/, index/ or log/; empty: none.
  Result<std::string> find_file_below(const std::string& folder) const {
    LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names, storage_->list(folder));
    for (const StoredName& name : names) {
      const std::string path = folder + '/' + name.name;
      if (!name.is_folder) return path;
      LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> below, storage_->list(path));
      if (!below.empty()) return path + '/' + below.front().name;
    }
    return std::string();
  }

  Status make_folder(const std::string& path) {
    const int made =
        uninterrupted([&] { return files_.make_folder(AT_FDCWD, path.c_str(), 0700); });
    if (made < 0 && made != -EEXIST) return io_error(-made, path);
    if (made < 0) {
      const Result<OpenFile> folder = open_folder(path);
      FileSystem::FileStatus status;
      if (!folder && files_.status_at(AT_FDCWD, path.c_str(), status) == 0 &&
          status.kind != FileSystem::Kind::kFolder) {
        return cannot_init(path + ": exists and is not a folder");
      }
      if (!folder) return folder.error().copy();
    }
    // Also if it was there: whoever made it may have died before this. Of a parent that we may not
    // read we have made nothing.
    const Result<OpenFile> parent = open_folder(folder_of(path));
    if (!parent && made < 0) return Ok{};
    if (!parent) return parent.error().copy();
    return parent->sync_folder();
  }

  Result<OpenFile> open_folder(const std::string& path) const {
    return OpenFile::open(files_, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, path);
  }

  std::string head_path() const { return path_ + '/' + std::string(kVaultHeadName); }
  std::string recovery_path() const { return keys_folder_ + "/recovery.key"; }
  std::string public_path() const { return keys_folder_ + "/vault.pub"; }
  std::string ingest_path() const { return keys_folder_ + "/ingest.key"; }

  const std::string path_;
  const std::string keys_folder_;
  const RecoveryKey* const recovery_;
  const InitOptions& options_;
  FileSystem& files_;
  std::unique_ptr<PosixStorage> storage_;
  VaultHead head_;
  bool is_begun_ = false;
  std::vector<std::string> made_;  // files, in the order in which they are taken back
};

}  // namespace

Result<Vault> Vault::init(const std::string& path, const std::string& keys_folder,
                          const InitOptions& options) {
  Initialiser initialiser(path, keys_folder, nullptr, options);
  LETTERPRESS_TRY(initialiser.run());
  return Vault(initialiser.take_storage(), initialiser.head());
}

Result<Vault> Vault::init(const std::string& path, const RecoveryKey& recovery,
                          const InitOptions& options) {
  Initialiser initialiser(path, {}, &recovery, options);
  LETTERPRESS_TRY(initialiser.run());
  return Vault(initialiser.take_storage(), initialiser.head());
}

}  // namespace letterpress::vault
