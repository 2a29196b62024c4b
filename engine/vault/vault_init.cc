// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "vault/keys/key_files.h"
#include "vault/storage/layout.h"
#include "vault/vault.h"

namespace letterpress::vault {

namespace {

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Status sync_folder(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(File folder, File::open(path, O_RDONLY | O_DIRECTORY));
  return folder.sync();
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

Error invalid(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

// Makes a vault step by step, and remembers what is there if a step fails.
class Initialiser {
 public:
  Initialiser(const std::string& path, const std::string& keys_folder, const InitOptions& options)
      : path_(without_last_slashes(path)),
        keys_folder_(without_last_slashes(keys_folder)),
        options_(options) {}

  Result<Vault> run() {
    Status done = make_all();
    if (done) return Vault::open(std::unique_ptr<Storage>(std::move(storage_)));
    std::string left;
    for (const std::string& path : made_) left += (left.empty() ? "" : ", ") + path;
    if (left.empty()) return std::move(done).error();
    return Error(done.error().code(),
                 done.error().message() + " (no vault was made; left behind: " + left + ")");
  }

 private:
  Status make_all() {
    LETTERPRESS_TRY(require_absent(recovery_path()));
    LETTERPRESS_TRY(require_absent(ingest_path()));
    LETTERPRESS_TRY(require_absent(public_path()));
    LETTERPRESS_TRY(make_folder(path_));
    LETTERPRESS_TRY_ASSIGN(storage_, PosixStorage::open(path_, options_.method));
    LETTERPRESS_TRY_ASSIGN(const std::vector<StoredName> names, storage_->list("."));
    if (!names.empty()) {
      return invalid(path_ + ": is not empty (it has " + names.front().name +
                     "); a vault is made in a new or an empty folder");
    }
    LETTERPRESS_TRY(make_folder(keys_folder_));
    if (is_inside(keys_folder_, path_)) {
      return invalid(keys_folder_ +
                     ": is inside the vault; keys that lie with what they open are "
                     "lost and stolen with it");
    }
    return fill();
  }

  Status fill() {
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

    note_made(path_ + '/' + std::string(kPacksFolder));
    LETTERPRESS_TRY(storage_->make_folders(vault_folders()));
    LETTERPRESS_TRY(storage_->make_folders(writer_folders(writer)));
    LETTERPRESS_TRY(write_key_file(recovery_path(), recovery, options_.recovery_lock));
    note_made(recovery_path());
    LETTERPRESS_TRY(write_key_file(ingest_path(), ingest, options_.ingest_lock));
    note_made(ingest_path());
    LETTERPRESS_TRY(write_key_file(public_path(), VaultPublicKey{id, ingest.root}));
    note_made(public_path());

    const std::int64_t created_s =
        options_.created_s ? *options_.created_s : static_cast<std::int64_t>(std::time(nullptr));
    const std::string head =
        encode_vault_head({id, created_s, ingest.root, readers}, recovery.signing());
    return storage_->put_if_absent(".", std::string(kVaultHeadName), as_bytes(head));
  }

  template <class Id>
  static Status choose(const std::optional<Id>& chosen, Id& id) {
    if (!chosen) return fill_random(id.bytes);
    id = *chosen;
    return Ok{};
  }

  Status require_absent(const std::string& path) const {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
      return invalid(path + ": exists; a key file is never overwritten");
    }
    if (errno == ENOENT) return Ok{};
    return io_error(errno, path);
  }

  Status make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) {
      note_made(path);
      const std::size_t slash = path.rfind('/');
      return sync_folder(slash == path.npos ? "." : path.substr(0, slash + 1));
    }
    struct stat status {};
    const int error_number = errno;
    if (error_number != EEXIST) return io_error(error_number, path);
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return Ok{};
    return invalid(path + ": exists and is not a folder");
  }

  void note_made(std::string path) { made_.push_back(std::move(path)); }
  std::string recovery_path() const { return keys_folder_ + "/recovery.key"; }
  std::string public_path() const { return keys_folder_ + "/vault.pub"; }
  std::string ingest_path() const { return keys_folder_ + "/ingest.key"; }

  const std::string path_;
  const std::string keys_folder_;
  const InitOptions& options_;
  std::unique_ptr<PosixStorage> storage_;
  std::vector<std::string> made_;
};

}  // namespace

Result<Vault> Vault::init(const std::string& path, const std::string& keys_folder,
                          const InitOptions& options) {
  return Initialiser(path, keys_folder, options).run();
}

}  // namespace letterpress::vault
