// SPDX-License-Identifier: Apache-2.0
// A restic repository, version 2, open and locked, with its index in memory.
//
//   LETTERPRESS_TRY_ASSIGN(auto repository, Repository::open({.path = "/srv/restic",
//                                                             .password = password,
//                                                             .holder = {...}}));
//   add_snapshot(*repository, source, options);          // exports/restic/snapshot.h
//
// A repository that is not there is made. Blobs count as stored if an index names them and their
// pack is there with its right length; all others are stored again. Errors leave the repository as
// it was: kInvalidArgument (wrong password, or something else lies there), kUnsupported (version
// 1), kCorrupt (a damaged config, key, index or lock), kIo (locked, or the system said no). Memory:
// 36 to 72 bytes a blob.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "exports/restic/blob_table.h"
#include "exports/restic/key_file.h"
#include "exports/restic/lock.h"
#include "vault/storage/posix_calls.h"

namespace letterpress::restic {

struct RepositoryOptions {
  std::string path;
  std::string password;          // not empty
  ScryptCost new_key_cost = {};  // if the repository is made
  LockHolder holder;
  std::function<void(const std::string&)> on_note = {};
  vault::FileSystem* files = &vault::PosixCalls::system();  // outlives the repository
};

class Repository {
 public:
  static Result<std::unique_ptr<Repository>> open(const RepositoryOptions& options);

  RepositoryFolder& folder() noexcept { return folder_; }
  Box& box() noexcept { return box_; }
  Lock& lock() noexcept { return *lock_; }
  const BoxKey& key() const noexcept { return key_; }
  BlobTable& blobs(BlobType type) noexcept { return type == BlobType::kData ? data_ : trees_; }
  bool is_new() const noexcept { return is_new_; }

 private:
  Repository(RepositoryFolder folder, const BoxKey& key, bool is_new)
      : folder_(std::move(folder)), key_(key), box_(key), is_new_(is_new) {}

  static Result<std::unique_ptr<Repository>> create(const RepositoryOptions& options);
  static Result<std::unique_ptr<Repository>> open_existing(const RepositoryOptions& options,
                                                           RepositoryFolder folder);
  Status require_version_2(const std::string& text) const;  // of the config
  Status load_index(const RepositoryOptions& options);

  RepositoryFolder folder_;
  BoxKey key_;
  Box box_;
  const bool is_new_;
  std::unique_ptr<Lock> lock_;
  BlobTable data_;
  BlobTable trees_;
};

}  // namespace letterpress::restic
