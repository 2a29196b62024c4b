// SPDX-License-Identifier: Apache-2.0
// A vault in a folder of a mounted file system.
//
//   LETTERPRESS_TRY_ASSIGN(auto storage, PosixStorage::open("/srv/vault"));
//
// A file is committed by FileCommit (file_commit.h), then its folder is synced. Where the file
// system lacks O_TMPFILE, and a rename that replaces nothing, a crash can leave a file that is cut
// short: every file of a vault closes with a checksum of its last bytes and has its length in its
// head, so a reader takes such a file for damaged. describe() says which it is.
// What others left in tmp/ is never read and never removed.
//
// Threads, errors, and what is true after an error: storage.h. Costs: a commit is two fsyncs.
#pragma once

#include <memory>
#include <string>

#include "vault/storage/file_commit.h"
#include "vault/storage/posix_calls.h"
#include "vault/storage/storage.h"

namespace letterpress::vault {

class PosixStorage final : public Storage {
 public:
  // The folder exists. `method` other than kProbe: this one or an error, for tests. `files` must
  // outlive the storage.
  static Result<std::unique_ptr<PosixStorage>> open(const std::string& path,
                                                    CommitMethod method = CommitMethod::kProbe,
                                                    FileSystem& files = PosixCalls::system());

  Result<std::vector<StoredName>> list(const std::string& folder) const override;
  Result<std::uint64_t> size(const std::string& path) const override;
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override;
  Result<std::size_t> read_into(const std::string& path, std::uint64_t offset,
                                std::span<std::uint8_t> into) const override;
  Status put_if_absent(const std::string& folder, const std::string& name, ByteView bytes) override;
  Status set_aside(const std::string& path) override;
  Status make_folders(const std::vector<std::string>& folders) override;
  std::string describe() const override;
  std::string full_path(const std::string& path) const override;

  // kProbe until the first commit.
  CommitMethod method() const noexcept { return commit_.method(); }

 private:
  PosixStorage(FileSystem& files, OpenFile root, CommitMethod method) noexcept
      : files_(files), root_(std::move(root)), commit_(files, method, &root_) {}

  Result<OpenFile> open_folder(const std::string& folder) const;
  Result<OpenFile> open_file(const std::string& path) const;
  Status settle_existing(const FileCommit::Target& target);

  FileSystem& files_;
  const OpenFile root_;
  FileCommit commit_;
};

}  // namespace letterpress::vault
