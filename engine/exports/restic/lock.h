// SPDX-License-Identifier: Apache-2.0
// A lock of a restic repository, as every restic that works on it makes one.
//
//   LETTERPRESS_TRY_ASSIGN(Lock lock, Lock::take(folder, box, holder));
//   LETTERPRESS_TRY(lock.refresh_if_old());        // from time to time, while work goes on
//
// Ours is never exclusive: any number of programs may add to a repository at once, but none while
// one prunes it. As with restic, a lock that its owner left behind counts until `restic unlock`
// removes it; restic takes one of 30 minutes for that, so a living one is renewed every five.
// The destructor removes the file. Not thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "exports/restic/unpacked_file.h"

namespace letterpress::restic {

struct LockHolder {
  std::string host;
  std::string user;
  std::int64_t process = 0;
  std::uint32_t user_id = 0;
  std::uint32_t group_id = 0;
};

class Lock {
 public:
  // kIo: somebody else has the repository for himself; kCorrupt: a lock cannot be read.
  // `folder` and `box` outlive the lock.
  static Result<Lock> take(RepositoryFolder& folder, Box& box, const LockHolder& holder);
  Lock(Lock&&) noexcept;
  Lock& operator=(Lock&&) = delete;
  ~Lock();

  Status refresh_if_old();
  // An error if somebody has removed it meanwhile, and so may be pruning.
  Status require_held() const;

 private:
  using Clock = std::chrono::system_clock;  // by which others judge its age

  Lock(RepositoryFolder& folder, Box& box, LockHolder holder)
      : folder_(&folder), box_(&box), holder_(std::move(holder)) {}
  Status write();
  Status require_no_exclusive() const;

  RepositoryFolder* folder_;
  Box* box_;
  LockHolder holder_;
  std::string name_;  // empty: none
  Clock::time_point written_;
};

}  // namespace letterpress::restic
