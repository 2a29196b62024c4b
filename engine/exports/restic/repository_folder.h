// SPDX-License-Identifier: Apache-2.0
// The files of a restic repository in a folder of a mounted file system: what restic calls its
// local backend.
//
//   LETTERPRESS_TRY_ASSIGN(auto folder, RepositoryFolder::open(files, "/srv/restic"));
//   LETTERPRESS_TRY(folder.put("index", name, bytes));       // whole and durable, or not there
//
// A file appears whole under its name, by vault/storage/file_commit.h, or not at all, and has mode
// 0400; folders have 0700, as restic makes them. Not thread-safe. Errors name the file: kNotFound,
// kIo.
#pragma once

#include <string>
#include <vector>

#include "vault/storage/file_commit.h"

namespace letterpress::restic {

class RepositoryFolder {
 public:
  // kNotFound if there is no such folder. `files` outlives it.
  static Result<RepositoryFolder> open(vault::FileSystem& files, const std::string& path);
  // Makes the folder, its parents excepted, and those inside; what is there already stays.
  static Result<RepositoryFolder> create(vault::FileSystem& files, const std::string& path);

  // Names in no order; empty if there is no such folder.
  Result<std::vector<std::string>> list(const std::string& folder) const;
  Result<bool> has(const std::string& name) const;
  Result<std::uint64_t> size(const std::string& name) const;
  // kLimitExceeded for a file of more than `bytes_max`.
  Result<Bytes> read(const std::string& name, std::uint64_t bytes_max) const;
  // `folder` is made if it is not there; "" is the repository's own. A name that exists is kIo.
  Status put(const std::string& folder, const std::string& name, ByteView bytes);
  Status remove(const std::string& name);

  std::string full_path(const std::string& name) const { return root_->path() + '/' + name; }
  const std::string& path() const noexcept { return root_->path(); }

 private:
  RepositoryFolder(vault::FileSystem& files, vault::OpenFile root);

  Status make_folder(const std::string& name);
  Result<vault::OpenFile> open_inner(const std::string& name, int flags) const;

  vault::FileSystem* files_;
  std::unique_ptr<vault::OpenFile> root_;  // where `commit_` has its address
  vault::FileCommit commit_;
};

}  // namespace letterpress::restic
