// SPDX-License-Identifier: Apache-2.0
// A vault in a folder of a mounted file system.
//
//   LETTERPRESS_TRY_ASSIGN(auto storage, PosixStorage::open("/srv/vault"));
//
// The commit of a file: a nameless file (O_TMPFILE) in the target folder, room reserved so that a
// full disk shows at once, write, fsync, linkat, fsync of the folder. A failed fsync is final: the
// same bytes go into a new file, once. Where the file system lacks this, the first commit finds out
// and the storage remembers (describe() says it):
//   rename     O_EXCL under VAULT/tmp/, fsync, renameat2(RENAME_NOREPLACE), fsync of the folder
//   exclusive  O_EXCL under the final name, write, fsync, fsync of the folder. A crash can leave a
//              file that is cut short; every file of a vault closes with a checksum of its last
//              bytes and has its length in its head, so a reader takes such a file for damaged.
// What others left in tmp/ is never read and never removed.
//
// Threads, errors, and what is true after an error: storage.h. Costs: a commit is two fsyncs.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "vault/storage/posix_calls.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

enum class CommitMethod : std::uint8_t { kProbe, kTmpfile, kRename, kExclusive };

class PosixStorage final : public Storage {
 public:
  // The folder exists. `method` other than kProbe: this one or an error, for tests. `calls` must
  // outlive the storage.
  static Result<std::unique_ptr<PosixStorage>> open(const std::string& path,
                                                    CommitMethod method = CommitMethod::kProbe,
                                                    PosixCalls& calls = PosixCalls::system());

  Result<std::vector<StoredName>> list(const std::string& folder) const override;
  Result<std::uint64_t> size(const std::string& path) const override;
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override;
  Status put_if_absent(const std::string& folder, const std::string& name, ByteView bytes) override;
  Status set_aside(const std::string& path) override;
  Status make_folders(const std::vector<std::string>& folders) override;
  std::string describe() const override;
  std::string full_path(const std::string& path) const override;

  // kProbe until the first commit.
  CommitMethod method() const noexcept { return method_; }

 private:
  enum class Outcome : std::uint8_t { kStored, kExists, kUnsupported, kSyncFailed };
  struct Target {
    const File& folder;
    const std::string& name;
    std::string path;  // as the user knows it
    ByteView bytes;
  };

  PosixStorage(File root, CommitMethod forced, PosixCalls& calls) noexcept
      : root_(std::move(root)), forced_(forced), method_(forced), calls_(calls) {}

  Result<File> open_folder(const std::string& folder) const;
  Result<File> open_file(const std::string& path) const;
  Result<Outcome> attempt(const Target& target);
  Result<Outcome> attempt_by(CommitMethod method, const Target& target);
  Result<Outcome> attempt_tmpfile(const Target& target);
  Result<Outcome> attempt_rename(const Target& target);
  Result<Outcome> attempt_exclusive(const Target& target);
  Result<Outcome> fill(int file, const Target& target);
  Status settle_existing(const Target& target);

  const File root_;
  const CommitMethod forced_;  // kProbe: none
  CommitMethod method_;        // the best that worked
  PosixCalls& calls_;
};

}  // namespace letterpress::vault
